"""Give money back, and record what went back whoever did it.

Ours: the row first, the provider called under the row's id, the answer by compare-and-set. Theirs: found by looking.
Either way each refund, transfer reversal and returned fee is a journal under its own provider id, so that looking
again books nothing twice.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog

from store.gateways.port import (
    CaptureSnapshot,
    GatewayBug,
    Gateways,
    Moved,
    RefundOutcome,
    RefundRequest,
    RefundSnapshot,
)
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, retrying, transaction
from store.kit.ids import new_id
from store.kit.money import Money, split
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.ledger.service import post
from store.orders import service as orders
from store.refunds.states import REFUND, RefundStatus
from store.refunds.tables import Refund
from store.vendors.states import ChargeType

log = structlog.get_logger(__name__)

TOO_LATE = "The payment arrived after the order had ended"
AT_PROVIDER = "Made at the provider"
ON_ITS_WAY = (RefundStatus.REQUESTED, RefundStatus.PENDING)


async def give_back(gateways: Gateways, capture_id: UUID) -> None:
    """Refund one capture in full because our own race took it: transfer and application fee come back with it.

    Safe to run again at any point. Raises Unavailable while the provider does not answer (the caller tries again)
    and GatewayBug when it refuses.
    """
    refund, capture = await retrying(lambda: _intend(capture_id))
    if refund["status"] == RefundStatus.REQUESTED:
        request = RefundRequest(
            refund_id=str(refund["id"]),
            order_id=str(capture["order"]),
            capture_ref=capture["capture_ref"],
            account_ref=capture["account_ref"],
            charge_type=capture["charge_type"],
            amount=refund["amount"],
            fee_taken=capture["fee"] > 0,
            give_back_all=True,
        )
        try:
            made = await gateways.stripe.refund(request)
        except GatewayBug:
            # A key that outlived its memory at the provider, or a refund made meanwhile: look before giving up.
            found = await gateways.stripe.find_refunds(capture["capture_ref"], capture["account_ref"])
            made_before = next((r for r in found if r.refund_id == str(refund["id"])), None)
            if made_before is None:
                raise
            made = made_before
        await retrying(lambda: _record(capture_id, made))
    await sync_refunds(gateways, capture_id)


async def sync_refunds(gateways: Gateways, capture_id: UUID) -> None:
    """Record every refund, reversal and returned fee the provider shows for one capture, and tell the buyer.

    Raises Unavailable when the provider does not answer.
    """
    capture = await fetch_row("SELECT * FROM capture WHERE id = $1", capture_id)
    assert capture is not None
    if not capture["amount"]:
        return
    snapshot = await gateways.stripe.fetch_capture(capture["capture_ref"], capture["account_ref"])
    await retrying(lambda: _apply(dict(capture), snapshot))


async def _intend(capture_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    async with transaction():
        capture = await fetch_row(
            "SELECT capture.*, payment.fee FROM capture JOIN payment ON payment.id = capture.payment"
            " WHERE capture.id = $1 FOR UPDATE OF capture",
            capture_id,
        )
        assert capture is not None
        ours = await fetch_row("SELECT * FROM refund WHERE capture = $1 AND ours", capture_id)
        if ours is None:
            refund = Refund(
                id=new_id(),
                capture=capture_id,
                order=capture["order"],
                amount=capture["amount"],
                currency=capture["currency"],
                reason=TOO_LATE,
                ours=True,
                gives_back_all=True,
                created_at=clock.now(),
            )
            rows = await Refund.insert(refund).returning(*Refund.all_columns())
            return dict(rows[0]), dict(capture)
        return dict(ours), dict(capture)


async def _apply(capture: dict[str, Any], snapshot: CaptureSnapshot) -> None:
    async with transaction():
        await orders.lock_order(capture["order"])
        parts = await fetch(
            'SELECT vendor, account_ref, total, fee FROM vendor_order WHERE "order" = $1 ORDER BY id',
            capture["order"],
        )
        for reversal in snapshot.transfer_reversals:
            await _post(capture, "transfer_reversal", reversal.ref, _reversal_entries(capture, parts[0], reversal))
        for returned in snapshot.fee_refunds:
            await _post(capture, "fee_refund", returned.ref, _fee_entries(capture, parts[0], returned))
        for refund in snapshot.refunds:
            await _record_one(capture, refund, parts)
        await _tell(capture)


async def _record(capture_id: UUID, snapshot: RefundSnapshot) -> None:
    """Write the provider's reference into our own row, before anything else can mistake it for a foreign refund."""
    async with transaction():
        await fetch(
            "UPDATE refund SET refund_ref = $2, version = version + 1"
            " WHERE id = $1::uuid AND capture = $3 AND refund_ref IS NULL",
            snapshot.refund_id,
            snapshot.ref,
            capture_id,
        )


async def _record_one(capture: dict[str, Any], snapshot: RefundSnapshot, parts: list[Any]) -> None:
    row = await _find_or_insert(capture, snapshot)
    to = {
        RefundOutcome.PENDING: RefundStatus.PENDING,
        RefundOutcome.SUCCEEDED: RefundStatus.SUCCEEDED,
        RefundOutcome.FAILED: RefundStatus.FAILED,
        RefundOutcome.CANCELED: RefundStatus.CANCELED,
    }[snapshot.outcome]
    if not REFUND.allows(row["status"], to):
        return
    await advance(Refund, REFUND, row["id"], to, column="status", settled_at=clock.now())
    entries = _refund_entries(capture, parts, snapshot.amount)
    if to in (RefundStatus.SUCCEEDED, RefundStatus.PENDING):
        # The provider takes the money from the balance at once; a failure brings it back as a movement of its own.
        await _post(capture, "refund", snapshot.ref, entries)
    elif row["status"] in (RefundStatus.SUCCEEDED, RefundStatus.PENDING):
        await _post(capture, "refund_failed", snapshot.ref, journals.refund_failed(entries))
        await orders.note(
            capture["order"],
            f"A refund of {snapshot.amount} failed: {snapshot.reason}.",
            key=f"failed:{snapshot.ref}",
        )
        log.error("refund_failed", ref=snapshot.ref, reason=snapshot.reason)


