"""One verb, many doors: return visit, webhook, sweep and button all call `sync_payment`.

It reads the provider's truth with no transaction open, then applies it once (`apply.py`). Where the buyer has only
agreed and nothing has moved, the money is asked for on the way (`capture.py`).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from store.gateways.port import PAYPAL, Disconnected, Gateways, PaymentSnapshot, SnapshotStatus
from store.kit.db import retrying, transaction
from store.kit.logs import bound
from store.orders import service as orders
from store.payments.service.apply import apply_snapshot, hand_over, read_payment, read_status
from store.payments.service.capture import ask_again, capture_approved, end_unclaimed
from store.payments.service.complete import complete_attempt, find_lost
from store.payments.states import Door, PaymentStatus
from store.vendors.service import note_disconnected

OUT_OF_REACH = (
    "the seller has disconnected the Stripe account on which this is paid, so we can neither see nor refund it: "
    "ask the seller whether it was paid"
)
GIVEN_UP = (PaymentStatus.FAILED, PaymentStatus.ABANDONED)


async def sync_payment(gateways: Gateways, payment_id: UUID, door: Door, *, consents: int = 0) -> str:
    """Fetch what the provider says about one attempt and apply it once; returns the attempt's status after it.

    What the buyer has agreed to is captured first, whichever door it is; a message says how many `consents` it knows
    of. Raises Unavailable when the provider does not answer: nothing has changed then, but perhaps there, and another
    door will come.
    """
    payment = await read_payment(payment_id)
    with bound(payment=payment_id, order=payment["order"]):
        if payment["status"] == PaymentStatus.CREATED:
            payment = await complete_attempt(gateways, payment)
        elif payment["provider_ref"] is None:
            payment = await find_lost(gateways, payment)
        captured_by_us = payment["provider"] == PAYPAL
        # Only the provider can end what it captures itself; ours may have been taken there after our own end.
        ended = payment["status"] == PaymentStatus.EXPIRED and not captured_by_us
        if payment["provider_ref"] is None or payment["status"] == PaymentStatus.SUCCEEDED or ended:
            return str(payment["status"])
        ref, account = payment["provider_ref"], payment["account_ref"]
        try:
            snapshot = await gateways.rail(payment["provider"]).fetch_payment(ref, account)
        except Disconnected:
            # Whether it was paid is only to be seen there, by the vendor.
            await note_disconnected(account)
            await give_up_looking(payment_id, OUT_OF_REACH, door)
            return await read_status(payment_id)
        if captured_by_us:
            return await _sync_ours(gateways, payment, snapshot, door, consents)
        if snapshot.status == SnapshotStatus.OPEN and payment["status"] in GIVEN_UP:
            # The order has gone on without this attempt: nobody shall pay it beside another one.
            await gateways.stripe.expire(ref, account)
            snapshot = await gateways.stripe.fetch_payment(ref, account)
        return await retrying(lambda: apply_snapshot(gateways, payment_id, snapshot, door))


async def give_up_looking(payment_id: UUID, reason: str, door: Door = Door.SWEEP) -> None:
    """Nothing more can be found out about this attempt by us: a person must look at the provider's own pages."""
    async with transaction():
        payment = await read_payment(payment_id)
        await orders.lock_order(payment["order"])
        await hand_over(payment, reason, door)


async def _sync_ours(
    gateways: Gateways, payment: dict[str, Any], snapshot: PaymentSnapshot, door: Door, consents: int
) -> str:
    """An attempt that nobody but us captures: agreed to, it is; open past our deadline, it ends by our own clock."""
    payment_id = payment["id"]
    match snapshot.status:
        case SnapshotStatus.APPROVED:
            taken = await capture_approved(gateways, payment, snapshot, door, consents)
        case SnapshotStatus.OPEN:
            taken = await end_unclaimed(payment_id, snapshot, door)
        case SnapshotStatus.EXPIRED:
            taken = await ask_again(gateways, payment_id, snapshot, door)
        case _:
            taken = snapshot
    if taken is None:
        return await read_status(payment_id)
    return await retrying(lambda: apply_snapshot(gateways, payment_id, taken, door))
