"""What the provider shows of one attempt becomes what the shop knows, once, in one transaction.

The order is locked and the payment moved by compare-and-set: that has one winner, and only the winner pays the order,
moves stock, posts the journal and writes the mail. Running it again, late, twice or fifty times at once changes
nothing.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog

from store.gateways.port import NAMES, PAYPAL, Gateways, PaymentSnapshot, SnapshotStatus
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, transaction
from store.kit.ids import new_id
from store.kit.metrics import counter
from store.kit.money import Money
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.ledger.service import post
from store.operations.service import enqueue
from store.orders import service as orders
from store.orders.service import PageDiscount
from store.orders.states import PaymentState
from store.payments.service.declines import count_decline
from store.payments.service.delayed import apply_failed, apply_processing
from store.payments.service.judge import find_difference, page_discount
from store.payments.service.request import read_live
from store.payments.service.settle import FIRST_LOOK, REFUNDS_FROM, plan_shares
from store.payments.service.stopped import end_stopped, find_stopped_seller
from store.payments.states import PAYMENT, CaptureKind, Door, PaymentStatus
from store.payments.tables import Capture, Payment
from store.promotions.discounts import spread_page_discount
from store.promotions.states import FundedBy
from store.vendors.states import ChargeType

log = structlog.get_logger(__name__)

CONFIRMATIONS = counter("confirmations", "Payments confirmed, by the door that was first", "provider", "door", "kind")
DOOR_WORDS = {
    Door.WEBHOOK: "by {}'s message",
    Door.RETURN: "on your return from {}",
    Door.SWEEP: "by our own look at {}",
    Door.CHECK: "by your check",
}


async def read_payment(payment_id: UUID) -> dict[str, Any]:
    """One attempt's row. Raises LookupError for an unknown id."""
    row = await fetch_row("SELECT * FROM payment WHERE id = $1", payment_id)
    if row is None:
        raise LookupError(f"no payment {payment_id}")
    return dict(row)


async def read_status(payment_id: UUID) -> str:
    """Where one attempt stands. Raises LookupError for an unknown id."""
    return str((await read_payment(payment_id))["status"])


async def apply_snapshot(gateways: Gateways, payment_id: UUID, snapshot: PaymentSnapshot, door: Door) -> str:
    """Bring one attempt to where the provider shows it; returns the attempt's status after it."""
    async with transaction():
        payment = await read_payment(payment_id)
        order = await orders.lock_order(payment["order"])
        payment = await read_payment(payment_id)
        match snapshot.status:
            case SnapshotStatus.OPEN | SnapshotStatus.APPROVED:
                await _apply_open(payment, snapshot, door)
            case SnapshotStatus.PROCESSING:
                await apply_processing(payment, snapshot, door)
            case SnapshotStatus.EXPIRED:
                await _apply_expired(payment, order, door)
            case SnapshotStatus.FAILED:
                await apply_failed(payment, snapshot, door)
            case SnapshotStatus.UNCLEAR:
                await hand_over(payment, snapshot.remark, door)
            case SnapshotStatus.SUCCEEDED:
                difference = find_difference(payment, snapshot, livemode=gateways.livemode)
                if difference:
                    await hand_over(payment, difference, door)
                else:
                    await _apply_succeeded(payment, order, snapshot, door)
        return str((await read_payment(payment_id))["status"])


async def _apply_open(payment: dict[str, Any], snapshot: PaymentSnapshot, door: Door) -> None:
    """Not paid yet. A declined try is told once; the order stays payable."""
    failure = snapshot.failure
    if failure is None or failure.ref == payment["failure_ref"]:
        return
    await fetch(
        "UPDATE payment SET failure_ref = $2, failure_reason = $3, version = version + 1 WHERE id = $1",
        payment["id"],
        failure.ref,
        failure.message,
    )
    await orders.record_decline(
        payment["order"],
        reason=failure.message,
        text=f"Payment declined: {failure.message}.",
        door=door,
        ref=failure.ref,
    )
    await count_decline(payment)


async def _apply_expired(payment: dict[str, Any], order: dict[str, Any], door: Door) -> None:
    """The provider shows that nobody can pay this session any more: only now the stock may go back.

    Where the buyer went on with another way to pay (`superseded`), the order goes on too.
    """
    moved = await _move(payment, PaymentStatus.EXPIRED)
    if moved and not payment["superseded"] and await read_live(payment["order"]) is None:
        canceled = "Canceled before anything was paid." if order["cancel_requested"] else ""
        text = canceled or "The payment page was closed without payment."
        await orders.mark_over(payment["order"], text=text, door=door)


