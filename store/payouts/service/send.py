"""Send one transfer: the row was written before, the provider is called under its id, the answer recorded once.

What the provider refuses waits with the reason in words, and the order knows nothing of it. A time-out is unknown: the
same key again while the call may be under way, the provider's own list first after that.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from store.gateways.port import GatewayBug, Gateways, TransferHeld, Unavailable
from store.gateways.transfers import Hold, TransferRequest, TransferSnapshot
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, retrying, transaction
from store.kit.money import Money
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.ledger.service import post, read_journal
from store.payouts.service.asking import key_of, list_sent, look_or_ask, next_wait, reason_of
from store.payouts.service.plan import FIRST_LOOK
from store.payouts.states import REVERSAL, TRANSFER, UNDER_WAY, TransferState
from store.payouts.tables import Transfer, TransferReversal

log = structlog.get_logger(__name__)

# When the sweep first looks for what was taken back of it at the provider.
NEXT_LOOK = timedelta(days=1)
WORDS = {
    Hold.ACCOUNT: "The seller's account cannot receive money at the moment. It goes out by itself when it can again.",
    Hold.BALANCE: "Our balance does not cover it yet. It goes out by itself when it does.",
    Hold.CURRENCY: "This currency cannot be passed on to the seller's account.",
}
UNDONE = """
SELECT (SELECT -coalesce(sum(entry.amount), 0) FROM ledger_tx AS tx JOIN ledger_entry AS entry ON entry.tx = tx.id
    WHERE tx.order_ref = $1 AND entry.account = $2)::bigint AS paid,
  (SELECT coalesce(sum(reversal.amount), 0) FROM transfer_reversal AS reversal
    JOIN transfer ON transfer.id = reversal.transfer
    JOIN ledger_tx AS tx ON (tx.source, tx.kind, tx.ref) = (transfer.provider, 'refund', reversal.cause)
    WHERE transfer.vendor_order = $3 AND reversal.state IN ('intended', 'waiting'))::bigint AS asked
"""


class DifferentTransfer(Exception):
    """The provider's transfer is not the one that was asked for: a person must look."""


async def send_transfer(gateways: Gateways, transfer_id: UUID) -> None:
    """Pass one share on, or let it wait with a reason; safe to run again, late, twice or at once.

    Raises Unavailable while the provider does not answer: nothing is known then, and the caller tries again.
    """
    row = await retrying(lambda: _intend(transfer_id))
    if row is None:
        return
    try:
        made = await _look_or_ask(gateways, row)
    except GatewayBug as refused:
        reason = refused
        await retrying(lambda: _hold(row, reason))
    else:
        await retrying(lambda: _record(transfer_id, made))


async def _intend(transfer_id: UUID) -> dict[str, Any] | None:
    """The transfer as it is going to be sent, its amount fixed from now on; None when there is nothing to send."""
    async with transaction():
        row = await fetch_row("SELECT * FROM transfer WHERE id = $1 FOR UPDATE", transfer_id)
        assert row is not None
        if row["state"] not in UNDER_WAY:
            return None
        if row["state"] == TransferState.WAITING:
            await advance(Transfer, TRANSFER, transfer_id, TransferState.INTENDED, column="state")
        # What went nowhere goes to the account the vendor has now: the one it had may never come back to us.
        await fetch(
            "UPDATE transfer SET account_ref = vendor.account_ref FROM vendor WHERE transfer.id = $1"
            " AND sent_at IS NULL AND vendor.id = transfer.vendor AND vendor.account_ref <> transfer.account_ref",
            transfer_id,
        )
        await fetch(
            "UPDATE transfer SET sent_at = coalesce(sent_at, $2), look_at = $3 WHERE id = $1",
            transfer_id,
            clock.now(),
            clock.now() + FIRST_LOOK,
        )
        sent = await fetch_row("SELECT * FROM transfer WHERE id = $1", transfer_id)
        assert sent is not None
        return dict(sent)


async def _look_or_ask(gateways: Gateways, row: dict[str, Any]) -> TransferSnapshot:
    """The transfer as the provider has it. Raises GatewayBug when it is refused, and its list shows that it is not."""
    if not row["account_ref"]:
        raise TransferHeld(Hold.ACCOUNT, "the seller has no account")
    return await look_or_ask(
        row,
        lambda asked: gateways.stripe.transfer(_request(asked), key_of(asked)),
        lambda: _find(gateways, row),
        _take_next_key,
    )


def _request(row: dict[str, Any]) -> TransferRequest:
    return TransferRequest(
        transfer_id=str(row["id"]),
        order_id=str(row["order"]),
        account_ref=row["account_ref"],
        amount=row["amount"],
        currency=row["currency"],
        source_ref=row["source_ref"],
        group=row["transfer_group"],
    )


async def _find(gateways: Gateways, row: dict[str, Any]) -> TransferSnapshot | None:
    """Our transfer in the provider's list, None when the whole list lacks it. Raises Unavailable when there is none."""
    found = await list_sent(gateways, row["transfer_group"])
    return next((made for made in found if made.transfer_id == str(row["id"])), None)


async def _take_next_key(row: dict[str, Any]) -> dict[str, Any]:
    """The provider's list has shown that this key led to nothing. Whoever asks next uses the next one."""
    moved = await fetch_row(
        "UPDATE transfer SET attempt = attempt + 1, sent_at = $3, version = version + 1"
        " WHERE id = $1 AND attempt = $2 AND state = 'intended' RETURNING *",
        row["id"],
        row["attempt"],
        clock.now(),
    )
    if moved is None:
        raise Unavailable("somebody else is sending this transfer")
    return dict(moved)


