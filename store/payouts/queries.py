"""Reads of what vendors get: what refunds take back of it, and a vendor's balance and statement.

The last two are read from the ledger and from nothing else: `vendors` says which accounts are the vendor's, and only
the order's number and the journal's words are added, those of a payout by whether it has arrived. Amounts are minor
units, times UTC.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit.db import fetch, fetch_value
from store.ledger import names
from store.vendors.queries import OwnAccount, list_accounts

PAGE_SIZE = 20
# What a movement is to a vendor; one that is not here is shown by its kind.
WORDS = {
    "capture": "Sale, after Overprint’s fee",
    "promotion": "Discount paid by Overprint",
    "provider_fee": "Stripe’s fee",
    "refund": "Refund to the buyer",
    "refund_failed": "Refund that came back",
    "fee_refund": "Overprint’s fee given back to you",
    "fee_restored": "Overprint’s fee again, as the refund came back",
    "payout": "Paid out to your PayPal account",
    "unclaimed_payout": "Sent to your PayPal address, not claimed yet",
    "held_payout": "Sent to your PayPal address, being checked",
    "returned_payout": "Sent to your PayPal address",
    "payout_returned": "Payout that came back from PayPal",
}
# One line for each movement that changed what a vendor has; what only moves between debt and earnings is none.
LINES = """
SELECT tx.id, tx.at, tx.kind, tx.source, tx.ref, tx.order_ref, entry.currency, -sum(entry.amount)::bigint AS amount
FROM ledger_entry AS entry JOIN ledger_tx AS tx ON tx.id = entry.tx
WHERE entry.account IN ($1, $2) GROUP BY tx.id, entry.currency HAVING sum(entry.amount) <> 0
"""
COUNTS = f"""
SELECT currency, count(*)::int AS many FROM ({LINES}) AS line GROUP BY currency ORDER BY many DESC, currency
"""  # noqa: S608 - a constant
# The balance after each line is the sum of everything up to it, so a page needs no other one.
STATEMENT = f"""
SELECT line.*, coalesce(orders.number, '') AS number, CASE orders.payment_state WHEN 'paid' THEN part.id END AS part,
  coalesce(nullif(payout.state, 'paid') || '_', '') || line.kind AS told
FROM (SELECT *, sum(amount) OVER (ORDER BY id)::bigint AS balance,
    CASE WHEN order_ref ~ '^[0-9a-f-]{{36}}$' THEN order_ref::uuid END AS of_order
  FROM ({LINES}) AS line WHERE currency = $3 ORDER BY id DESC LIMIT {PAGE_SIZE} OFFSET $4) AS line
LEFT JOIN orders ON orders.id = line.of_order
LEFT JOIN vendor_order AS part ON part."order" = orders.id AND part.vendor = $5
LEFT JOIN payout ON line.kind = 'payout' AND payout.provider = line.source AND payout.item_ref = line.ref
ORDER BY line.id DESC
"""  # noqa: S608 - a constant


class Deposit(Struct, frozen=True):
    """What lies on one account of the vendor's own at the provider."""

    account: OwnAccount
    amount: int


class VendorBalance(Struct, frozen=True):
    """What a vendor has earned in one currency and not given back: earned = what lies on its accounts + held.

    `held` is still with the platform (below zero: too much was passed on). `owes`: what refunds took and the vendor has
    not given back yet; it is off `earned` already. `deposits`: by account, those with nothing on them left out.
    """

    currency: str
    earned: int
    held: int
    owes: int
    deposits: tuple[Deposit, ...]

    @property
    def at_provider(self) -> int:
        """What lies on the account that is connected now."""
        return sum(one.amount for one in self.deposits if one.account.connected)

    @property
    def out_of_reach(self) -> int:
        """What lies on accounts that are connected no longer: the vendor's, and seen by the vendor alone."""
        return sum(one.amount for one in self.deposits if not one.account.connected)