async def _apply_succeeded(
    payment: dict[str, Any], order: dict[str, Any], snapshot: PaymentSnapshot, door: Door
) -> None:
    off = page_discount(payment, snapshot)
    if not await _move(payment, PaymentStatus.SUCCEEDED, review_reason="", discount=off):
        return
    payment = {**payment, "discount": off}
    if order["payment_state"] != PaymentState.PAID:
        # A second payment goes back by its own provider; the order stays the first one's.
        await orders.name_provider(order["id"], NAMES[payment["provider"]])
    amount = Money(snapshot.amount, payment["currency"])
    owner = FundedBy.VENDOR if payment["charge_type"] == ChargeType.DIRECT else FundedBy.PLATFORM
    stopped = await find_stopped_seller(payment)
    if stopped:
        await end_stopped(order, stopped, door)
    paid = not stopped and await orders.mark_paid(
        order["id"],
        text=f"Payment of {amount} confirmed {DOOR_WORDS[door].format(NAMES[payment['provider']])}.",
        door=door,
        method=snapshot.method,
        discount=PageDiscount(off, snapshot.code, owner, snapshot.ref) if off else None,
    )
    capture = await _record_capture(payment, snapshot, CaptureKind.SETTLING if paid else CaptureKind.SURPLUS)
    CONFIRMATIONS.labels(payment["provider"], door, capture["kind"]).inc()
    log.info("payment_confirmed", number=order["number"], door=door, capture=snapshot.capture_ref, kind=capture["kind"])
    if not paid:
        await _give_back(order, capture, door)


async def _record_capture(payment: dict[str, Any], snapshot: PaymentSnapshot, kind: CaptureKind) -> dict[str, Any]:
    """The money, and its journal; fee, transfer and application fee post when the provider has settled them."""
    capture = Capture(
        id=new_id(),
        payment=payment["id"],
        order=payment["order"],
        provider=payment["provider"],
        capture_ref=snapshot.capture_ref,
        account_ref=payment["account_ref"],
        kind=kind,
        amount=snapshot.amount,
        currency=payment["currency"],
        charge_type=payment["charge_type"],
        settled=snapshot.amount == 0,
        settle_at=clock.now() + FIRST_LOOK if snapshot.amount else None,
        refunds_at=clock.now() + REFUNDS_FROM if snapshot.amount else None,
        created_at=clock.now(),
    )
    rows = await Capture.insert(capture).returning(*Capture.all_columns())
    if snapshot.amount:
        await post(
            payment["provider"],
            "capture",
            snapshot.capture_ref,
            await capture_entries(payment),
            order_ref=str(payment["order"]),
        )
    if not snapshot.amount or payment["provider"] == PAYPAL:
        # What lies with us is planned at once; a transfer needs the charge to have settled.
        await plan_shares(rows[0])
    return dict(rows[0])


async def capture_entries(payment: dict[str, Any]) -> tuple[Entry, ...]:
    """The capture journal of one attempt: where the money landed against what each vendor and the platform earned."""
    parts = await fetch('SELECT vendor, total, fee FROM vendor_order WHERE "order" = $1 ORDER BY id', payment["order"])
    cuts = spread_page_discount(parts, payment["discount"], payment["charge_type"])
    fees = [part["fee"] - cut.off_fee for part, cut in zip(parts, cuts, strict=True)]
    shares = {
        str(part["vendor"]): part["total"] - cut.amount - fee for part, cut, fee in zip(parts, cuts, fees, strict=True)
    }
    return journals.capture(
        names.provider(payment["provider"], payment["account_ref"] or names.PLATFORM),
        payment["currency"],
        shares,
        sum(fees),
    )


async def _give_back(order: dict[str, Any], capture: dict[str, Any], door: Door) -> None:
    """Money for an order that is over, or paid already: all of it goes back, and the buyer is told.

    Where a code had left nothing to pay there is nothing to give back; the timeline says why the order did not go on.
    """
    if not capture["amount"]:
        words = "A payment page on which nothing was due was finished too late; nothing was charged."
        await orders.note(order["id"], words, door=door, key=f"surplus:{capture['capture_ref']}")
        return
    await enqueue("refund", str(capture["id"]), {"capture_id": str(capture["id"])}, capture["provider"])
    await orders.note(
        order["id"],
        f"A payment of {Money(capture['amount'], capture['currency'])} arrived too late; it goes back in full.",
        door=door,
        key=f"surplus:{capture['capture_ref']}",
    )
    fresh = await orders.lock_order(order["id"])
    if fresh["payment_state"] != PaymentState.PAID:
        await orders.record_refund(
            order["id"], pending=fresh["refund_pending"] + capture["amount"], refunded=fresh["refunded"]
        )


async def hand_over(payment: dict[str, Any], difference: str, door: Door) -> None:
    moved = await advance(
        Payment, PAYMENT, payment["id"], PaymentStatus.NEEDS_REVIEW, column="status", review_reason=difference
    )
    if moved:
        log.error("payment_needs_review", payment_id=str(payment["id"]), difference=difference)
        await orders.mark_review(payment["order"], reason=difference, door=door)


async def _move(payment: dict[str, Any], to: PaymentStatus, **values: Any) -> bool:
    return await advance(Payment, PAYMENT, payment["id"], to, column="status", **values) is not None
