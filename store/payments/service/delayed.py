"""Banks that answer days later: the goods are kept until the long deadline, and either answer counts whenever it comes.

`processing` is neither paid nor failed, and while it lasts no other attempt opens. Past `BANK_DEADLINE` the goods go
back and a person is asked, but the attempt stays alive: only the provider says how it ends.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from store.catalogue.service import release_stock
from store.gateways.port import NAMES, PAYPAL, PaymentSnapshot, WaitsFor
from store.kit import clock
from store.kit.db import advance, fetch, transaction
from store.orders import service as orders
from store.orders.states import PaymentState
from store.payments.states import PAYMENT, Door, PaymentStatus
from store.payments.tables import Payment

# A direct debit may take 14 working days: docs.stripe.com/payments/sepa-debit
BANK_DEADLINE = timedelta(days=21)
# How long the goods are kept after a bank's no, for another try.
TRY_AGAIN = timedelta(minutes=45)
WORDS = {
    WaitsFor.BANK: "The bank is still confirming.",
    WaitsFor.REVIEW: "{} is reviewing the payment.",
    WaitsFor.PROVIDER: "{} is still confirming.",
}

log = structlog.get_logger(__name__)


async def apply_processing(payment: dict[str, Any], snapshot: PaymentSnapshot, door: Door) -> None:
    """The buyer is done, the bank or the provider is not: keep the goods for as long as a bank may take."""
    moved = await advance(Payment, PAYMENT, payment["id"], PaymentStatus.PROCESSING, column="status")
    text = WORDS[snapshot.waits_for].format(NAMES[payment["provider"]])
    if moved and await orders.mark_processing(payment["order"], text=text, door=door):
        await orders.hold_until(payment["order"], clock.now() + BANK_DEADLINE)


async def apply_failed(payment: dict[str, Any], snapshot: PaymentSnapshot, door: Door) -> None:
    """The bank said no: the buyer is told and may try again for a while, unless the goods have gone back already."""
    reason = snapshot.failure.message if snapshot.failure else "The payment did not go through"
    moved = await advance(Payment, PAYMENT, payment["id"], PaymentStatus.FAILED, column="status", failure_reason=reason)
    if moved is None:
        return
    text = f"Payment failed: {reason}."
    if await orders.mark_failed(payment["order"], reason=reason, text=text, door=door):
        await fetch(
            "UPDATE orders SET hold_until = least(hold_until, $2) WHERE id = $1",
            payment["order"],
            clock.now() + TRY_AGAIN,
        )
    elif payment["status"] == PaymentStatus.PROCESSING and await orders.mark_over(
        payment["order"], text=text, door=door
    ):
        order = await orders.lock_order(payment["order"])
        await orders.tell_buyer("payment_failed", f"{payment['id']}:refused", order, reason=reason)


async def stop_waiting(order_id: UUID) -> bool:
    """No bank takes this long: give the goods back and ask a person. Returns False when it has answered meanwhile."""
    async with transaction():
        order = await orders.lock_order(order_id)
        if order["payment_state"] != PaymentState.PROCESSING or order["hold_until"] > clock.now():
            return False
        # PayPal waits for a bank, or looks at the payment itself.
        who = order["provider"] if order["provider"] == NAMES[PAYPAL] else "the bank"
        reason = f"{who} has not answered for {BANK_DEADLINE.days} days"
        await orders.mark_review(order_id, reason=reason, door=Door.SWEEP)
        await release_stock(orders.hold_ref(order_id, order["hold_no"]))
        await fetch("UPDATE orders SET holds_stock = false WHERE id = $1", order_id)
        log.error("bank_did_not_answer", number=order["number"])
        return True
