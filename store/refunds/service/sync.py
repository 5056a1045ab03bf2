"""Record what went back, whoever did it: each refund, reversal and returned fee is booked under its provider id.

Looking again books nothing twice, so every door may look. What the ledger gets is what moved in the provider's
balance; what the buyer is told is where the refund stands.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from store.gateways.port import NAMES, PAYPAL, STRIPE, CaptureSnapshot, Gateways, RefundOutcome, RefundSnapshot
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, fetch_value, retrying, transaction
from store.kit.ids import new_id
from store.kit.money import Money
from store.ledger import journals
from store.ledger.journals import Entry
from store.ledger.service import post, read_journal
from store.orders import service as orders
from store.orders.words import name_way_back, say_when_back
from store.payments.service.settle import plan_shares
from store.payments.states import CaptureKind
from store.payouts.queries import read_taken_back
from store.payouts.service import level_payouts, level_transfers, sync_reversals
from store.promotions.discounts import spread_page_discount
from store.refunds.service.entries import (
    GivenBack,
    add_up,
    fee_return_entries,
    find_left,
    passed_on,
    refund_entries,
    reversal_entries,
    share_out,
)
from store.refunds.service.failed import note_failure
from store.refunds.service.look import GONE, look, put_in_order, shows
from store.refunds.states import REFUND, RefundStatus
from store.refunds.tables import Refund
from store.vendors.states import ChargeType

# While a refund is on its way.
LOOK_AGAIN = timedelta(hours=1)
TOO_LATE = "The payment arrived after the order had ended"
TWICE = "The order had been paid already"
OUR_REASONS = (TOO_LATE, TWICE)
AT_PROVIDER = "Made at the provider"
ON_ITS_WAY = (RefundStatus.REQUESTED, RefundStatus.PENDING)
STATUS = {
    RefundOutcome.PENDING: RefundStatus.PENDING,
    RefundOutcome.SUCCEEDED: RefundStatus.SUCCEEDED,
    RefundOutcome.FAILED: RefundStatus.FAILED,
    RefundOutcome.CANCELED: RefundStatus.CANCELED,
}

log = structlog.get_logger(__name__)


async def sync_refunds(gateways: Gateways, capture_id: UUID, refund_ref: str = "") -> bool:
    """Record every refund, reversal and returned fee the provider shows for one capture, and tell the buyer.

    Returns whether the refund `refund_ref`, of which we have heard, is among them. Raises Unavailable when the
    provider does not answer.
    """
    capture = await fetch_row("SELECT * FROM capture WHERE id = $1", capture_id)
    assert capture is not None
    if not capture["amount"]:
        return False
    snapshot = await look(gateways, dict(capture), refund_ref)
    if snapshot.refunds and capture["provider"] == STRIPE and capture["charge_type"] == ChargeType.SEPARATE:
        # What a person has taken back for a refund by hand is not taken a second time by us.
        await sync_reversals(gateways, capture["order"])
    await retrying(lambda: _apply(dict(capture), snapshot))
    return shows(snapshot, refund_ref)


async def _apply(capture: dict[str, Any], snapshot: CaptureSnapshot) -> None:
    async with transaction():
        await orders.lock_order(capture["order"])
        parts = await _read_parts(capture)
        for reversal in snapshot.transfer_reversals:
            await _post(capture, "transfer_reversal", reversal.ref, reversal_entries(capture, parts[0], reversal))
        for returned in snapshot.fee_refunds:
            await _post(capture, "fee_refund", returned.ref, fee_return_entries(capture, parts[0], returned))
        for refund in put_in_order(snapshot.refunds):
            await _record_one(capture, refund, parts, snapshot)
        await _tell(capture)


async def _read_parts(capture: dict[str, Any]) -> list[dict[str, Any]]:
    """The vendors' parts as they were paid: less what a code at the provider's page took off.

    `owed`, what we add for a discount of ours, was booked for the payment that settled the order only.
    """
    rows = await fetch('SELECT * FROM vendor_order WHERE "order" = $1 ORDER BY id', capture["order"])
    discount = await fetch_value("SELECT discount FROM payment WHERE id = $1", capture["payment"])
    cuts = spread_page_discount(rows, discount, capture["charge_type"])
    settling = capture["kind"] == CaptureKind.SETTLING
    return [
        {
            "vendor": row["vendor"],
            "account_ref": row["account_ref"],
            "total": row["total"] - cut.amount,
            "fee": row["fee"] - cut.off_fee,
            "owed": row["owed"] + cut.owed if settling else 0,
        }
        for row, cut in zip(rows, cuts, strict=True)
    ]


async def _record_one(
    capture: dict[str, Any], snapshot: RefundSnapshot, parts: list[Any], seen: CaptureSnapshot
) -> None:
    to, row, gone = STATUS[snapshot.outcome], await _find(capture, snapshot), snapshot.outcome in GONE
    # What came to nothing is booked and put back at once: who gives it does not depend on the others.
    given = Counter() if row and gone else await _read_given(capture, row["id"] if row else None)
    left = find_left(capture, given)
    if not (row and row["shared_out"]) and snapshot.amount.amount > left:
        # What moved nothing and was never heard of may stay unknown where others have taken its place.
        if not gone:
            await _ask_why(capture, snapshot, left)
        return
    row, moved = row or await _insert(capture, snapshot), None
    back = await _share_out(capture, row, snapshot, parts, given)
    if REFUND.allows(row["status"], to):
        moved = await advance(Refund, REFUND, row["id"], to, column="status", settled_at=clock.now())
    if capture["kind"] == CaptureKind.SETTLING:
        # Vendors give back as soon as a refund is known: the provider may wait for just that money. It may also be
        # heard of before the charge is seen to have settled.
        await plan_shares(capture)
        level = level_payouts if capture["provider"] == PAYPAL else level_transfers
        await level(capture["order"], passed_on(capture, parts, await _read_given(capture, None)), snapshot.ref)
    if snapshot.taken:
        entries = await _book(capture, snapshot, back)
        if snapshot.came_back:
            await _post(capture, "refund_failed", snapshot.ref, journals.reverse(entries))
    if moved and gone:
        await note_failure(capture, seen, snapshot, to, str(parts[0]["vendor"]))


async def _ask_why(capture: dict[str, Any], snapshot: RefundSnapshot, left: int) -> None:
    """More goes back than came in: nobody owes that, so it is not booked, and a person is asked once.

    Should one of the others come to nothing, the next look finds room for this one.
    """
    name, rest = NAMES[capture["provider"]], Money(left, capture["currency"])
    reason = f"{name} shows {snapshot.amount} going back ({snapshot.ref}), but only {rest} is left of the payment"
    once = f"exceeds:{snapshot.ref}"
    await orders.mark_review(capture["order"], reason=f"{reason}; see {name}’s own pages", door="", once=once)
    log.error("refund_exceeds_payment", ref=snapshot.ref, capture=capture["capture_ref"], left=left)


async def _share_out(
    capture: dict[str, Any], row: dict[str, Any], snapshot: RefundSnapshot, parts: list[Any], given: Counter[str]
) -> GivenBack:
    """Who gives what of this refund: as it was decided, or decided now as its part of what the others have left."""
    if row["shared_out"]:
        return msgspec.json.decode(row["shared_out"], type=GivenBack)
    back = share_out(capture, parts, snapshot.amount, given)
    await fetch("UPDATE refund SET shared_out = $2 WHERE id = $1", row["id"], msgspec.json.encode(back).decode())
    return back


async def _book(capture: dict[str, Any], snapshot: RefundSnapshot, back: GivenBack) -> tuple[Entry, ...]:
    """The refund's journal: as it was posted, or posted now."""
    posted = await read_journal(capture["provider"], "refund", snapshot.ref)
    if posted:
        return posted
    entries = refund_entries(capture, snapshot.amount, back, await read_taken_back(snapshot.ref))
    await _post(capture, "refund", snapshot.ref, entries)
    return entries


