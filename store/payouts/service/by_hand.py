"""Reversals that somebody made at the provider: written down as rows of ours and booked, each once.

Such a reversal pays what is asked of the vendor and was not taken yet, and counts when more is to be taken later. What
goes beyond that stays with us, owed to the vendor: whoever took it back decides whether it is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from store.gateways.port import Gateways, Unavailable
from store.gateways.transfers import ReversalSnapshot, TransferSnapshot
from store.kit import clock
from store.kit.db import advance, fetch, retrying, transaction
from store.kit.ids import new_id
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.ledger.service import post, read_journal
from store.orders import service as orders
from store.payouts.service.asking import list_sent
from store.payouts.states import REVERSAL, UNDER_WAY, TransferState
from store.payouts.tables import TransferReversal

log = structlog.get_logger(__name__)

WHY = "Made at the provider"
SENT = """SELECT * FROM transfer WHERE "order" = $1 AND state = 'done' ORDER BY created_at, id FOR UPDATE"""
REVERSALS = """
SELECT reversal.*, transfer.vendor FROM transfer_reversal AS reversal JOIN transfer ON transfer.id = reversal.transfer
WHERE transfer."order" = $1 AND reversal.state <> 'canceled' ORDER BY reversal.created_at, reversal.id
FOR UPDATE OF reversal
"""


async def sync_reversals(gateways: Gateways, order_id: UUID) -> None:
    """Write down and book every reversal of this order's transfers that is not ours; safe to run again.

    Raises Unavailable while the provider does not answer, or while it is not known how much of ours took effect.
    """
    found = await list_sent(gateways, str(order_id))
    await retrying(lambda: _apply(order_id, found))


async def _apply(order_id: UUID, found: Sequence[TransferSnapshot]) -> None:
    async with transaction():
        await orders.lock_order(order_id)
        sent = {row["transfer_ref"]: dict(row) for row in await fetch(SENT, order_id)}
        for there in found:
            # The oldest first, as they were made.
            for made in reversed(there.reversals if there.ref in sent else ()):
                known = await fetch(REVERSALS, order_id)
                if not any(made.ref == row["reversal_ref"] or made.reversal_id == str(row["id"]) for row in known):
                    await _write_down(sent[there.ref], made)


async def _write_down(transfer: dict[str, Any], made: ReversalSnapshot) -> None:
    """One more reversal: its row, its journal, and less to be taken back by us."""
    source, vendor, amount = transfer["provider"], str(transfer["vendor"]), made.landed.amount
    paid = await _pay_debts(transfer, amount)
    taken = [row["amount"] for row in await fetch(REVERSALS, transfer["order"]) if row["transfer"] == transfer["id"]]
    if sum(taken) + amount > transfer["amount"]:
        raise Unavailable("how much of what we asked back took effect is not known yet")
    row_id = new_id()
    reversal = TransferReversal(
        id=row_id,
        transfer=transfer["id"],
        cause=made.ref,
        amount=amount,
        currency=transfer["currency"],
        why=WHY,
        sent_at=clock.now(),
        created_at=clock.now(),
    )
    await TransferReversal.insert(reversal)
    await advance(TransferReversal, REVERSAL, row_id, TransferState.DONE, column="state", reversal_ref=made.ref)
    await fetch(
        "UPDATE transfer SET reversed = reversed + $2, version = version + 1 WHERE id = $1", transfer["id"], amount
    )
    moved = journals.transfer_reversal(
        names.provider(source), names.provider(source, transfer["account_ref"]), made.taken, made.landed
    )
    debt = (
        Entry(names.payable(vendor), transfer["currency"], paid),
        Entry(names.receivable(vendor), transfer["currency"], -paid),
    )
    await post(
        source, "transfer_reversal", made.ref, (*moved, *debt) if paid else moved, order_ref=str(transfer["order"])
    )
    log.warning("reversal_by_hand", transfer=str(transfer["id"]), ref=made.ref, amount=str(made.landed))


async def _pay_debts(transfer: dict[str, Any], amount: int) -> int:
    """Ask the vendor for `amount` less, where more is asked and was not sent; returns what of that is booked as owed.

    A refund whose journal is not posted yet will be booked without this debt.
    """
    asked = [
        row
        for row in await fetch(REVERSALS, transfer["order"])
        if row["vendor"] == transfer["vendor"] and row["state"] in UNDER_WAY and row["sent_at"] is None
    ]
    booked = 0
    # What is asked of this very transfer first: no more can be taken of it than was sent.
    for row in sorted(asked, key=lambda row: bool(row["transfer"] != transfer["id"])):
        less = min(amount, row["amount"])
        amount -= less
        if less and await read_journal(transfer["provider"], "refund", row["cause"]):
            booked += less
        if less == row["amount"]:
            await advance(TransferReversal, REVERSAL, row["id"], TransferState.CANCELED, column="state", look_at=None)
        elif less:
            await fetch("UPDATE transfer_reversal SET amount = amount - $2 WHERE id = $1", row["id"], less)
    return booked
