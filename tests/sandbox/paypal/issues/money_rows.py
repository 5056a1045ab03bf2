"""How a row of the tables of Payments v2's issues is written, and what many rows begin with."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from store.sandbox.paypal.settings import change_settings
from tests.sandbox.paypal.conftest import PayPal

Do = Callable[[PayPal], Awaitable[httpx.Response]]
# One body for each refusal that any amount may meet, with the field to blame.
AMOUNTS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("MISSING_REQUIRED_PARAMETER", {"currency_code": "USD"}, "/amount/value"),
    ("INVALID_STRING_LENGTH", {"currency_code": "US", "value": "1.00"}, "/amount/currency_code"),
    ("INVALID_STRING_MAX_LENGTH", {"currency_code": "USD", "value": "1" * 33}, "/amount/value"),
    ("INVALID_PARAMETER_SYNTAX", {"currency_code": "USD", "value": "one"}, "/amount/value"),
    ("INVALID_CURRENCY_CODE", {"currency_code": "XXX", "value": "1.00"}, "/amount/currency_code"),
    ("CANNOT_BE_ZERO_OR_NEGATIVE", {"currency_code": "USD", "value": "0.00"}, "/amount/value"),
    ("DECIMAL_PRECISION", {"currency_code": "USD", "value": "1.001"}, "/amount/value"),
    ("DECIMALS_NOT_SUPPORTED", {"currency_code": "JPY", "value": "1.5"}, "/amount/value"),
)


@dataclass(frozen=True)
class Row:
    """One issue of one operation, how it is met, and the `field` of its detail."""

    operation_id: str
    issue: str
    do: Do
    field: str | None = None


def set_to(paypal: PayPal, **changes: Any) -> None:
    """Change settings of the account."""
    change_settings(paypal.app, **changes)


def assertion(payer_id: str) -> str:
    """An unsigned JWT by which the demo's app says that it acts for an account."""

    def part(claims: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'iss': 'overprint', 'payer_id': payer_id})}."


async def for_a_stranger(paypal: PayPal, method: str, path: str) -> httpx.Response:
    """A call for an account that granted nothing."""
    body = {} if method == "POST" else None
    return await paypal.call(method, path, body, PayPal_Auth_Assertion=assertion("Q4W2E7R9T5Y3U"))


async def while_running(paypal: PayPal, operation_id: str, path: str) -> httpx.Response:
    """A call under a request id whose first request is still being answered."""
    paypal.app.world.running.add((paypal.app.merchant_id, f"{operation_id}:same"))
    return await paypal.call("POST", path, {}, key="same")
