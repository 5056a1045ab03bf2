"""What a buyer has agreed to at the provider is taken by us: claimed first, asked for once, then looked at.

While the outcome is unknown the attempt stays `capturing` and no other one opens; the same key asks again. What stands
in the way is found by the claim (`claim.py`), before any money moves. Nobody but us can take it, so an attempt to which
nobody agrees ends by our own clock; a consent that comes after that is taken when the order can still be had.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import structlog

from store.gateways.port import (
    STRIPE,
    ApprovalNeeded,
    ConsentUnseen,
    Declined,
    Disconnected,
    FundingDeclined,
    GatewayBug,
    Gateways,
    PaymentSnapshot,
    SnapshotStatus,
    Unavailable,
)
from store.kit import clock
from store.kit.db import fetch, retrying, transaction
from store.orders import service as orders
from store.payments.service.apply import apply_snapshot, hand_over, read_payment
from store.payments.service.claim import claim, claim_anew, end_attempt, is_stale, let_go, refuse, unclaim
from store.payments.service.complete import find_lost
from store.payments.service.judge import find_difference
from store.payments.service.request import read_live
from store.payments.states import Door, PaymentStatus

# All that one claim asks, looks and waits: shorter than the claim lasts.
ASKS_SECONDS = 40.0
REFUSED = "PayPal cannot take this payment"

log = structlog.get_logger(__name__)


async def capture_approved(
    gateways: Gateways, payment: dict[str, Any], snapshot: PaymentSnapshot, door: Door, consents: int = 0
) -> PaymentSnapshot | None:
    """Take what the buyer agreed to; returns what the provider then shows, None when nothing was (or need be) asked.

    `payment`: as it was before `snapshot` was read. `consents`: how many the provider has told us of; each is tried
    once, so a late message of a declined one is none. A buyer's visit brings the one that was last asked for.
    Raises Unavailable when the outcome is unknown: the attempt stays `capturing` and another door will come.
    """
    given = payment["consent_no"] if door in (Door.RETURN, Door.CHECK) else max(consents, 1)
    if payment["status"] != PaymentStatus.CAPTURING and given <= payment["declines"]:
        # Declined, and the buyer was told so: only the next consent is worth another try.
        return await end_unclaimed(payment["id"], snapshot, door)
    if difference := find_difference(payment, snapshot, livemode=gateways.livemode):
        async with transaction():
            await orders.lock_order(payment["order"])
            await hand_over(payment, difference, door)
        return None
    await _see_others_closed(gateways, payment)
    return await _ask(gateways, payment, door)


async def ask_again(
    gateways: Gateways, payment_id: UUID, snapshot: PaymentSnapshot, door: Door
) -> PaymentSnapshot | None:
    """Asked for money whose order is not shown any more: one look is no answer, the same key's is.

    Of an attempt for which nothing was asked the provider's word counts as it is.
    """
    payment = await read_payment(payment_id)
    if payment["status"] == PaymentStatus.PROCESSING:
        return None
    if payment["status"] != PaymentStatus.CAPTURING:
        return snapshot
    return await _ask(gateways, payment, door, shown=False)


async def end_unclaimed(payment_id: UUID, snapshot: PaymentSnapshot, door: Door) -> PaymentSnapshot | None:
    """An attempt to which nobody has agreed (anew): ended when our own time for it is over."""
    async with transaction():
        payment = await read_payment(payment_id)
        await orders.lock_order(payment["order"])
        payment = await read_payment(payment_id)
        if (
            payment["status"] == PaymentStatus.CAPTURING
            and is_stale(payment)
            and snapshot.status == SnapshotStatus.OPEN
        ):
            # The consent was taken back before anything was: a definite answer.
            payment = await let_go(payment, "") or payment
        return None if await _end_overdue(payment, door) else snapshot


async def end_unasked(payment_id: UUID) -> bool:
    """End an attempt whose time is long over without asking PayPal, which may be away; False when it is not over."""
    async with transaction():
        payment = await read_payment(payment_id)
        await orders.lock_order(payment["order"])
        return await _end_overdue(await read_payment(payment_id), Door.SWEEP)


async def give_way(payment_id: UUID) -> bool:
    """Mark an attempt dead, which is never captured then; False when its money has been asked for already.

    In the caller's transaction.
    """
    payment = await read_payment(payment_id)
    await orders.lock_order(payment["order"])
    return await end_attempt(payment, superseded=True)


async def _ask(
    gateways: Gateways, payment: dict[str, Any], door: Door, *, shown: bool = True
) -> PaymentSnapshot | None:
    claimed = await retrying(lambda: claim(gateways, payment["id"], payment["capture_no"], door, shown=shown))
    if claimed is None:
        return None
    ref = claimed["provider_ref"]
    try:
        async with asyncio.timeout(ASKS_SECONDS):
            return await gateways.with_capture().capture_payment(ref, f"{ref}:{claimed['capture_no']}")
    except TimeoutError as late:
        raise Unavailable("PayPal did not say in time whether it took the money") from late
    except ConsentUnseen:
        # The buyer has done all there is to do, so it goes on being confirmed.
        await retrying(lambda: claim_anew(claimed))
        raise
    except (FundingDeclined, ApprovalNeeded) as no:
        words, funding = str(no), isinstance(no, FundingDeclined)
        # Without a page to go to it is PayPal who has not seen the consent yet: a sweep looks again.
        wanted = isinstance(no, ApprovalNeeded) and bool(no.redirect_url)
        await retrying(lambda: unclaim(claimed, words, door, declined=funding, wanted=wanted))
    except (Declined, GatewayBug) as never:
        # What is ours to mend is no words for a buyer, and no decline of theirs.
        log.error("capture_refused", payment_id=str(payment["id"]), reason=str(never))
        theirs = isinstance(never, Declined)
        words = str(never) if theirs else REFUSED
        await retrying(lambda: refuse(claimed, words, door, declined=theirs))
    return None


async def _end_overdue(payment: dict[str, Any], door: Door) -> bool:
    """End an attempt of ours whose time is over, or whose buyer wanted out, and its order with it; order locked."""
    order = await orders.lock_order(payment["order"])
    waits = payment["expires_at"] > clock.now() and not order["cancel_requested"]
    if waits or not await end_attempt(payment, superseded=False):
        return False
    if not payment["superseded"] and await read_live(payment["order"]) is None:
        text = "Canceled before anything was paid." if order["cancel_requested"] else "The time to pay ran out."
        await orders.mark_over(payment["order"], text=text, door=door)
    return True


async def _see_others_closed(gateways: Gateways, payment: dict[str, Any]) -> None:
    """A session of the other rail that was given up may be open there still: looked for, and closed.

    Live ones there are none: the database allows one live attempt of an order. What was paid there meanwhile is applied
    and the claim finds the order paid. Raises Unavailable where a page that a buyer may have is not seen closed.
    """
    given_up = await fetch(
        "SELECT * FROM payment WHERE \"order\" = $1 AND provider = $2 AND status IN ('abandoned', 'failed')",
        payment["order"],
        STRIPE,
    )
    for row in given_up:
        try:
            await _see_closed(gateways, dict(row))
        except Disconnected:
            # Out of our reach for good, and for whoever would pay there too.
            continue
        except Unavailable:
            if row["provider_ref"] is None:
                # Nobody was ever given its address.
                continue
            raise


async def _see_closed(gateways: Gateways, row: dict[str, Any]) -> None:
    found = await find_lost(gateways, row) if row["provider_ref"] is None else row
    if found["provider_ref"] is None:
        return
    seen = await gateways.stripe.fetch_payment(found["provider_ref"], found["account_ref"])
    if seen.status == SnapshotStatus.OPEN:
        await gateways.stripe.expire(found["provider_ref"], found["account_ref"])
        seen = await gateways.stripe.fetch_payment(found["provider_ref"], found["account_ref"])
    await apply_snapshot(gateways, found["id"], seen, Door.CHECK)
