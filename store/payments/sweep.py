"""Which attempts look stale, and the same verbs for them. Nothing is decided here.

A row is taken by moving its next look into the future in one statement, so two sweeps never work on the same one and
a sweep that dies is followed by another. Ages are business time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from datetime import timedelta
from uuid import UUID

import structlog

from store.gateways.port import GatewayBug, Gateways, Unavailable
from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from store.orders import service as orders
from store.payments.service import cancel_order, sync_capture, sync_payment
from store.payments.service.apply import read_payment
from store.payments.service.capture import end_unasked
from store.payments.service.delayed import stop_waiting
from store.payments.service.request import read_live
from store.payments.service.sync import give_up_looking
from store.payments.states import LIVE, Door, PaymentStatus

log = structlog.get_logger(__name__)

BATCH = 20
# How long after its end an attempt that the provider refuses to show stays unknown.
UNSEEN = timedelta(hours=1)
# How long until the next look, by the number of looks so far.
LOOKS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=45),
    timedelta(hours=1),
)

TAKE_PAYMENTS = """
UPDATE payment SET checks = checks + 1, check_at = $1::timestamptz + ($2::interval[])[least(checks + 1, $3)]
WHERE id IN (SELECT id FROM payment WHERE status = ANY($4) AND check_at <= $1 AND provider <> ALL($6)
  ORDER BY check_at FOR UPDATE SKIP LOCKED LIMIT $5)
RETURNING id
"""
TAKE_CAPTURES = """
UPDATE capture SET settle_tries = settle_tries + 1,
  settle_at = $1::timestamptz + ($2::interval[])[least(settle_tries + 1, $3)]
WHERE id IN (SELECT id FROM capture WHERE NOT settled AND settle_at <= $1 AND provider <> ALL($5)
  ORDER BY settle_at FOR UPDATE SKIP LOCKED LIMIT $4)
RETURNING id
"""
OVERDUE = """
SELECT orders.id FROM orders WHERE orders.payment_state IN ('awaiting_payment', 'failed') AND orders.hold_until <= $1
  AND NOT EXISTS (SELECT FROM payment WHERE payment."order" = orders.id AND payment.status = ANY($2)) LIMIT $3
"""

# What only we could take: nobody need be asked to end it, who may be away for long.
UNASKED = """
SELECT id FROM payment WHERE provider = 'paypal' AND status IN ('created', 'pending') AND expires_at <= $1
ORDER BY expires_at LIMIT $2
"""
SILENT_BANKS = "SELECT id FROM orders WHERE payment_state = 'processing' AND hold_until <= $1 LIMIT $2"


async def sweep_payments(gateways: Gateways, away: Collection[str] = ()) -> int:
    """Look at every stale attempt, unsettled capture and overdue order; returns how many there were.

    Those of a provider that is `away` are left alone.
    """
    now, looks = clock.now(), list(LOOKS)
    payments = await fetch(TAKE_PAYMENTS, now, looks, len(looks), list(LIVE), BATCH, list(away))
    captures = await fetch(TAKE_CAPTURES, now, looks, len(looks), BATCH, list(away))
    await asyncio.gather(
        *(_try(row["id"], _look_at(gateways, row["id"])) for row in payments),
        *(_try(row["id"], sync_capture(gateways, row["id"])) for row in captures),
    )
    return len(payments) + len(captures) + await end_overdue()


async def end_overdue() -> int:
    """End orders whose time is up and which nobody can pay any more, since no attempt is live.

    Those that wait for a bank longer than any bank takes give their goods back. Asks no provider.
    """
    silent = await fetch(SILENT_BANKS, clock.now(), BATCH)
    for row in silent:
        await stop_waiting(row["id"])
    unasked = await fetch(UNASKED, clock.now() - UNSEEN, BATCH)
    for row in unasked:
        await end_unasked(row["id"])
    rows = await fetch(OVERDUE, clock.now(), list(LIVE), BATCH)
    for row in rows:
        async with transaction():
            order = await orders.lock_order(row["id"])
            # Between the list and the lock the buyer may have opened another attempt, which keeps the stock.
            if order["hold_until"] <= clock.now() and await read_live(row["id"]) is None:
                await orders.mark_over(row["id"], text="The time to pay ran out.", door=Door.SWEEP)
    return len(rows) + len(silent) + len(unasked)


async def _look_at(gateways: Gateways, payment_id: UUID) -> None:
    """Ask about one attempt; one whose buyer wanted out and that is open still is closed.

    One that the provider does not let us see long after its end (account disconnected, another key) needs a person.
    """
    try:
        status = await sync_payment(gateways, payment_id, Door.SWEEP)
    except GatewayBug as refused:
        payment = await read_payment(payment_id)
        if payment["expires_at"] > clock.now() - UNSEEN:
            raise
        await give_up_looking(payment_id, f"the provider does not show it: {refused}")
        return
    if status != PaymentStatus.PENDING:
        return
    order_id = await fetch_value(
        'SELECT orders.id FROM orders JOIN payment ON payment."order" = orders.id'
        " WHERE payment.id = $1 AND orders.cancel_requested",
        payment_id,
    )
    if order_id is not None:
        await cancel_order(gateways, order_id, Door.SWEEP)


async def _try(row_id: UUID, verb: Awaitable[object]) -> None:
    try:
        await verb
    except Unavailable as unknown:
        log.warning("sweep_unknown", row=str(row_id), reason=str(unknown))
    except Exception:
        # One row that cannot be worked on must not keep the others from it.
        log.exception("sweep_failed", row=str(row_id))
