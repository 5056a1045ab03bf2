"""A refund that did not arrive: the buyer is told, a person is asked, and the vendor gets back what was taken for it.

Where the provider took a destination's share back with the refund, it stays with us when the refund fails, and our fee
that was returned with it stays with the vendor (docs.stripe.com/refunds#failed-refunds): the share is sent again, less
that fee.
"""

from __future__ import annotations

from typing import Any

import structlog

from store.gateways.port import CaptureSnapshot, RefundSnapshot
from store.kit.db import fetch_value
from store.kit.money import Money
from store.ledger import names
from store.ledger.journals import Entry
from store.ledger.service import post
from store.orders import service as orders
from store.payments.states import CaptureKind
from store.payouts.service import restore_share
from store.refunds.service.look import GONE
from store.refunds.states import RefundStatus
from store.vendors.states import ChargeType

log = structlog.get_logger(__name__)

# docs.stripe.com/api/refunds/object, failure_reason
FAILURE_WORDS = {
    "lost_or_stolen_card": "the card was reported lost or stolen",
    "expired_or_canceled_card": "the card has expired or was canceled",
    "charge_for_pending_refund_disputed": "the payment is being disputed",
    "insufficient_funds": "the balance was too small for it",
    "declined": "the bank declined it",
    "merchant_request": "it was stopped",
}
RESTORED = """
SELECT coalesce(sum(-entry.amount), 0)::bigint FROM ledger_tx AS tx JOIN ledger_entry AS entry ON entry.tx = tx.id
WHERE tx.order_ref = $1 AND tx.kind = 'fee_restored' AND entry.account = $2
"""


async def note_failure(
    capture: dict[str, Any], snapshot: CaptureSnapshot, refund: RefundSnapshot, to: RefundStatus, vendor: str
) -> None:
    """Tell the buyer and a person, and give the vendor back what was taken; `vendor`: the id of the only or first one.

    In the caller's transaction, which has locked the order and moved the refund; once.
    """
    reason = FAILURE_WORDS.get(refund.reason, "the provider gave no reason")
    words = f"A refund of {refund.amount} {to}: {reason}"
    await orders.note(capture["order"], f"{words}.", key=f"failed:{refund.ref}")
    theirs = await _restore(capture, snapshot, refund, vendor)
    await orders.mark_review(capture["order"], reason=f"{words} ({refund.ref}){theirs}", door="")
    order = await orders.lock_order(capture["order"])
    await orders.tell_buyer("refund_failed", refund.ref, order, amount=refund.amount.amount, reason=reason)
    log.error("refund_did_not_arrive", status=to, ref=refund.ref, reason=refund.reason)


async def _restore(capture: dict[str, Any], snapshot: CaptureSnapshot, refund: RefundSnapshot, vendor: str) -> str:
    """Have what came back of a destination's share sent again; returns the words for a person, "" for nothing."""
    if capture["charge_type"] != ChargeType.DESTINATION:
        return ""
    taken = sum(moved.amount.amount for moved in snapshot.transfer_reversals if moved.refund_ref == refund.ref)
    if not taken:
        return ""
    if capture["kind"] != CaptureKind.SETTLING:
        # Nobody is to have it but the buyer.
        return f"; {Money(taken, capture['currency'])} of it came back from the seller and stay with us"
    fee = min(taken, await _fee_beyond(capture, snapshot))
    if fee:
        entries = (
            Entry(names.payable(vendor), capture["currency"], fee),
            Entry(names.INCOME_FEES, capture["currency"], -fee),
        )
        await post(capture["provider"], "fee_restored", refund.ref, entries, order_ref=str(capture["order"]))
    if taken > fee:
        await restore_share(capture["order"], taken - fee, refund.ref)
    return f"; {Money(taken - fee, capture['currency'])} that came back from the seller are sent to it again"


async def _fee_beyond(capture: dict[str, Any], snapshot: CaptureSnapshot) -> int:
    """What of our fee went back beyond the part of it that the other refunds give back (minor units)."""
    fee = await fetch_value("SELECT fee FROM payment WHERE id = $1", capture["payment"])
    returned = sum(moved.amount.amount for moved in snapshot.fee_refunds)
    restored = await fetch_value(RESTORED, str(capture["order"]), names.INCOME_FEES)
    live = sum(other.amount.amount for other in snapshot.refunds if other.outcome not in GONE)
    # Half up, as the provider works out its parts.
    due = (2 * fee * live + capture["amount"]) // (2 * capture["amount"])
    return int(max(0, returned - restored - due))
