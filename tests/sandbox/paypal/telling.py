"""A webhook at PayPal, something that happens there, and what then arrives at the shop."""

from __future__ import annotations

from typing import Any

import httpx

from store.sandbox.paypal.certificates import open_authority
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.signing import check_delivery
from tests.sandbox.paypal.conftest import PayPal

EVENTS = "/v1/notifications/webhooks-events"
URL = "http://localhost:8000/webhooks/paypal"
CAPTURE = {"id": "2GG279541U471931P", "status": "COMPLETED", "_outcome": "balance"}


async def register(paypal: PayPal, *types: str, url: str = URL) -> str:
    wanted = [{"name": name} for name in types or ("*",)]
    made = await paypal.create("POST", "/v1/notifications/webhooks", {"url": url, "event_types": wanted})
    return str(made["id"])


def tell(paypal: PayPal, type: str = "PAYMENT.CAPTURE.COMPLETED", resource: Any = None) -> str:
    """Let something have happened; the event's id."""
    emit(paypal.app, type, resource or CAPTURE, "capture")
    return str(paypal.app.world.find(paypal.app.merchant_id, "paypal_event")[0]["id"])


async def deliver(paypal: PayPal) -> list[httpx.Request]:
    """Make every delivery that is due; what the shop got by that."""
    before = len(paypal.sandbox.shop.received)
    await paypal.sandbox.app.state.deliveries.run_due()
    return paypal.sandbox.shop.received[before:]


def is_good(paypal: PayPal, request: httpx.Request, webhook_id: str) -> bool:
    """Whether a delivery is signed for this webhook."""
    names = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
    sent = {name.replace("-", "_"): request.headers[f"paypal-{name}"] for name in names}
    authority = open_authority(paypal.app.world.folder)
    return check_delivery(authority, sent | {"webhook_id": webhook_id}, request.content)


def log_of(paypal: PayPal, event: str) -> list[dict[str, Any]]:
    return list(paypal.sandbox.app.state.deliveries.list_log(event=event))
