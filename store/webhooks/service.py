"""Receive and process: store first, answer then, apply later.

`receive` answers only what it has committed. `process` treats an event as a hint: whatever it says, the slice's own
verb fetches the provider's truth. An event that is not ours is ignored; one of the other mode or of an unknown
account is kept, counted and never applied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import structlog

from store.gateways.port import Gateways, Notice
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value, transaction
from store.kit.ids import new_id
from store.kit.metrics import histogram
from store.kit.queue import PARKED, notify, work
from store.payments.queries import find_payment
from store.payments.service import sync_capture, sync_payment
from store.payments.service.settle import find_capture
from store.payments.states import Door
from store.refunds.service import sync_refunds

log = structlog.get_logger(__name__)

WEBHOOK_LAG = histogram("webhook_lag_seconds", "From the event at the provider to its effect here")

TRIES = 12
SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
ATTEMPT_EVENTS = frozenset({"payment_intent.payment_failed"})
CAPTURE_EVENTS = frozenset({"charge.updated"})
REFUND_EVENTS = frozenset({"charge.refunded", "refund.created", "refund.updated", "refund.failed"})
HANDLED = SESSION_EVENTS | ATTEMPT_EVENTS | CAPTURE_EVENTS | REFUND_EVENTS

INSERT = """
INSERT INTO inbox_event (id, provider, event_id, endpoint, type, account, resource, livemode, sha256, body, created_at,
  state, outcome)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (provider, event_id) DO NOTHING RETURNING id
"""


class NotYet(Exception):
    """The event speaks of something of ours that is not there yet: try again, park at last, never drop."""


async def receive(gateways: Gateways, provider: str, endpoint: str, notice: Notice, body: bytes) -> str:
    """Store one verified delivery and commit; returns new, duplicate, variant, or why it is never applied.

    Raises whatever the database raises: then nothing was stored and the provider must send it again.
    """
    outcome = await _refusal(gateways, notice)
    digest = hashlib.sha256(body).hexdigest()
    # A text column holds no NUL. JSON has none either, so such a body is unreadable and its hash tells what it was.
    text = body.decode().replace("\0", "\ufffd")
    async with transaction():
        row = await fetch_row(
            INSERT,
            new_id(),
            provider,
            notice.event_id,
            endpoint,
            notice.type,
            notice.account,
            notice.resource,
            notice.livemode,
            digest,
            text,
            notice.created,
            "done" if outcome else "waiting",
            outcome,
        )
        if row is not None:
            if not outcome:
                await notify()
            return outcome or "new"
        return await _receive_again(provider, notice, digest, text)


async def process_due(gateways: Gateways) -> int:
    """Apply waiting events; returns how many were taken. A failing one backs off and is parked after the last try."""

    async def handle(row: Mapping[str, Any]) -> str | None:
        outcome = await apply_event(gateways, gateways.stripe.read_event(row["body"].encode()))
        await fetch("UPDATE inbox_event SET outcome = $2 WHERE id = $1", row["id"], outcome)
        WEBHOOK_LAG.observe(max(0.0, (clock.now() - row["created_at"]).total_seconds()))
        return None

    return await work("inbox_event", handle, tries=TRIES)


async def apply_event(gateways: Gateways, notice: Notice) -> str:
    """Find whom the event is about and call that slice's verb; returns applied, ignored or foreign.

    Raises NotYet, or what the verb raises; the event stays in the queue then.
    """
    if notice.type not in HANDLED:
        return "ignored"
    if notice.type in SESSION_EVENTS | ATTEMPT_EVENTS:
        return await _apply_to_payment(gateways, notice)
    capture_id = await find_capture(notice.capture_ref)
    if capture_id is None and await _apply_to_payment(gateways, notice) == "applied":
        # The charge was first heard of by this event; its payment is confirmed by now if it can be.
        capture_id = await find_capture(notice.capture_ref)
    if capture_id is None:
        return "foreign"
    if notice.type in CAPTURE_EVENTS:
        if not await sync_capture(gateways, capture_id):
            raise NotYet("the provider has not settled this charge yet")
    else:
        await sync_refunds(gateways, capture_id)
    return "applied"


async def count_parked() -> int:
    """Events that were given up and wait for a person."""
    return int(await fetch_value("SELECT count(*) FROM inbox_event WHERE state = $1", PARKED))


async def _apply_to_payment(gateways: Gateways, notice: Notice) -> str:
    payment_id = await find_payment(notice.payment_ref, notice.payment_id, notice.account)
    if payment_id is None:
        return "foreign"
    await sync_payment(gateways, payment_id, Door.WEBHOOK)
    return "applied"


async def _refusal(gateways: Gateways, notice: Notice) -> str:
    """Why a correctly signed event is stored and never applied; empty when it may be."""
    if notice.livemode != gateways.livemode:
        return "wrong_mode"
    if notice.account and not await fetch_value("SELECT 1 FROM vendor WHERE account_ref = $1", notice.account):
        return "unknown_account"
    return ""


async def _receive_again(provider: str, notice: Notice, digest: str, text: str) -> str:
    first = await fetch_row(
        "UPDATE inbox_event SET deliveries = deliveries + 1 WHERE provider = $1 AND event_id = $2"
        " RETURNING type, account, resource, livemode, sha256",
        provider,
        notice.event_id,
    )
    assert first is not None
    if first["sha256"] == digest:
        return "duplicate"
    alarming = (first["type"], first["account"], first["resource"], first["livemode"]) != (
        notice.type,
        notice.account,
        notice.resource,
        notice.livemode,
    )
    await fetch(
        "INSERT INTO inbox_variant (provider, event_id, sha256, body, alarming, received_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (provider, event_id, sha256) DO NOTHING",
        provider,
        notice.event_id,
        digest,
        text,
        alarming,
        clock.wall(),
    )
    if alarming:
        log.error("event_differs", event_id=notice.event_id, type=notice.type, account=notice.account)
    return "variant"
