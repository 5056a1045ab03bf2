"""Whose the money is to ask for: an attempt is claimed before it is captured, and let go by a definite answer only.

One door asks at a time; a claim is anybody's when no call of whoever made it can be under way any more. `capture_no`
names a claim's key: an answer that comes late, to a claim that is over, changes nothing. Whatever forbids to take the
money is found before it is asked for: nothing has moved then, and the buyer is told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from store.gateways.port import Gateways, Unavailable
from store.kit import clock
from store.kit.db import advance, fetch, transaction
from store.orders import service as orders
from store.orders.states import PAYABLE, PaymentState
from store.payments.service.apply import read_payment
from store.payments.service.declines import count_decline
from store.payments.service.request import read_live
from store.payments.service.stopped import SellerStopped, check_sellers
from store.payments.states import PAYMENT, Door, PaymentStatus
from store.payments.tables import Payment

# Longer than `ASKS_SECONDS` of capture.py: then whoever claimed it last hears no answer any more. Wall time.
CLAIM_LASTS = timedelta(minutes=1)
# How long the goods are kept at least from the moment the money is asked for; a decline leaves that long to try again.
KEEPS = timedelta(minutes=15)
# From a claim on; a process that died with it is followed by the next door then.
FIRST_LOOK = timedelta(seconds=10)
OVER = "the order had ended before you came back from PayPal"
OUT = "you had canceled the order"
ELSEWHERE = "you went on with another way to pay"

log = structlog.get_logger(__name__)


async def claim(
    gateways: Gateways, payment_id: UUID, capture_no: int, door: Door, *, shown: bool = True
) -> dict[str, Any] | None:
    """Make the attempt `capturing` and its order ours to fulfil; None when another door asks or it may not be taken.

    `capture_no`: of the row as it was before the provider was looked at. A consent that somebody else's claim has used
    up since then is none. `shown`: whether that look saw the order, and so that nothing was taken of what was asked
    for; where it did not, Unavailable is raised while a later look may, and after that the same key has to tell.
    """
    async with transaction():
        payment = await read_payment(payment_id)
        order = await orders.lock_order(payment["order"])
        payment = await read_payment(payment_id)
        if payment["status"] == PaymentStatus.FAILED:
            # Refused for good: the buyer has been told so, whoever hears of the consent after that.
            return None
        if payment["superseded"]:
            over = OVER if order["payment_state"] == PaymentState.EXPIRED else ELSEWHERE
            why = OUT if order["cancel_requested"] else over
            await orders.note(order["id"], f"Not charged at PayPal: {why}.", door=door, key=_key(payment))
            return None
        if payment["capture_no"] != capture_no:
            return None
        if payment["status"] == PaymentStatus.CAPTURING and not is_stale(payment):
            return None
        if payment["status"] not in (PaymentStatus.PENDING, PaymentStatus.EXPIRED, PaymentStatus.CAPTURING):
            return None
        if reason := await _find_hindrance(gateways, payment, order):
            asked = payment["status"] == PaymentStatus.CAPTURING
            if shown or not asked:
                if asked:
                    # PayPal has just shown that it has taken nothing.
                    payment = await let_go(payment, "") or payment
                await _tell(payment, order, reason, door)
                return None
            if payment["expires_at"] > clock.now():
                raise Unavailable("PayPal does not show what became of the money we have asked for")
        await orders.mark_confirming(order["id"])
        if payment["status"] == PaymentStatus.CAPTURING:
            await fetch("UPDATE payment SET claimed_at = $2 WHERE id = $1", payment_id, clock.wall())
            return payment
        return await advance(
            Payment,
            PAYMENT,
            payment_id,
            PaymentStatus.CAPTURING,
            column="status",
            claimed_at=clock.wall(),
            failure_reason="",
            check_at=clock.now() + FIRST_LOOK,
            checks=0,
        )


async def ask_consent(payment_id: UUID) -> None:
    """The buyer is sent to the provider (again): the next visit from there brings a consent of its own."""
    await fetch("UPDATE payment SET consent_no = declines + 1 WHERE id = $1 AND consent_no <= declines", payment_id)


async def unclaim(claimed: dict[str, Any], reason: str, door: Door, *, declined: bool, wanted: bool) -> None:
    """A definite no that leaves the provider's checkout open: the same order may be agreed to again.

    `wanted`: nothing comes of it until the buyer is there once more, who is told so.
    """
    async with transaction():
        await orders.lock_order(claimed["order"])
        payment = await read_payment(claimed["id"])
        if payment["capture_no"] != claimed["capture_no"] or not await let_go(payment, reason):
            return
        ref = f"{payment['provider_ref']}:{payment['capture_no']}"
        if wanted:
            await orders.ask_back(payment["order"], reason=reason, door=door, ref=ref)
        if not declined:
            return
        await fetch("UPDATE payment SET declines = declines + 1 WHERE id = $1", payment["id"])
        text = f"Payment declined: {reason}."
        await orders.record_decline(payment["order"], reason=reason, text=text, door=door, ref=ref)
        await count_decline(payment)


async def claim_anew(claimed: dict[str, Any]) -> None:
    """A definite no of this moment alone: the claim is anybody's, under another key, since a no may be kept."""
    await fetch(
        "UPDATE payment SET capture_no = capture_no + 1, claimed_at = NULL"
        " WHERE id = $1 AND status = 'capturing' AND capture_no = $2",
        claimed["id"],
        claimed["capture_no"],
    )