async def _find_or_insert(capture: dict[str, Any], snapshot: RefundSnapshot) -> dict[str, Any]:
    row = await fetch_row(
        "SELECT * FROM refund WHERE (provider = 'stripe' AND refund_ref = $1)"
        " OR (id::text = $2 AND refund_ref IS NULL)",
        snapshot.ref,
        snapshot.refund_id,
    )
    if row is not None:
        await fetch("UPDATE refund SET refund_ref = $2 WHERE id = $1 AND refund_ref IS NULL", row["id"], snapshot.ref)
        return dict(row)
    refund = Refund(
        id=new_id(),
        capture=capture["id"],
        order=capture["order"],
        refund_ref=snapshot.ref,
        amount=snapshot.amount.amount,
        currency=snapshot.amount.currency,
        reason=AT_PROVIDER,
        created_at=clock.now(),
    )
    rows = await Refund.insert(refund).returning(*Refund.all_columns())
    return dict(rows[0])


async def _tell(capture: dict[str, Any]) -> None:
    """Bring the order's two numbers up to date; a whole or partial refund that arrived is mailed once."""
    sums = await fetch_row(
        "SELECT coalesce(sum(amount) FILTER (WHERE status = ANY($2)), 0)::bigint AS pending,"
        " coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0)::bigint AS refunded"
        ' FROM refund WHERE "order" = $1',
        capture["order"],
        [str(s) for s in ON_ITS_WAY],
    )
    assert sums is not None
    await fetch(
        "UPDATE capture SET refunded = (SELECT coalesce(sum(amount), 0) FROM refund WHERE refund.capture = capture.id"
        " AND status = 'succeeded') WHERE id = $1",
        capture["id"],
    )
    order = await orders.record_refund(capture["order"], pending=sums["pending"], refunded=sums["refunded"])
    for row in await fetch(
        "SELECT id, refund_ref, amount, currency, reason FROM refund WHERE capture = $1 AND status = 'succeeded'",
        capture["id"],
    ):
        amount = Money(row["amount"], row["currency"])
        if await orders.note(order["id"], f"{amount} refunded.", key=f"refunded:{row['refund_ref']}"):
            await orders.tell_buyer(
                "refunded", str(row["id"]), order, amount=row["amount"], reason=_reason(row["reason"])
            )


def _reason(reason: str) -> str:
    return f"{reason}." if reason == TOO_LATE else ""


async def _post(capture: dict[str, Any], kind: str, ref: str, entries: tuple[Entry, ...]) -> None:
    await post(capture["provider"], kind, ref, entries, order_ref=str(capture["order"]))


def _refund_entries(capture: dict[str, Any], parts: list[Any], amount: Money) -> tuple[Entry, ...]:
    """direct: the vendor's own money. destination: ours; the vendor owes it until the transfer is reversed.

    separate: nothing was passed on yet, so vendors and platform give back in proportion to what each earned.
    """
    paid_from = names.provider(capture["provider"], capture["account_ref"] or names.PLATFORM)
    vendor = str(parts[0]["vendor"])
    if capture["charge_type"] == ChargeType.DIRECT:
        return journals.refund(
            paid_from, amount.currency, amount.amount, shares_reversed={vendor: amount.amount}, fee_returned=0
        )
    if capture["charge_type"] == ChargeType.DESTINATION:
        return journals.refund(
            paid_from,
            amount.currency,
            amount.amount,
            shares_reversed={},
            fee_returned=0,
            shares_owed={vendor: amount.amount},
        )
    shares = split(amount.amount, [*(part["total"] - part["fee"] for part in parts), capture_fee(parts)])
    return journals.refund(
        paid_from,
        amount.currency,
        amount.amount,
        shares_reversed={str(part["vendor"]): share for part, share in zip(parts, shares, strict=False)},
        fee_returned=shares[-1],
    )


def capture_fee(parts: list[Any]) -> int:
    """The platform's fee over all parts, minor units."""
    return sum(part["fee"] for part in parts)


def _reversal_entries(capture: dict[str, Any], part: Any, moved: Moved) -> tuple[Entry, ...]:
    """The transfer came back: the vendor's debt is paid out of what the vendor had earned."""
    vendors_account = names.provider(capture["provider"], part["account_ref"])
    vendor, amount = str(part["vendor"]), moved.amount
    return (
        *journals.transfer_reversal(names.provider(capture["provider"]), vendors_account, moved.amount, moved.landed),
        Entry(names.payable(vendor), amount.currency, amount.amount),
        Entry(names.receivable(vendor), amount.currency, -amount.amount),
    )


def _fee_entries(capture: dict[str, Any], part: Any, moved: Moved) -> tuple[Entry, ...]:
    """Our fee went back to the vendor: less income for us, more earned by the vendor."""
    vendors_account = names.provider(capture["provider"], part["account_ref"])
    amount = moved.amount
    return (
        *journals.application_fee_refund(
            vendors_account, names.provider(capture["provider"]), moved.landed, moved.amount
        ),
        Entry(names.INCOME_FEES, amount.currency, amount.amount),
        Entry(names.payable(str(part["vendor"])), amount.currency, -amount.amount),
    )