async def _read_given(capture: dict[str, Any], but: UUID | None) -> Counter[str]:
    """What the refunds of one capture give back, those that came back left out, by account; `but`: one is not counted.

    Of those from before it was written down with the refund, the journals tell.
    """
    given: Counter[str] = Counter()
    for row in await fetch(
        "SELECT amount, shared_out FROM refund WHERE capture = $1 AND id IS DISTINCT FROM $2"
        " AND status = ANY($3) AND shared_out <> ''",
        capture["id"],
        but,
        [str(RefundStatus.PENDING), str(RefundStatus.SUCCEEDED)],
    ):
        add_up(capture, row["amount"], msgspec.json.decode(row["shared_out"], type=GivenBack), given)
    rows = await fetch(
        "SELECT entry.account, sum(entry.amount)::bigint AS amount FROM refund"
        " JOIN ledger_tx AS tx ON tx.kind IN ('refund', 'refund_failed') AND (tx.source, tx.ref) = ($2, refund_ref)"
        " JOIN ledger_entry AS entry ON entry.tx = tx.id WHERE refund.capture = $1 AND refund.shared_out = ''"
        " AND refund.id IS DISTINCT FROM $3 GROUP BY entry.account",
        capture["id"],
        capture["provider"],
        but,
    )
    for row in rows:
        given[row["account"]] += row["amount"]
    return given


