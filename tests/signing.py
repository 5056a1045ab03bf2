"""Events as Stripe would sign them, for tests that speak to the webhook endpoints themselves."""

from __future__ import annotations

import json
import time
from typing import Any

import stripe

from store.settings import Settings


def make_event(
    *,
    event: str = "evt_1",
    type: str = "checkout.session.completed",
    resource: str = "cs_test_1",
    account: str = "",
    livemode: bool = False,
    **thing: Any,
) -> dict[str, Any]:
    """One event about an object with that id."""
    kind = {"checkout": "checkout.session"}.get(type.split(".")[0], type.split(".")[0])
    made: dict[str, Any] = {
        "id": event,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": {"id": resource, "object": kind, **thing}},
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }
    return {**made, "account": account} if account else made


def sign_body(body: bytes, secret: str, at: int | None = None) -> dict[str, str]:
    """The headers of a delivery of these bytes."""
    signature = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return {"Stripe-Signature": signature, "Content-Type": "application/json"}


def sign_headers(settings: Settings, endpoint: str, **event: Any) -> tuple[bytes, dict[str, str]]:
    """(body, headers) of one event, signed for the endpoint with this path."""
    secrets = (
        settings.stripe_connect_webhook_secrets if endpoint.endswith("connect") else settings.stripe_webhook_secrets
    )
    body = json.dumps(make_event(**event)).encode()
    return body, sign_body(body, secrets[0])
