"""Apply what is waiting: an event is a hint, and whatever it says, the slice's own verb fetches the provider's truth.

An event that is not ours is ignored; one that speaks of something of ours that is not there yet waits. What never works
is parked, never dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from store.gateways.port import PAYPAL, STRIPE, Gateways, Notice
from store.kit import clock
from store.kit.db import fetch, fetch_value
from store.kit.metrics import histogram
from store.kit.queue import PARKED, work
from store.payments.queries import find_payment, is_live
from store.payments.service import sync_capture, sync_payment
from store.payments.service.settle import find_capture
from store.payments.states import Door
from store.payouts.queries import find_order_of
from store.payouts.service import sync_reversals, wake_transfers
from store.refunds.service import follow_refunds
from store.vendors.queries import find_vendor_of
from store.vendors.service import sync_account
from store.webhooks.service.paypal import NotYet, apply_paypal_event
from store.webhooks.states import (
    ACCOUNT_EVENTS,
    ATTEMPT_EVENTS,
    CAPTURE_EVENTS,
    HANDLED,
    SESSION_EVENTS,
    TRANSFER_EVENTS,
)

WEBHOOK_LAG = histogram("webhook_lag_seconds", "From the event at the provider to its effect here")
TRIES = 12


async def process_due(gateways: Gateways, away: Collection[str] = ()) -> int:
    """Apply waiting events; returns how many were taken. A failing one backs off and is parked after the last try.

    Those of a provider that is `away` wait.
    """

    async def handle(row: Mapping[str, Any]) -> str | None:
        apply = apply_paypal_event if row["provider"] == PAYPAL else apply_event
        outcome = await apply(gateways, gateways.rail(row["provider"]).read_event(row["body"].encode()))
        await fetch("UPDATE inbox_event SET outcome = $2 WHERE id = $1", row["id"], outcome)
        WEBHOOK_LAG.observe(max(0.0, (clock.now() - row["created_at"]).total_seconds()))
        return None

    return await work("inbox_event", handle, tries=TRIES, away=away)


async def apply_event(gateways: Gateways, notice: Notice) -> str:
    """Find whom the event is about and call that slice's verb; returns applied, ignored or foreign.

    Raises NotYet, or what the verb raises; the event stays in the queue then.
    """
    if notice.type not in HANDLED:
        return "ignored"
    if notice.type in ACCOUNT_EVENTS:
        vendor_id = await find_vendor_of(notice.account)
        if vendor_id is None:
            return "foreign"
        await sync_account(gateways, vendor_id)
        await wake_transfers(notice.account)
        return "applied"
    if notice.type in TRANSFER_EVENTS:
        return "applied" if await _sync_reversals(gateways, notice) else "foreign"
    if notice.type in SESSION_EVENTS | ATTEMPT_EVENTS:
        return "applied" if await _sync_payment(gateways, notice) else "foreign"
    capture_id = await find_capture(STRIPE, notice.capture_ref)
    if capture_id is None:
        # The charge was first heard of by this event; its payment is confirmed by now if it can be.
        payment_id = await _sync_payment(gateways, notice)
        if payment_id is None:
            return "foreign"
        capture_id = await find_capture(STRIPE, notice.capture_ref)
        if capture_id is None:
            if await is_live(payment_id):
                raise NotYet("the payment of this charge is not confirmed yet")
            return "applied"
    if notice.type in CAPTURE_EVENTS:
        if not await sync_capture(gateways, capture_id):
            raise NotYet("the provider has not settled this charge yet")
    else:
        await follow_refunds(gateways, capture_id, told=True)
    return "applied"


async def count_parked() -> int:
    """Events that were given up and wait for a person."""
    return int(await fetch_value("SELECT count(*) FROM inbox_event WHERE state = $1", PARKED))


async def _sync_payment(gateways: Gateways, notice: Notice) -> UUID | None:
    """Sync the payment that the event speaks of; None: it is none of ours."""
    payment_id = await find_payment(STRIPE, notice.payment_ref, notice.payment_id, notice.account)
    if payment_id is not None:
        await sync_payment(gateways, payment_id, Door.WEBHOOK)
    return payment_id


async def _sync_reversals(gateways: Gateways, notice: Notice) -> bool:
    """A transfer was taken back: one of ours, or the one by which a charge passes a destination's share on."""
    order_id = await find_order_of(notice.resource)
    if order_id is not None:
        await sync_reversals(gateways, order_id)
        return True
    capture_id = await find_capture(STRIPE, notice.capture_ref)
    if capture_id is not None:
        await follow_refunds(gateways, capture_id)
    return capture_id is not None
