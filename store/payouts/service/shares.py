"""Write down what vendors get of a payment that lies with us and goes to an address, and keep it level with refunds.

A share is planned in the transaction that records its capture and payable after HOLDING. What a refund takes of it
makes it smaller while it is unsent; after that it is a debt, which later payouts of the same currency pay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, fetch_value
from store.kit.ids import new_id
from store.ledger import names
from store.ledger.journals import Entry
from store.ledger.service import post
from store.payouts.states import COUNTED, PAYOUT, UNSENT, PayoutReason, PayoutState
from store.payouts.tables import Payout, PayoutDebt

# How long a share stays with us after the buyer has paid, or a refund came back, so that most refunds find it here.
HOLDING = timedelta(days=3)
PARTS = """
SELECT part.id, part."order", part.vendor, part.share, orders.currency FROM vendor_order AS part
JOIN orders ON orders.id = part."order" WHERE part."order" = $1 ORDER BY part.id
"""
INSERT = """
INSERT INTO payout (id, "order", vendor_order, vendor, reason, cause, replaces, amount, withheld, currency, payable_at,
  look_at, address_after, attempt, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (vendor_order, reason, cause) DO NOTHING RETURNING id
"""


async def plan_payouts(order_id: UUID, capture_ref: str) -> None:
    """Write down each vendor's share of a paid order, in the caller's transaction; once, however often it is called."""
    for part in await fetch(PARTS, order_id):
        if part["share"]:
            await insert_payout(part, PayoutReason.SHARE, capture_ref, part["share"], clock.now() + HOLDING)


async def insert_payout(
    part: Any, reason: PayoutReason, cause: str, amount: int, payable_at: datetime, **values: Any
) -> UUID | None:
    """Write one payout of `amount` minor units; `part`: id, order, vendor, currency; `values`: further columns.

    Returns its id, None when it was written before.
    """
    payout_id: UUID | None = await fetch_value(
        INSERT,
        new_id(),
        part["order"],
        part["id"],
        part["vendor"],
        str(reason),
        cause,
        values.get("replaces"),
        amount,
        values.get("withheld", 0),
        part["currency"],
        payable_at,
        values.get("look_at", payable_at),
        values.get("address_after"),
        values.get("attempt", 1),
        clock.now(),
    )
    return payout_id


async def level_payouts(order_id: UUID, targets: Mapping[str, int], because: str) -> None:
    """Make what each vendor has by payouts, less what it owes, what `targets` says (vendor id to minor units).

    `because` is the refund. In the caller's transaction, which has locked the order; safe to run again.
    """
    parts = {str(part["vendor"]): part for part in await fetch(PARTS, order_id)}
    for vendor, target in targets.items():
        part = parts[vendor]
        payouts = await fetch(
            "SELECT * FROM payout WHERE vendor_order = $1 AND state = ANY($2) ORDER BY created_at, id FOR UPDATE",
            part["id"],
            [str(state) for state in COUNTED],
        )
        debts = await fetch("SELECT * FROM payout_debt WHERE vendor_order = $1 ORDER BY id FOR UPDATE", part["id"])
        has = sum(row["amount"] + row["withheld"] for row in payouts)
        surplus = has - sum(row["amount"] for row in debts) - target
        if surplus > 0:
            await _take_back(part, payouts, surplus, because)
        elif surplus < 0:
            await _give_again(part, [row for row in debts if row["cause"] == because], -surplus, because)


async def _take_back(part: Any, payouts: list[Any], amount: int, because: str) -> None:
    """Lower what is unsent, and have the rest owed."""
    for row in payouts:
        if row["state"] in UNSENT and amount:
            less = min(amount, row["amount"])
            await _reduce(row, less)
            amount -= less
    if amount:
        debt = await fetch_row(
            "UPDATE payout_debt SET amount = amount + $3 WHERE vendor_order = $1 AND cause = $2 RETURNING id",
            *(part["id"], because, amount),
        )
        if debt is None:
            await PayoutDebt.insert(
                PayoutDebt(
                    id=new_id(),
                    vendor_order=part["id"],
                    vendor=part["vendor"],
                    cause=because,
                    amount=amount,
                    currency=part["currency"],
                    created_at=clock.now(),
                )
            )


async def _reduce(row: Any, by: int) -> None:
    """Make an unsent payout smaller. Where nothing is left of it, it ends."""
    if by < row["amount"]:
        await fetch("UPDATE payout SET amount = amount - $2, version = version + 1 WHERE id = $1", row["id"], by)
    elif row["withheld"]:
        await advance(Payout, PAYOUT, row["id"], PayoutState.NETTED, column="state", amount=0, look_at=None)
    else:
        await advance(Payout, PAYOUT, row["id"], PayoutState.CANCELED, column="state", look_at=None)


async def _give_again(part: Any, debts: list[Any], amount: int, because: str) -> None:
    """Let a vendor owe `amount` less, or have it again: the refund `because` did not arrive.

    What it owes for this very refund is not owed any more; what later payouts withheld for it is given back by the
    books and paid out with the rest. That is held anew: the buyer is still to get the money, by another refund.
    """
    restored = 0
    for debt in debts:
        forgiven = min(amount, debt["amount"] - debt["paid"])
        amount -= forgiven
        again = min(amount - restored, debt["paid"] - debt["restored"])
        restored += again
        if forgiven or again:
            await fetch(
                "UPDATE payout_debt SET amount = amount - $2, restored = restored + $3 WHERE id = $1",
                *(debt["id"], forgiven, again),
            )
    if restored:
        vendor, currency = str(part["vendor"]), part["currency"]
        entries = (
            Entry(names.receivable(vendor), currency, restored),
            Entry(names.payable(vendor), currency, -restored),
        )
        await post("overprint", "debt_restored", f"{because}:{part['id']}", entries, order_ref=str(part["order"]))
    if amount:
        await insert_payout(part, PayoutReason.RESTORED, because, amount, clock.now() + HOLDING)