class StatementLine(Struct, frozen=True):
    """One movement of a vendor's balance: `amount` above zero is the vendor's gain, `balance` what it was after it.

    `order_number` may be empty; `part` is the vendor's part of that order, None where it was never paid.
    """

    id: int
    at: datetime
    kind: str
    words: str
    order_number: str
    part: UUID | None
    amount: int
    balance: int


class Statement(Struct, frozen=True):
    """One page of the movements in one currency ("" when nothing ever moved), newest first; `counts` by currency."""

    currency: str
    counts: dict[str, int]
    lines: tuple[StatementLine, ...]
    page: int
    pages: int


async def read_taken_back(refund_ref: str) -> dict[str, int]:
    """What is or was taken back of transfers for one refund, or is owed since it was paid out, by vendor id."""
    rows = await fetch(
        "SELECT transfer.vendor, sum(reversal.amount)::bigint AS amount FROM transfer_reversal AS reversal"
        " JOIN transfer ON transfer.id = reversal.transfer"
        " WHERE reversal.cause = $1 AND reversal.state <> 'canceled' GROUP BY transfer.vendor"
        " UNION ALL SELECT vendor, amount FROM payout_debt WHERE cause = $1 AND amount > 0",
        refund_ref,
    )
    return {str(row["vendor"]): row["amount"] for row in rows}


async def find_order_of(transfer_ref: str) -> UUID | None:
    """The order for which we made this transfer (`tr_…`)."""
    found: UUID | None = await fetch_value('SELECT "order" FROM transfer WHERE transfer_ref = $1', transfer_ref)
    return found


async def read_balance(vendor_id: UUID) -> tuple[VendorBalance, ...]:
    """One vendor's balance per currency, by the ledger alone; currencies in which nothing ever moved are left out."""
    payable, receivable = names.payable(str(vendor_id)), names.receivable(str(vendor_id))
    accounts = {names.provider("stripe", one.ref): one for one in await list_accounts(vendor_id)}
    rows = await fetch(
        "SELECT currency, account, sum(amount)::bigint AS amount FROM ledger_entry WHERE account = ANY($1)"
        " GROUP BY currency, account ORDER BY currency",
        [payable, receivable, *accounts],
    )
    by_currency: dict[str, dict[str, int]] = {}
    for row in rows:
        by_currency.setdefault(row["currency"], {})[row["account"]] = row["amount"]
    balances = []
    for currency, amounts in by_currency.items():
        earned = -amounts.get(payable, 0) - amounts.get(receivable, 0)
        deposits = tuple(Deposit(one, amounts[name]) for name, one in accounts.items() if amounts.get(name))
        held = earned - sum(one.amount for one in deposits)
        balances.append(VendorBalance(currency, earned, held, max(0, amounts.get(receivable, 0)), deposits))
    return tuple(balances)


async def read_statement(vendor_id: UUID, currency: str = "", page: int = 1) -> Statement:
    """A page of one vendor's movements in `currency`, or in the one with most of them. Two queries.

    What moves between what we owe and what the vendor owes, or between accounts at the provider, is no line.
    """
    own = (names.payable(str(vendor_id)), names.receivable(str(vendor_id)))
    counts = {row["currency"]: row["many"] for row in await fetch(COUNTS, *own)}
    if not counts:
        return Statement("", {}, (), 1, 1)
    currency = currency if currency in counts else next(iter(counts))
    pages = -(-counts[currency] // PAGE_SIZE)
    page = page if page <= pages else 1
    rows = await fetch(STATEMENT, *own, currency, (page - 1) * PAGE_SIZE, vendor_id)
    lines = (
        StatementLine(
            words=WORDS.get(row["told"], row["kind"].replace("_", " ").capitalize()),
            order_number=row["number"],
            **{name: row[name] for name in ("id", "at", "kind", "part", "amount", "balance")},
        )
        for row in rows
    )
    return Statement(currency, counts, tuple(lines), page, pages)
