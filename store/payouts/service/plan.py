"""Write down what vendors get of a payment: in the transaction that settles it, before anybody is asked.

separate: each vendor's share, out of the charge itself (`source_ref`), and what a discount of ours took off beyond our
fee, out of our balance. destination: only the latter, since the charge passed the share on. direct: nothing is ours.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.kit.ids import new_id
from store.kit.queue import notify
from store.operations.service import enqueue
from store.payouts.states import TransferReason
from store.vendors.states import ChargeType

# The worker is woken at once; the sweep looks when it did not come.
FIRST_LOOK = timedelta(minutes=1)
PARTS = """
SELECT part.id, part.vendor, part.account_ref, orders.charge_type, orders.currency,
  part.owed + coalesce((SELECT sum(owed) FROM order_discount WHERE vendor_order = part.id), 0)::bigint AS promoted,
  part.share - part.owed
    - coalesce((SELECT sum(owed) FROM order_discount WHERE vendor_order = part.id), 0)::bigint AS earned
FROM vendor_order AS part JOIN orders ON orders.id = part."order"
WHERE part."order" = $1 ORDER BY part.id
"""
INSERT = """
INSERT INTO transfer (id, "order", vendor_order, vendor, account_ref, reason, cause, restores, amount, currency,
  source_ref, transfer_group, look_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT ("order", vendor, reason, cause) DO NOTHING RETURNING id
"""


async def plan_transfers(order_id: UUID, charge_ref: str = "") -> None:
    """Write a paid order's transfers and have them sent, in the caller's transaction; once, however often it is called.

    `charge_ref` is the charge that paid it; "" where nothing was due, and only our own discount is passed on.
    """
    for part in await fetch(PARTS, order_id):
        if part["charge_type"] == ChargeType.SEPARATE and charge_ref and part["earned"]:
            await insert_transfer(order_id, part, TransferReason.SHARE, charge_ref, part["earned"], charge_ref)
        if part["charge_type"] != ChargeType.DIRECT and part["promoted"]:
            cause = charge_ref or str(order_id)
            await insert_transfer(order_id, part, TransferReason.PROMOTION, cause, part["promoted"])


async def insert_transfer(
    order_id: UUID,
    part: Any,
    reason: TransferReason,
    cause: str,
    amount: int,
    source_ref: str = "",
    *,
    restores: bool = False,
) -> None:
    """Write one transfer and the operation that sends it; `part`: id, vendor, account_ref, currency."""
    row = await fetch_row(
        INSERT,
        new_id(),
        order_id,
        part["id"],
        part["vendor"],
        part["account_ref"],
        str(reason),
        cause,
        restores,
        amount,
        part["currency"],
        source_ref,
        str(order_id),
        clock.now() + FIRST_LOOK,
        clock.now(),
    )
    if row is not None:
        await enqueue("transfer", str(row["id"]), {"transfer_id": str(row["id"])})


async def wake_transfers(account_ref: str) -> int:
    """Something changed at this account: look at once at what waits for it, or for the one its vendor had before.

    Returns how many rows that were.
    """
    woken = await fetch(
        "UPDATE transfer SET look_at = $2 WHERE state = 'waiting' AND (account_ref = $1"
        " OR vendor = (SELECT id FROM vendor WHERE account_ref = $1)) RETURNING id",
        account_ref,
        clock.now(),
    )
    woken += await fetch(
        "UPDATE transfer_reversal SET look_at = $2 WHERE state = 'waiting' AND transfer IN"
        " (SELECT id FROM transfer WHERE account_ref = $1) RETURNING id",
        account_ref,
        clock.now(),
    )
    if woken:
        await notify()
    return len(woken)
