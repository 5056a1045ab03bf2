"""Money that lies on an account which has let us go: we can neither see nor refund it, so a person takes over.

Nobody looks there any more. Our refund ends, since nobody will make it; buyer and operator are told in words.
docs.stripe.com/connect/refunds
"""

from __future__ import annotations

from uuid import UUID

import structlog

from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, transaction
from store.kit.money import Money
from store.orders import service as orders
from store.refunds.states import REFUND, RefundStatus
from store.refunds.tables import Refund

UNSEEN = (
    "something of it goes back to the buyer, but the seller has disconnected the Stripe account, so we cannot see what"
    " becomes of it: ask the seller"
)

log = structlog.get_logger(__name__)


async def stop_following(capture_id: UUID, *, told: bool) -> None:
    """Look no more at what goes back of this capture: it is the seller's doing, and never to be seen by us.

    Where a refund was on its way, or the provider has `told` of one, a person is asked what became of it.
    """
    async with transaction():
        order_id = (await fetch('SELECT "order" FROM capture WHERE id = $1', capture_id))[0][0]
        order = await orders.lock_order(order_id)
        capture = await fetch_row("UPDATE capture SET refunds_at = NULL WHERE id = $1 RETURNING *", capture_id)
        assert capture is not None
        log.warning("refunds_out_of_reach", capture=str(capture_id))
        waits = await fetch("SELECT 1 FROM refund WHERE capture = $1 AND status = 'pending'", capture_id)
        if (told or waits) and not order["review_reason"]:
            await orders.mark_review(order_id, reason=f"{capture['capture_ref']}: {UNSEEN}", door="")


async def hand_over(capture_id: UUID) -> None:
    """End what we meant to refund of this capture, and have a person look at its order."""
    async with transaction():
        order_id = (await fetch('SELECT "order" FROM capture WHERE id = $1', capture_id))[0][0]
        await orders.lock_order(order_id)
        capture = await fetch_row("SELECT * FROM capture WHERE id = $1 FOR UPDATE", capture_id)
        assert capture is not None
        for row in await fetch("SELECT id FROM refund WHERE capture = $1 AND status = 'requested'", capture_id):
            await advance(Refund, REFUND, row["id"], RefundStatus.CANCELED, column="status", settled_at=clock.now())
        sums = await fetch_row(
            "SELECT coalesce(sum(amount) FILTER (WHERE status = 'pending'), 0)::bigint AS pending,"
            " coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0)::bigint AS refunded"
            ' FROM refund WHERE "order" = $1',
            order_id,
        )
        assert sums is not None
        await orders.record_refund(order_id, pending=sums["pending"], refunded=sums["refunded"])
        amount = Money(capture["amount"], capture["currency"])
        reason = (
            f"{amount} ({capture['capture_ref']}) should go back, but the seller has disconnected the Stripe account"
        )
        log.error("refund_out_of_reach", order=str(order_id), capture=capture["capture_ref"])
        await orders.mark_review(order_id, reason=reason, door="")
        words = f"{amount} could not be sent back: the seller’s account is out of our reach. A person sees to it."
        await orders.note(order_id, words, key=f"out_of_reach:{capture_id}")
