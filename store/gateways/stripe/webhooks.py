"""Deliveries: verify the raw bytes first, then read them as a hint. docs.stripe.com/webhooks

Each endpoint has its own secret, two while one is rotated. Stripe's SDK refuses signatures older than 300 s but takes
any from the future; we refuse both, by wall time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import stripe

from store.gateways.port import BadSignature, EndpointSnapshot, ListedEvent, Notice
from store.gateways.stripe.client import StripeCalls, options
from store.gateways.texts import read_text
from store.kit import clock
from store.kit.ids import new_token

TOLERANCE_SECONDS = 300
PAGE = 100


def verify_event(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Raise BadSignature unless one of `secrets` signed these bytes within 300 s of now."""
    header = headers.get("stripe-signature", "")
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
            signed_at = int(dict(part.split("=", 1) for part in header.split(","))["t"])
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError):
            # TypeError: the SDK compares digests as text, which refuses letters that are not ASCII.
            continue
        if signed_at - clock.wall().timestamp() <= TOLERANCE_SECONDS:
            return
    raise BadSignature("The Stripe-Signature header does not fit this body, or its time is not now.")


# Where an object names its charge, by its kind.
CHARGE_IN = {"refund": "charge", "charge": "id", "transfer": "source_transaction"}


def read_event(body: bytes) -> Notice:
    """The verified body as a notice. What is signed but is no event becomes one of type `unreadable`: kept, ignored."""
    try:
        event: dict[str, Any] = json.loads(body)
        thing: dict[str, Any] = event["data"]["object"]
        kind = thing.get("object", "")
        metadata = thing.get("metadata") or {}
        charge = thing.get(CHARGE_IN.get(kind, "")) or ""
        return Notice(
            event_id=read_text(event["id"]),
            type=read_text(event["type"]),
            account=read_text(event.get("account") or ""),
            livemode=bool(event.get("livemode")),
            resource=read_text(thing.get("id") or ""),
            created=datetime.fromtimestamp(int(event["created"]), UTC),
            payment_ref=read_text(thing["id"]) if kind == "checkout.session" else "",
            payment_id=read_text(thing.get("client_reference_id") or metadata.get("payment_id", "")),
            capture_ref=read_text(charge if isinstance(charge, str) else (charge or {}).get("id", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        digest = hashlib.sha256(body).hexdigest()
        return Notice(f"unreadable_{digest[:32]}", "unreadable", "", False, "", clock.wall())


async def list_events(
    calls: StripeCalls, account_ref: str, since: datetime, types: Sequence[str]
) -> AsyncIterator[list[ListedEvent]]:
    """The events of `types` (20 at most) in one account since then, newest first: docs.stripe.com/api/events/list

    Each page is a call of its own, made when the one before has been dealt with. A delivery from a connected account
    names it in `account`; whoever lists has asked for it, so it is put in here.
    """
    question: Any = {"created": {"gte": int(since.timestamp())}, "types": list(types), "limit": PAGE}
    whose = {"account": account_ref} if account_ref else {}
    while question:
        page = await calls.call(
            "events.list",
            lambda: calls.client.v1.events.list_async(question, options(account_ref)),  # noqa: B023 - called at once
        )
        bodies = [json.dumps({**event.to_dict(), **whose}, default=str).encode() for event in page.data]
        yield [ListedEvent(read_event(body), body) for body in bodies]
        question = {**question, "starting_after": page.data[-1].id} if page.has_more and page.data else None


async def list_endpoints(calls: StripeCalls) -> list[EndpointSnapshot]:
    """Every webhook endpoint of the platform; a connected account has none of ours."""

    async def read() -> list[EndpointSnapshot]:
        page = await calls.client.v1.webhook_endpoints.list_async({"limit": PAGE})
        return [EndpointSnapshot(one.url, one.status == "enabled") async for one in page.auto_paging_iter()]

    return await calls.call("webhook_endpoints.list", read)


def sign_probe(secret: str, livemode: bool) -> tuple[str, dict[str, str], bytes]:
    """An event that asks for nothing, signed by us: proves that a running shop knows this secret."""
    now = int(clock.wall().timestamp())
    event_id = f"evt_probe_{new_token()}"
    event = {
        "id": event_id,
        "object": "event",
        "type": "overprint.probe",
        "created": now,
        "livemode": livemode,
        "data": {"object": {"id": "probe", "object": "probe"}},
    }
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, secret, now)
    return event_id, {"Stripe-Signature": header, "Content-Type": "application/json"}, body.encode()