async def refuse(claimed: dict[str, Any], reason: str, door: Door, *, declined: bool) -> None:
    """The provider will not take this one for good: it has ended, and the order can be paid another way."""
    async with transaction():
        await orders.lock_order(claimed["order"])
        payment = await read_payment(claimed["id"])
        if payment["capture_no"] != claimed["capture_no"]:
            return
        moved = await advance(
            Payment,
            PAYMENT,
            payment["id"],
            PaymentStatus.FAILED,
            column="status",
            sources=(PaymentStatus.CAPTURING,),
            failure_reason=reason,
            superseded=True,
            check_at=None,
        )
        if moved is None:
            return
        await orders.mark_answered(payment["order"])
        text = f"PayPal refused the payment: {reason}."
        await orders.record_decline(payment["order"], reason=reason, text=text, door=door, ref=str(payment["id"]))
        if declined:
            await count_decline(payment)


async def let_go(payment: dict[str, Any], reason: str) -> dict[str, Any] | None:
    """`capturing` is `pending` again after a definite answer; the next claim has a key of its own. The row, or None."""
    await orders.mark_answered(payment["order"])
    return await advance(
        Payment,
        PAYMENT,
        payment["id"],
        PaymentStatus.PENDING,
        column="status",
        sources=(PaymentStatus.CAPTURING,),
        capture_no=payment["capture_no"] + 1,
        failure_reason=reason,
        claimed_at=None,
    )


async def end_attempt(payment: dict[str, Any], *, superseded: bool) -> bool:
    """Nobody can pay this one any more, since only we could take it; `superseded`: it is never captured either."""
    moved = await advance(
        Payment,
        PAYMENT,
        payment["id"],
        PaymentStatus.EXPIRED,
        column="status",
        sources=(PaymentStatus.CREATED, PaymentStatus.PENDING),
        superseded=superseded or payment["superseded"],
        check_at=None,
    )
    return moved is not None


def is_stale(payment: dict[str, Any]) -> bool:
    """Whether no call of whoever claimed this last can be under way any more."""
    claimed = payment["claimed_at"]
    return claimed is None or clock.wall() - claimed > CLAIM_LASTS


async def _find_hindrance(gateways: Gateways, payment: dict[str, Any], order: dict[str, Any]) -> str:
    """Why this may not be taken, in words; "" when the order is payable and its goods are held for long enough."""
    if order["cancel_requested"]:
        return OUT
    live = await read_live(order["id"])
    if live is not None and live["id"] != payment["id"]:
        return ELSEWHERE
    until = clock.now() + KEEPS
    payable = order["payment_state"] in PAYABLE
    if not payable and order["payment_state"] != PaymentState.EXPIRED:
        return OVER
    try:
        await check_sellers(order, gateways.platform_country, payment["provider"])
    except SellerStopped as stopped:
        return stopped.message.removesuffix(" You were not charged.").removesuffix(".")
    if not payable and (gone := await orders.reopen(order["id"], until)):
        return gone
    await orders.hold_until(order["id"], until)
    return ""


async def _tell(payment: dict[str, Any], order: dict[str, Any], reason: str, door: Door) -> None:
    """No money has moved: the attempt is dead, and the buyer, who may never come back, is told once by mail too."""
    if payment["status"] == PaymentStatus.PENDING:
        await end_attempt(payment, superseded=True)
    else:
        await fetch("UPDATE payment SET superseded = true WHERE id = $1", payment["id"])
    told = await orders.note(order["id"], f"Not charged: {reason}.", door=door, key=_key(payment))
    if order["payment_state"] in PAYABLE and await read_live(order["id"]) is None:
        await orders.mark_over(order["id"], text="This order ends before anything was paid.", door=door)
    if told and order["payment_state"] != PaymentState.PAID and reason != OUT:
        await orders.tell_buyer("payment_failed", f"{payment['id']}:untaken", order, reason=reason)
    log.info("approval_not_taken", payment_id=str(payment["id"]), reason=reason)


def _key(payment: dict[str, Any]) -> str:
    return f"untaken:{payment['id']}"
