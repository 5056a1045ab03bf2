"""Posting: the only way into the ledger, inside the transaction of the change it records.

A movement named by (source, kind, ref) is posted once (I10): posting it again changes nothing, and posting
something else under its name is an error. Balance and append-only are the database's business.
"""

from __future__ import annotations

from collections.abc import Sequence

from store.kit import clock
from store.kit.db import engine, fetch, fetch_value
from store.ledger.journals import Entry


class DifferentJournal(Exception):
    """This movement was posted before with other entries: one of the two is wrong, and a person must look."""


async def post(source: str, kind: str, ref: str, entries: Sequence[Entry], *, order_ref: str | None = None) -> bool:
    """Post `entries` as movement (source, kind, ref), in the caller's transaction; `order_ref` is for people.

    It is dated by business time, as an order is. Returns False when it was posted before with equal entries, or when
    there is nothing to post. Raises DifferentJournal when it was posted with others, and the database's error (23514)
    when they do not balance.
    """
    if engine().current_transaction.get() is None:
        raise RuntimeError("post() outside a transaction")
    if not entries:
        return False
    tx = await fetch_value(
        "INSERT INTO ledger_tx (source, kind, ref, order_ref, at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (source, kind, ref) DO NOTHING RETURNING id",
        source,
        kind,
        ref,
        order_ref,
        clock.now(),
    )
    if tx is None:
        await _refuse_other(source, kind, ref, entries)
        return False
    await fetch(
        "INSERT INTO ledger_entry (tx, account, currency, amount)"
        " SELECT $1, e.account, e.currency, e.amount"
        " FROM unnest($2::text[], $3::text[], $4::bigint[]) AS e(account, currency, amount)",
        tx,
        [entry.account for entry in entries],
        [entry.currency for entry in entries],
        [entry.amount for entry in entries],
    )
    await fetch("UPDATE ledger_tx SET sealed = true WHERE id = $1", tx)
    return True


async def read_journal(source: str, kind: str, ref: str) -> tuple[Entry, ...]:
    """The entries of one movement, sorted; empty when it was never posted."""
    rows = await fetch(
        "SELECT e.account, e.currency, e.amount FROM ledger_entry e JOIN ledger_tx t ON t.id = e.tx"
        " WHERE t.source = $1 AND t.kind = $2 AND t.ref = $3",
        source,
        kind,
        ref,
    )
    return tuple(sorted(Entry(row["account"], row["currency"], row["amount"]) for row in rows))


async def _refuse_other(source: str, kind: str, ref: str, entries: Sequence[Entry]) -> None:
    if await read_journal(source, kind, ref) != tuple(sorted(entries)):
        raise DifferentJournal(f"{source} {kind} {ref} is in the ledger with other entries")
