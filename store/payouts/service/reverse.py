"""Take a part of a transfer back because the buyer got it back: row first, one call under its id, recorded once.

What the vendor's balance does not cover is the vendor's debt (`receivable` in the ledger, since the refund was booked)
and waits with the reason; it is taken when it can be.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import structlog

from store.gateways.port import GatewayBug, Gateways, Unavailable
from store.gateways.transfers import Hold, ReversalRequest, ReversalSnapshot
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, retrying, transaction
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.ledger.service import post
from store.payouts.service.asking import key_of, list_sent, look_or_ask, next_wait, reason_of
from store.payouts.service.plan import FIRST_LOOK
from store.payouts.states import REVERSAL, UNDER_WAY, TransferState
from store.payouts.tables import TransferReversal

log = structlog.get_logger(__name__)

WORDS = {
    Hold.ACCOUNT: "Nothing can be taken from the seller's account at the moment: the seller owes it until then.",
    Hold.BALANCE: "The seller's balance does not cover it: the seller owes it until it does.",
}
READ = """
SELECT reversal.*, transfer.transfer_ref, transfer.transfer_group, transfer."order", transfer.vendor,
  transfer.account_ref, transfer.provider, transfer.state AS sent_state
FROM transfer_reversal AS reversal JOIN transfer ON transfer.id = reversal.transfer WHERE reversal.id = $1
"""


class NotSentYet(Unavailable):
    """What is to be taken back may be on its way still: try again when that is known."""


async def send_reversal(gateways: Gateways, reversal_id: UUID) -> None:
    """Take one part back, or let it wait with a reason; safe to run again, late, twice or at once.

    Raises Unavailable while the provider does not answer, or the transfer's own outcome is not known.
    """
    row = await retrying(lambda: _intend(reversal_id))
    if row is None:
        return
    try:
        made = await _look_or_ask(gateways, row)
    except GatewayBug as refused:
        reason = refused
        await retrying(lambda: _hold(row, reason))
    else:
        await retrying(lambda: _record(reversal_id, made))


async def _intend(reversal_id: UUID) -> dict[str, Any] | None:
    async with transaction():
        row = await _lock(reversal_id)
        if row["state"] not in UNDER_WAY:
            return None
        if row["sent_state"] != TransferState.DONE:
            raise NotSentYet("the transfer is not known to have been made")
        if row["state"] == TransferState.WAITING:
            await advance(TransferReversal, REVERSAL, reversal_id, TransferState.INTENDED, column="state")
        await fetch(
            "UPDATE transfer_reversal SET sent_at = coalesce(sent_at, $2), look_at = $3 WHERE id = $1",
            reversal_id,
            clock.now(),
            clock.now() + FIRST_LOOK,
        )
        return await _lock(reversal_id)


async def _lock(reversal_id: UUID) -> dict[str, Any]:
    """The reversal with what is needed of its transfer; the transfer is locked first, as everywhere."""
    await fetch(
        "SELECT 1 FROM transfer WHERE id = (SELECT transfer FROM transfer_reversal WHERE id = $1) FOR UPDATE",
        reversal_id,
    )
    row = await fetch_row(f"{READ} FOR UPDATE OF reversal", reversal_id)
    assert row is not None
    return dict(row)


async def _look_or_ask(gateways: Gateways, row: dict[str, Any]) -> ReversalSnapshot:
    def ask(asked: dict[str, Any]) -> Awaitable[ReversalSnapshot]:
        request = ReversalRequest(str(asked["id"]), asked["transfer_ref"], asked["amount"], asked["currency"])
        return gateways.stripe.reverse_transfer(request, key_of(asked))

    return await look_or_ask(row, ask, lambda: _find(gateways, row), _take_next_key)


async def _find(gateways: Gateways, row: dict[str, Any]) -> ReversalSnapshot | None:
    found = await list_sent(gateways, row["transfer_group"])
    made = (one for sent in found if sent.ref == row["transfer_ref"] for one in sent.reversals)
    return next((one for one in made if one.reversal_id == str(row["id"])), None)


async def _take_next_key(row: dict[str, Any]) -> dict[str, Any]:
    moved = await fetch_row(
        "UPDATE transfer_reversal SET attempt = attempt + 1, sent_at = $3, version = version + 1"
        " WHERE id = $1 AND attempt = $2 AND state = 'intended' RETURNING attempt, sent_at",
        row["id"],
        row["attempt"],
        clock.now(),
    )
    if moved is None:
        raise Unavailable("somebody else is asking for this reversal")
    return {**row, **moved}


async def _hold(row: dict[str, Any], refused: GatewayBug) -> None:
    hold = reason_of(refused)
    async with transaction():
        now = await _lock(row["id"])
        if (now["state"], now["attempt"]) != (TransferState.INTENDED, row["attempt"]):
            return
        await advance(
            TransferReversal,
            REVERSAL,
            row["id"],
            TransferState.WAITING,
            column="state",
            hold=str(hold),
            why=WORDS.get(hold, str(refused)),
            attempt=row["attempt"] + 1,
            sent_at=None,
            look_at=clock.now() + next_wait(row),
        )
    log.warning("reversal_waits", reversal=str(row["id"]), account=row["account_ref"], hold=hold, reason=str(refused))


async def _record(reversal_id: UUID, made: ReversalSnapshot) -> None:
    """The money is back: reference and journal, once; the vendor's debt is paid out of what the vendor had earned."""
    async with transaction():
        row = await _lock(reversal_id)
        moved = await advance(
            TransferReversal,
            REVERSAL,
            reversal_id,
            TransferState.DONE,
            column="state",
            reversal_ref=made.ref,
            hold="",
            why="",
            sent_at=row["sent_at"] or clock.now(),
            look_at=None,
        )
        if moved is None:
            return
        await fetch(
            "UPDATE transfer SET reversed = reversed + $2, version = version + 1 WHERE id = $1",
            row["transfer"],
            row["amount"],
        )
        source, vendor = row["provider"], str(row["vendor"])
        entries = (
            *journals.transfer_reversal(
                names.provider(source), names.provider(source, row["account_ref"]), made.taken, made.landed
            ),
            Entry(names.payable(vendor), row["currency"], row["amount"]),
            Entry(names.receivable(vendor), row["currency"], -row["amount"]),
        )
        await post(source, "transfer_reversal", made.ref, entries, order_ref=str(row["order"]))
    log.info("transfer_reversed", reversal=str(reversal_id), ref=made.ref, amount=str(made.landed))
