"""Bring what vendors get of one order to what they shall have, when money goes back or a refund comes back to us.

What was not sent yet is made smaller and never sent; the rest is taken back, in proportion over a vendor's transfers.
Where a refund fails after that, what was not taken yet stays, and the rest is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from store.gateways.port import Unavailable
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row
from store.kit.ids import new_id
from store.kit.money import split
from store.operations.service import enqueue
from store.payouts.service.plan import FIRST_LOOK, insert_transfer
from store.payouts.service.send import reduce_unsent
from store.payouts.states import REVERSAL, TransferReason, TransferState
from store.payouts.tables import TransferReversal

TRANSFERS = """
SELECT * FROM transfer WHERE "order" = $1 AND state <> 'canceled'
  AND (reason = 'promotion' OR (SELECT charge_type FROM orders WHERE id = $1) <> 'destination')
ORDER BY created_at, id FOR UPDATE
"""
REVERSALS = """
SELECT * FROM transfer_reversal WHERE state <> 'canceled' AND transfer = ANY($1) ORDER BY created_at, id FOR UPDATE
"""
MISSING = """
SELECT part.share - part.owed
  - coalesce((SELECT sum(owed) FROM order_discount WHERE vendor_order = part.id), 0)::bigint
  - coalesce((SELECT sum(amount - (SELECT coalesce(sum(reversal.amount), 0) FROM transfer_reversal AS reversal
      WHERE reversal.transfer = transfer.id AND reversal.state <> 'canceled')) FROM transfer
    WHERE vendor_order = part.id AND reason = 'share' AND state <> 'canceled'), 0)::bigint AS missing
FROM vendor_order AS part WHERE part.id = $1
"""


async def level_transfers(order_id: UUID, targets: Mapping[str, int], because: str) -> None:
    """Make each vendor's transfers, less what is taken back, what `targets` says (vendor id to minor units).

    `because` is the refund (`re_…`). In the caller's transaction, which has locked the order. Raises Unavailable while
    it is not known whether what shall be sent again has come back at all.
    """
    transfers = await fetch(TRANSFERS, order_id)
    reversals = await fetch(REVERSALS, [row["id"] for row in transfers])
    taken = {row["id"]: sum(r["amount"] for r in reversals if r["transfer"] == row["id"]) for row in transfers}
    for vendor, target in targets.items():
        mine = [row for row in transfers if str(row["vendor"]) == vendor]
        surplus = sum(row["amount"] - taken[row["id"]] for row in mine) - target
        if surplus > 0:
            await _take_back(mine, [row["amount"] - taken[row["id"]] for row in mine], surplus, because)
        elif surplus < 0:
            ids = {row["id"] for row in mine}
            theirs = [row for row in reversals if row["transfer"] in ids]
            # What was taken back at the provider by hand beyond what was asked for stays with us until whoever did it
            # decides otherwise.
            asked = max(0, sum(row["amount"] for row in mine) - target)
            by_hand = max(0, sum(row["amount"] for row in theirs if row["cause"] == row["reversal_ref"]) - asked)
            if -surplus > by_hand:
                await _give_again(order_id, vendor, theirs, -surplus - by_hand, because)


async def restore_share(order_id: UUID, amount: int, because: str) -> None:
    """Send a destination's share again, out of our balance: the provider took it back for the refund `because`, which
    failed, and does not pass it on a second time. In the caller's transaction, which has locked the order; once.
    """
    part = await fetch_row(
        "SELECT part.id, part.vendor, part.account_ref, orders.currency FROM vendor_order AS part"
        ' JOIN orders ON orders.id = part."order" WHERE orders.id = $1',
        order_id,
    )
    assert part is not None
    await insert_transfer(order_id, part, TransferReason.SHARE, because, amount, restores=True)


async def _take_back(transfers: list[Any], left: list[int], amount: int, because: str) -> None:
    """Take `amount` off these transfers, of each its part: what was not sent is made smaller, the rest is asked for."""
    for row, part in zip(transfers, split(amount, left), strict=True):
        if not part:
            continue
        if row["state"] != TransferState.DONE and row["sent_at"] is None:
            await reduce_unsent(row["id"], row["amount"], part)
            continue
        reversal = TransferReversal(
            id=new_id(),
            transfer=row["id"],
            cause=because,
            amount=part,
            currency=row["currency"],
            look_at=clock.now() + FIRST_LOOK,
            created_at=clock.now(),
        )
        await TransferReversal.insert(reversal)
        await enqueue("reverse_transfer", str(reversal.id), {"reversal_id": str(reversal.id)})


async def _give_again(order_id: UUID, vendor: str, reversals: list[Any], amount: int, because: str) -> None:
    """Let a vendor keep, or have again, `amount` of what was taken back.

    Raises Unavailable while it is not known what was.
    """
    for row in reversals:
        if row["state"] in (TransferState.DONE, TransferState.CANCELED) or row["sent_at"] is not None or not amount:
            continue
        kept = min(amount, row["amount"])
        if kept == row["amount"]:
            await advance(TransferReversal, REVERSAL, row["id"], TransferState.CANCELED, column="state", look_at=None)
        else:
            await fetch("UPDATE transfer_reversal SET amount = amount - $2 WHERE id = $1", row["id"], kept)
        amount -= kept
    if not amount:
        return
    if any(row["state"] == TransferState.INTENDED and row["sent_at"] is not None for row in reversals):
        raise Unavailable("what was taken back for a refund that failed is not known yet")
    part = await fetch_row(
        "SELECT part.id, part.vendor, part.account_ref, orders.currency,"
        " (SELECT capture.cause FROM transfer AS capture WHERE capture.vendor_order = part.id AND NOT restores"
        "  AND capture.reason = 'share' LIMIT 1) AS source"
        ' FROM vendor_order AS part JOIN orders ON orders.id = part."order"'
        ' WHERE part."order" = $1 AND part.vendor = $2::text::uuid',
        order_id,
        vendor,
    )
    assert part is not None
    # What a charge has brought is all that can go out of it: what a discount of ours added comes out of our balance.
    shared = min(amount, await _read_earned(part["id"])) if part["source"] else 0
    if shared:
        await insert_transfer(order_id, part, TransferReason.SHARE, because, shared, part["source"], restores=True)
    if amount > shared:
        await insert_transfer(order_id, part, TransferReason.PROMOTION, because, amount - shared, restores=True)


async def _read_earned(part_id: UUID) -> int:
    """What a vendor earned of the charge itself and does not have by transfers out of it (minor units)."""
    rows = await fetch(MISSING, part_id)
    return max(0, int(rows[0]["missing"]))
