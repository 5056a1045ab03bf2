"""PayPal in a few lines, for the tests of our client: scripted answers, and everything that was asked."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx

from store.gateways.pace import Pace
from store.gateways.paypal.client import PayPalCalls
from store.gateways.port import CheckoutItem, CheckoutRequest, ShipTo
from store.kit import clock

BASE = "https://api-m.sandbox.paypal.com"
TOKEN_PATH = "/v1/oauth2/token"
ORDER = "/v2/checkout/orders/5O190127TN364715T"
CAPTURE = "/v2/payments/captures/3C679366HH908993F"
ADDRESS = ShipTo("Ada Buyer", "1 Analytical Row", "", "London", "", "N1 9GU", "GB")


class Script(httpx.AsyncBaseTransport):
    """Answers the n-th request to a path with the n-th of its answers, the last one for ever.

    A path without answers is a 404; the token's has one. Tokens are `token-1`, `token-2` … and live for `lives`.
    """

    def __init__(self, answers: dict[str, Any] | None = None, lives: int = 32400) -> None:
        self.answers = {path: given if isinstance(given, list) else [given] for path, given in (answers or {}).items()}
        self.lives = lives
        self.asked: list[httpx.Request] = []

    def of(self, path: str) -> list[httpx.Request]:
        """The requests that went to this path."""
        return [one for one in self.asked if one.url.path == path]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        # As on any wire, others have their turn meanwhile.
        await asyncio.sleep(0)
        path = request.url.path
        count = [one for one in self.asked if one.url.path == path].index(request) + 1
        if path == TOKEN_PATH and path not in self.answers:
            return httpx.Response(200, json={"access_token": f"token-{count}", "expires_in": self.lives})
        given = self.answers.get(path)
        if given is None:
            return fault(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        answer = given[min(count, len(given)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


class Waits:
    """Instead of sleeping: remembers how long, and moves the watch that it is."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.seconds = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def __call__(self) -> float:
        return self.seconds


def fault(
    status: int, name: str, issue: str = "", headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    """A refusal as PayPal's API writes it."""
    details = [{"issue": issue, "description": f"{issue} in words."}] if issue else []
    body = {"name": name, "message": f"{name} in words.", "debug_id": "d1e2b3", "details": details, **more}
    return httpx.Response(status, json=body, headers=headers or {})


def make_calls(transport: httpx.AsyncBaseTransport, waits: Waits | None = None, **options: Any) -> PayPalCalls:
    """The way out through this transport, which waits for nothing."""
    waits = waits or Waits()
    pace = Pace(waits.sleep, waits)
    return PayPalCalls("client", "secret", BASE, transport, pace=pace, sleep=waits.sleep, now=waits, **options)


def make_request(**changes: Any) -> CheckoutRequest:
    """A checkout of two mugs and their delivery, 30.00 USD."""
    values: dict[str, Any] = {
        "payment_id": "7d0c5b9e-0000-4000-8000-000000000001",
        "order_id": "7d0c5b9e-0000-4000-8000-000000000002",
        "order_number": "OP-7K3M9",
        "charge_type": "separate",
        "account_ref": "",
        "currency": "USD",
        "total": 3000,
        "fee": 0,
        "items": [CheckoutItem("Mug", 1200, 2), CheckoutItem("Delivery", 600, 1, delivery=True)],
        "email": "ada@example.com",
        "success_url": "http://localhost:8000/back",
        "cancel_url": "http://localhost:8000/pay/x",
        "descriptor_suffix": "OP-7K3M9",
        "expires_at": clock.now() + timedelta(minutes=45),
        "ship_to": ADDRESS,
    }
    return CheckoutRequest(**{**values, **changes})


def money(value: str, currency: str = "USD") -> dict[str, str]:
    """PayPal's money."""
    return {"currency_code": currency, "value": value}


def make_capture(status: str | None = "COMPLETED", **changes: Any) -> dict[str, Any]:
    """A capture of 30.00 as an order shows it; without `status` where that is None."""
    made = {
        "id": "3C679366HH908993F",
        "status": status,
        "amount": money("30.00"),
        "custom_id": make_request().payment_id,
        "links": [link("self", CAPTURE), link("up", ORDER)],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def make_order(status: str | None, *captures: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An order as GET shows it, for `make_request()`."""
    unit: dict[str, Any] = {
        "reference_id": make_request().order_id,
        "custom_id": make_request().payment_id,
        "amount": money("30.00") | {"breakdown": {"item_total": money("24.00"), "shipping": money("6.00")}},
        "payee": {"merchant_id": "2222222222222"},
    }
    if captures:
        unit["payments"] = {"captures": list(captures)}
    made = {
        "id": "5O190127TN364715T",
        "status": status,
        "purchase_units": [unit],
        "links": [link("self", ORDER), link("payer-action", "/checkoutnow?token=5O190127TN364715T")],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def link(rel: str, path: str) -> dict[str, str]:
    """A link as PayPal gives it, on a host that is not the one we ask."""
    return {"rel": rel, "href": f"https://api.sandbox.paypal.com{path}", "method": "GET"}


def body_of(request: httpx.Request) -> Any:
    """What was sent."""
    return json.loads(request.content)
