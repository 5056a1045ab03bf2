"""Where an order goes that is not paid (yet): processing, failed, payable again, over, needing a person.

Stock and code go back only when the provider has shown that nobody can pay any more.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from store.catalogue.service import release_stock
from store.kit.db import advance, fetch
from store.orders.service.record import hold_ref, lock_order, note, tell_buyer
from store.orders.states import ORDER, PAYABLE, PaymentState
from store.orders.tables import Order
from store.promotions.service import release_use


async def request_cancel(order_id: UUID) -> bool:
    """Remember that the buyer wants out, before the provider is asked; False when the order is not payable."""
    rows = await fetch(
        "UPDATE orders SET cancel_requested = true, version = version + 1"
        " WHERE id = $1 AND payment_state = ANY($2) RETURNING id",
        order_id,
        list(PAYABLE),
    )
    return bool(rows)


async def mark_processing(order_id: UUID, *, text: str, door: str) -> bool:
    """The buyer is done, the bank is not."""
    moved = await advance(Order, ORDER, order_id, PaymentState.PROCESSING, column="payment_state", failure_reason="")
    if moved:
        await note(order_id, text, door=door)
    return moved is not None


async def mark_failed(order_id: UUID, *, reason: str, text: str, door: str) -> bool:
    """The bank said no for good; the order stays payable and keeps its stock until its deadline."""
    moved = await advance(
        Order, ORDER, order_id, PaymentState.FAILED, column="payment_state", failure_reason=reason, confirming=False
    )
    if moved:
        await note(order_id, text, door=door)
        await tell_buyer("payment_failed", f"{order_id}:failed:{moved['version']}", moved, reason=reason)
    return moved is not None


async def mark_payable(order_id: UUID) -> bool:
    """A new attempt opens after a failed one."""
    moved = await advance(
        Order, ORDER, order_id, PaymentState.AWAITING_PAYMENT, column="payment_state", failure_reason=""
    )
    return moved is not None


async def mark_over(order_id: UUID, *, text: str, door: str) -> bool:
    """The provider said that the attempt is over: expired, or canceled where the buyer had asked for it.

    Gives stock and code back. A buyer whose card had been declined is told by mail.
    """
    order = await lock_order(order_id)
    to = PaymentState.CANCELED if order["cancel_requested"] else PaymentState.EXPIRED
    moved = await advance(Order, ORDER, order_id, to, column="payment_state", holds_stock=False)
    if moved is None:
        return False
    if order["holds_stock"]:
        await release_stock(hold_ref(order_id, order["hold_no"]))
    if order["promo_code"]:
        await release_use(order_id)
    await note(order_id, text, door=door)
    declined = order["payment_state"] == PaymentState.AWAITING_PAYMENT and order["failure_reason"]
    if to == PaymentState.EXPIRED and declined:
        await tell_buyer("payment_failed", f"{order_id}:expired", moved, reason=order["failure_reason"])
    return True


async def mark_review(order_id: UUID, *, reason: str, door: str, once: str = "") -> bool:
    """What the provider says does not fit: stop here, with the difference in words, until a person has looked.

    A paid order stays paid: only the words are kept. What a person was asked under the key `once` is not asked again.
    """
    line = once or f"review:{_short(reason)}"
    if once and await fetch('SELECT 1 FROM order_event WHERE "order" = $1 AND key = $2', order_id, once):
        return False
    moved = await advance(
        Order, ORDER, order_id, PaymentState.NEEDS_REVIEW, column="payment_state", review_reason=reason
    )
    if moved is None:
        await fetch(
            "UPDATE orders SET review_reason = $2, version = version + 1 WHERE id = $1 AND payment_state = 'paid'",
            order_id,
            reason,
        )
    await note(order_id, "The payment needs a look by a person.", door=door, key=line)
    return moved is not None


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
