"""Reads of the ledger: balances per account and currency, and the journals of one order."""

from __future__ import annotations

import msgspec

from store.kit.db import fetch
from store.ledger.journals import Entry


class Balance(msgspec.Struct, frozen=True):
    """`amount` minor units of `currency` on `account`, debit positive."""

    account: str
    currency: str
    amount: int


async def read_balances(prefix: str = "") -> tuple[Balance, ...]:
    """Balances of the accounts whose name starts with `prefix`, by name; accounts at zero are left out."""
    rows = await fetch(
        "SELECT account, currency, sum(amount)::bigint AS amount FROM ledger_entry"
        " WHERE starts_with(account, $1) GROUP BY account, currency HAVING sum(amount) <> 0"
        " ORDER BY account, currency",
        prefix,
    )
    return tuple(Balance(row["account"], row["currency"], row["amount"]) for row in rows)


async def read_journals(order_ref: str) -> dict[tuple[str, str, str], tuple[Entry, ...]]:
    """Every posted movement of one order: (source, kind, ref) to its entries, oldest first."""
    rows = await fetch(
        "SELECT t.source, t.kind, t.ref, e.account, e.currency, e.amount FROM ledger_tx t"
        " JOIN ledger_entry e ON e.tx = t.id WHERE t.order_ref = $1 ORDER BY t.id, e.id",
        order_ref,
    )
    journals: dict[tuple[str, str, str], tuple[Entry, ...]] = {}
    for row in rows:
        name = (row["source"], row["kind"], row["ref"])
        entry = Entry(row["account"], row["currency"], row["amount"])
        journals[name] = (*journals.get(name, ()), entry)
    return journals
