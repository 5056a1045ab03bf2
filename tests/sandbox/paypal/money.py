"""What tests of PayPal's money start from: an order that is approved, and what became of it."""

from __future__ import annotations

from typing import Any

from store.sandbox.paypal.authorizations import make_authorization
from store.sandbox.paypal.captures import make_capture
from store.sandbox.paypal.objects import link, new_id, store, timestamp
from store.sandbox.paypal.tokens import issue_token
from tests.sandbox.paypal.conftest import PayPal

CAPTURES = "/v2/payments/captures"


def usd(value: str) -> dict[str, str]:
    """Wire money in US dollars."""
    return {"currency_code": "USD", "value": value}


def place_order(paypal: PayPal, value: str = "24.00", currency: str = "USD", **unit: Any) -> dict[str, Any]:
    """An approved order of one unit, as the world keeps it."""
    id = new_id()
    order: dict[str, Any] = {
        "id": id,
        "intent": "CAPTURE",
        "status": "COMPLETED",
        "purchase_units": [
            {"reference_id": "default", "amount": {"currency_code": currency, "value": value}, "custom_id": "1", **unit}
        ],
        "create_time": timestamp(paypal.app.now),
        "_origin": "http://127.0.0.1:8001",
        "links": [link("http://127.0.0.1:8001", f"/v2/checkout/orders/{id}", "self")],
    }
    store(paypal.app, "paypal_order", order)
    return order


def capture(paypal: PayPal, value: str = "24.00", outcome: str = "balance", **more: Any) -> dict[str, Any]:
    """A capture of an order of its own."""
    order = place_order(paypal, value, **more)
    return make_capture(paypal.app, order, order["purchase_units"][0], outcome)


def authorize(paypal: PayPal, value: str = "24.00", outcome: str = "balance", **more: Any) -> dict[str, Any]:
    """An authorization of an order of its own."""
    order = place_order(paypal, value, **more)
    return make_authorization(paypal.app, order, order["purchase_units"][0], outcome)


def later(paypal: PayPal, seconds: int) -> None:
    """Move the clock; the client comes back with a token of that time."""
    paypal.advance(seconds)
    paypal.client.headers["Authorization"] = f"Bearer {issue_token(paypal.app)}"


def told(paypal: PayPal) -> list[str]:
    """The types of every event so far, oldest first."""
    return [event["event_type"] for event in reversed(paypal.app.world.find(paypal.app.merchant_id, "paypal_event"))]


def last_resource(paypal: PayPal) -> dict[str, Any]:
    """What the newest event is about, as it was told."""
    resource: dict[str, Any] = paypal.app.world.find(paypal.app.merchant_id, "paypal_event")[0]["resource"]
    return resource


def issue_of(answer: Any) -> str:
    """The one issue of a refusal."""
    (detail,) = answer.json()["details"]
    return str(detail["issue"])
