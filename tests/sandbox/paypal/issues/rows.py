"""How a row of the tables of issues is written: what is asked for, under which settings, and the field to blame."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from store.sandbox.paypal.settings import change_settings
from tests.sandbox.paypal.conftest import PayPal

ORDERS = "/v2/checkout/orders"
AT = "/purchase_units/@reference_id=='default'"
Do = Callable[[PayPal], Awaitable[httpx.Response]]


@dataclass(frozen=True)
class Row:
    """One issue of one operation, how it is met, and the `field` of its detail."""

    operation_id: str
    issue: str
    do: Do
    field: str | None = None


def usd(value: str) -> dict[str, str]:
    """Wire money in US dollars."""
    return {"currency_code": "USD", "value": value}


def unit(value: str = "24.00", **more: Any) -> dict[str, Any]:
    """A purchase unit."""
    return {"amount": usd(value), **more}


def item(price: str = "24.00", **more: Any) -> dict[str, Any]:
    """A line of one thing."""
    return {"name": "Print", "quantity": "1", "unit_amount": usd(price), **more}


def broken(value: str = "24.00", **parts: str) -> dict[str, Any]:
    """An amount with its parts."""
    return usd(value) | {"breakdown": {name: usd(part) for name, part in parts.items()}}


def address(**more: Any) -> dict[str, Any]:
    """A whole address in the US."""
    whole = {"address_line_1": "1 Main St", "admin_area_2": "San Jose", "admin_area_1": "CA", "postal_code": "95131"}
    return whole | {"country_code": "US"} | more


def option(id: str = "a", selected: bool = True, **more: Any) -> dict[str, Any]:
    """A way of delivery that the buyer may choose."""
    return {"id": id, "label": "By post", "selected": selected, **more}


def set_to(paypal: PayPal, **settings: Any) -> None:
    """Change the account's settings."""
    if settings:
        change_settings(paypal.app, **settings)


def issues_of(answer: httpx.Response) -> list[tuple[str, str | None]]:
    """The issues of a refusal, with the fields they blame."""
    return [(detail["issue"], detail.get("field")) for detail in answer.json().get("details", [])]