async def _find(capture: dict[str, Any], snapshot: RefundSnapshot) -> dict[str, Any] | None:
    row = await fetch_row(
        "SELECT * FROM refund WHERE (provider = $3 AND refund_ref = $1) OR (id::text = $2 AND refund_ref IS NULL)",
        *(snapshot.ref, snapshot.refund_id, capture["provider"]),
    )
    if row is None:
        return None
    await fetch("UPDATE refund SET refund_ref = $2 WHERE id = $1 AND refund_ref IS NULL", row["id"], snapshot.ref)
    return dict(row)


async def _insert(capture: dict[str, Any], snapshot: RefundSnapshot) -> dict[str, Any]:
    """Write down a refund that somebody made at the provider."""
    refund = Refund(
        id=new_id(),
        capture=capture["id"],
        order=capture["order"],
        provider=capture["provider"],
        refund_ref=snapshot.ref,
        amount=snapshot.amount.amount,
        currency=snapshot.amount.currency,
        reason=AT_PROVIDER,
        created_at=clock.now(),
    )
    rows = await Refund.insert(refund).returning(*Refund.all_columns())
    return dict(rows[0])


async def _tell(capture: dict[str, Any]) -> None:
    """Bring the order's two numbers up to date; a whole or partial refund that arrived is mailed once.

    What comes back of a second payment is not counted: the order stays as paid as it was.
    """
    sums = await fetch_row(
        "SELECT coalesce(sum(refund.amount) FILTER (WHERE refund.status = ANY($2)), 0)::bigint AS pending,"
        " coalesce(sum(refund.amount) FILTER (WHERE refund.status = 'succeeded'), 0)::bigint AS refunded"
        ' FROM refund JOIN capture ON capture.id = refund.capture JOIN orders ON orders.id = refund."order"'
        " WHERE orders.id = $1 AND (capture.kind = 'settling' OR orders.payment_state <> 'paid')",
        capture["order"],
        [str(s) for s in ON_ITS_WAY],
    )
    assert sums is not None
    await fetch(
        "UPDATE capture SET refunded = (SELECT coalesce(sum(amount), 0) FROM refund WHERE refund.capture = capture.id"
        " AND status = 'succeeded') WHERE id = $1",
        capture["id"],
    )
    if sums["pending"]:
        soon = clock.now() + LOOK_AGAIN
        await fetch("UPDATE capture SET refunds_at = least(refunds_at, $2) WHERE id = $1", capture["id"], soon)
    order = await orders.record_refund(capture["order"], pending=sums["pending"], refunded=sums["refunded"])
    for row in await fetch(
        "SELECT id, refund_ref, amount, currency, reason FROM refund WHERE capture = $1 AND status = 'succeeded'",
        capture["id"],
    ):
        amount = Money(row["amount"], row["currency"])
        if await orders.note(order["id"], f"{amount} refunded.", key=f"refunded:{row['refund_ref']}"):
            words = {"amount": row["amount"], "reason": _reason(row["reason"])}
            if capture["kind"] != "settling":
                # The order has the method of the money that it was paid with.
                name = NAMES[capture["provider"]]
                words |= {"method": "", "way_back": name_way_back(name), "when_back": say_when_back(name)}
            await orders.tell_buyer("refunded", str(row["id"]), order, **words)


def _reason(reason: str) -> str:
    return f"{reason}." if reason in OUR_REASONS else ""


async def _post(capture: dict[str, Any], kind: str, ref: str, entries: tuple[Entry, ...]) -> None:
    await post(capture["provider"], kind, ref, entries, order_ref=str(capture["order"]))
