"""Reads of what vendors get: what refunds take back of it, and a vendor's balance and statement.

The last two are read from the ledger and from nothing else; only the order's number and the journal's words are added.
Amounts are minor units, times UTC.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit.db import fetch, fetch_value
from store.ledger import names

# What a movement is to a vendor; one that is not here is shown by its kind.
WORDS = {
    "capture": "Sale",
    "promotion": "Discount paid by Overprint",
    "provider_fee": "Stripe's fee",
    "refund": "Refund to the buyer",
    "refund_failed": "Refund that came back",
    "fee_refund": "Our fee returned",
}


class VendorBalance(Struct, frozen=True):
    """What a vendor has earned in one currency and not given back: earned = at_provider + held.

    `at_provider` lies on the vendor's own account there, `held` is still with the platform (below zero: too much was
    passed on). `owes`: what refunds took and the vendor has not given back yet; it is off `earned` already.
    """

    currency: str
    earned: int
    at_provider: int
    held: int
    owes: int


class StatementLine(Struct, frozen=True):
    """One movement of a vendor's balance: `amount` above zero is the vendor's gain. `order_number` may be empty."""

    id: int
    at: datetime
    kind: str
    words: str
    order_number: str
    amount: int
    currency: str


async def read_taken_back(refund_ref: str) -> dict[str, int]:
    """What is or was taken back of transfers for one refund, by vendor id."""
    rows = await fetch(
        "SELECT transfer.vendor, sum(reversal.amount)::bigint AS amount FROM transfer_reversal AS reversal"
        " JOIN transfer ON transfer.id = reversal.transfer"
        " WHERE reversal.cause = $1 AND reversal.state <> 'canceled' GROUP BY transfer.vendor",
        refund_ref,
    )
    return {str(row["vendor"]): row["amount"] for row in rows}


async def read_balance(vendor_id: UUID) -> tuple[VendorBalance, ...]:
    """One vendor's balance per currency, by the ledger alone; currencies in which nothing ever moved are left out."""
    account = await fetch_value("SELECT account_ref FROM vendor WHERE id = $1", vendor_id)
    payable, receivable = names.payable(str(vendor_id)), names.receivable(str(vendor_id))
    there = names.provider("stripe", account) if account else ""
    rows = await fetch(
        "SELECT currency, -coalesce(sum(amount) FILTER (WHERE account <> $3), 0)::bigint AS earned,"
        " coalesce(sum(amount) FILTER (WHERE account = $3), 0)::bigint AS there,"
        " coalesce(sum(amount) FILTER (WHERE account = $2), 0)::bigint AS owes"
        " FROM ledger_entry WHERE account IN ($1, $2, $3) GROUP BY currency ORDER BY currency",
        payable,
        receivable,
        there,
    )
    return tuple(
        VendorBalance(row["currency"], row["earned"], row["there"], row["earned"] - row["there"], max(0, row["owes"]))
        for row in rows
    )


async def read_statement(vendor_id: UUID, *, before: int | None = None, limit: int = 50) -> tuple[StatementLine, ...]:
    """The movements of one vendor's balance, newest first; `before`: only those older than the line with this id.

    What moves between what we owe and what the vendor owes, or between accounts at the provider, is no line.
    """
    rows = await fetch(
        "SELECT tx.id, tx.at, tx.kind, coalesce(orders.number, '') AS number, entry.currency,"
        " -sum(entry.amount)::bigint AS amount FROM ledger_entry AS entry JOIN ledger_tx AS tx ON tx.id = entry.tx"
        " LEFT JOIN orders ON orders.id::text = tx.order_ref"
        " WHERE entry.account IN ($1, $2) AND tx.id < coalesce($3, 9223372036854775807)"
        " GROUP BY tx.id, orders.number, entry.currency HAVING sum(entry.amount) <> 0"
        " ORDER BY tx.id DESC, entry.currency LIMIT $4",
        names.payable(str(vendor_id)),
        names.receivable(str(vendor_id)),
        before,
        limit,
    )
    return tuple(
        StatementLine(
            id=row["id"],
            at=row["at"],
            kind=row["kind"],
            words=WORDS.get(row["kind"], row["kind"].replace("_", " ").capitalize()),
            order_number=row["number"],
            amount=row["amount"],
            currency=row["currency"],
        )
        for row in rows
    )