async def _hold(row: dict[str, Any], refused: GatewayBug) -> None:
    """Nothing moved: it waits with the reason, under its next key."""
    hold = reason_of(refused)
    async with transaction():
        now = await fetch_row("SELECT * FROM transfer WHERE id = $1 FOR UPDATE", row["id"])
        assert now is not None
        if (now["state"], now["attempt"]) != (TransferState.INTENDED, row["attempt"]):
            return
        await advance(
            Transfer,
            TRANSFER,
            row["id"],
            TransferState.WAITING,
            column="state",
            hold=str(hold),
            why=WORDS.get(hold, str(refused)),
            attempt=row["attempt"] + 1,
            sent_at=None,
            look_at=clock.now() + next_wait(row),
        )
        await _absorb(dict(now))
    log.warning("transfer_waits", transfer=str(row["id"]), account=row["account_ref"], hold=hold, reason=str(refused))


async def _absorb(row: dict[str, Any]) -> None:
    """Parts that refunds took back while this may have been sent: it was not, so they are neither sent nor owed."""
    reversals = await fetch(
        "SELECT * FROM transfer_reversal WHERE transfer = $1 AND state <> 'canceled' ORDER BY id FOR UPDATE", row["id"]
    )
    for reversal in reversals:
        await advance(TransferReversal, REVERSAL, reversal["id"], TransferState.CANCELED, column="state", look_at=None)
        if not await read_journal(row["provider"], "refund", reversal["cause"]):
            # That refund is not booked yet: it will be without this debt.
            continue
        vendor, amount = str(row["vendor"]), reversal["amount"]
        entries = (
            Entry(names.payable(vendor), row["currency"], amount),
            Entry(names.receivable(vendor), row["currency"], -amount),
        )
        await post("overprint", "transfer_not_sent", str(reversal["id"]), entries, order_ref=str(row["order"]))
    await reduce_unsent(row["id"], row["amount"], sum(reversal["amount"] for reversal in reversals))


async def reduce_unsent(transfer_id: UUID, amount: int, by: int) -> None:
    """Make a transfer of `amount` that was not sent smaller; where nothing is left of it, it ends."""
    if by and by == amount:
        await advance(Transfer, TRANSFER, transfer_id, TransferState.CANCELED, column="state", look_at=None)
    elif by:
        await fetch("UPDATE transfer SET amount = amount - $2, version = version + 1 WHERE id = $1", transfer_id, by)


async def _record(transfer_id: UUID, made: TransferSnapshot) -> None:
    """The money has moved: reference and journal, once."""
    async with transaction():
        row = await fetch_row("SELECT * FROM transfer WHERE id = $1 FOR UPDATE", transfer_id)
        assert row is not None
        if row["state"] == TransferState.DONE:
            return
        if (made.amount, made.account_ref) != (Money(row["amount"], row["currency"]), row["account_ref"]):
            raise DifferentTransfer(f"{made.ref} sent {made.amount} to {made.account_ref}, which nobody asked for")
        moved = await advance(
            Transfer,
            TRANSFER,
            transfer_id,
            TransferState.DONE,
            column="state",
            transfer_ref=made.ref,
            landed=made.landed.amount,
            landed_currency=made.landed.currency,
            hold="",
            why="",
            sent_at=row["sent_at"] or clock.now(),
            look_at=clock.now() + NEXT_LOOK,
        )
        if moved is None:
            raise DifferentTransfer(f"{made.ref} was sent for a transfer that is {row['state']}")
        entries = await _entries(dict(row), made)
        await post(row["provider"], "transfer", made.ref, entries, order_ref=str(row["order"]))
        # The vendor has money again: what it owes is asked for.
        await fetch(
            "UPDATE transfer_reversal SET look_at = $2 WHERE state = 'waiting' AND hold = 'balance'"
            " AND transfer IN (SELECT id FROM transfer WHERE account_ref = $1)",
            row["account_ref"],
            clock.now(),
        )
    log.info("transfer_sent", transfer=str(transfer_id), ref=made.ref, amount=str(made.amount))


async def _entries(row: dict[str, Any], made: TransferSnapshot) -> tuple[Entry, ...]:
    """The money moved to the vendor's account; where it restores what had been taken back, that debt is undone.

    What it restores may never have been taken: it was not sent yet, and there was no debt.
    """
    source, vendor = row["provider"], str(row["vendor"])
    moved = journals.transfer(
        names.provider(source), names.provider(source, row["account_ref"]), made.amount, made.landed
    )
    undone = await _read_undone(row) if row["restores"] else 0
    if not undone:
        return moved
    return (
        *moved,
        Entry(names.receivable(vendor), row["currency"], undone),
        Entry(names.payable(vendor), row["currency"], -undone),
    )


async def _read_undone(row: dict[str, Any]) -> int:
    """What a vendor has paid of one order beyond what it owes; the vendor's part of the order is locked by now."""
    found = await fetch_row(UNDONE, str(row["order"]), names.receivable(str(row["vendor"])), row["vendor_order"])
    assert found is not None
    return max(0, int(found["paid"]) + int(found["asked"]))
