"""Money here and at the provider: captures, refunds, balances, and what was passed on."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

from store.doctor.invariant import OUT_OF_REACH
from store.doctor.money import BEING_GIVEN_BACK
from store.doctor.truth import Books, Row, Violations, at, our_captures, out_of_reach
from store.kit.db import fetch
from store.ledger import names

# What went back without an event is looked for once a day.
DAILY = timedelta(days=1, hours=1)
# The account a vendor had before keeps what lies on it.
ACCOUNTS = """
SELECT account_ref FROM vendor WHERE account_ref <> '' UNION
SELECT account_ref FROM connected_account WHERE account_ref <> ''
"""


async def compare_money(books: Books, before: datetime) -> Violations:
    """I1: what was paid or given back there is paid or given back here, and the other way round."""
    ours = {row["capture_ref"]: row for row in await fetch("SELECT capture_ref, amount, currency FROM capture")}
    theirs, found = await our_captures(books), []
    for ref, row in theirs.items():
        here = ours.get(ref)
        if here is None and row["status"] != "needs_review" and at(row) < before:
            found.append((row["number"], f"{_amount(row)} paid there as {ref}, here the attempt is {row['status']}"))
        elif here is not None and (here["amount"], here["currency"]) != (row["amount"], row["currency"].upper()):
            found.append((row["number"], f"{ref} is {_amount(row)} there, {_amount(here)} here"))
    found += [(ref, f"{_amount(here)} paid here, unknown there") for ref, here in ours.items() if ref not in theirs]
    known = {row["refund_ref"]: row for row in await fetch("SELECT refund_ref, amount, status FROM refund")}
    gone = await out_of_reach()
    for row in books.refunds:
        here = known.get(row["ref"])
        if row["charge"] not in ours or row["charge"] in gone or at(row) >= before - DAILY:
            continue
        if here is None:
            found.append((theirs[row["charge"]]["number"], f"{row['ref']} went back there, here nobody knows of it"))
        elif (here["amount"], here["status"]) != (row["amount"], row["status"]):
            words = f"{row['amount']} {row['status']} there, {here['amount']} {here['status']} here"
            found.append((theirs[row["charge"]]["number"], f"{row['ref']} is {words}"))
    refs = {row["ref"] for row in books.refunds}
    return found + [(ref, "went back here, unknown there") for ref in known if ref and ref not in refs]


async def compare_kept(books: Books, before: datetime) -> Violations:
    """I2: at the provider, too, no order keeps more than its total."""
    on_its_way, kept = await _being_given_back(), Counter[str]()
    totals: dict[str, Row] = {}
    for ref, row in (await our_captures(books)).items():
        if at(row) < before and ref not in on_its_way and row["status"] != "needs_review":
            kept[row["number"]] += row["amount"] - row["refunded"]
            totals[row["number"]] = row
    return [
        (number, f"keeps {amount} there for a total of {totals[number]['total']}")
        for number, amount in kept.items()
        if amount > totals[number]["total"]
    ]


async def compare_ended(books: Books, before: datetime) -> Violations:
    """I19: at the provider, too, an order that ended unpaid keeps nothing."""
    on_its_way = await _being_given_back()
    return [
        (row["number"], f"{row['payment_state']} here, {row['amount'] - row['refunded']} of {ref} is kept there")
        for ref, row in (await our_captures(books)).items()
        if row["payment_state"] in ("expired", "canceled")
        and row["status"] != "needs_review"
        and row["amount"] > row["refunded"]
        and ref not in on_its_way
        and at(row) < before
    ]


async def compare_balances(books: Books, before: datetime) -> Violations:
    """I11: the ledger's `provider:*` accounts are the provider's balances, once everything is settled.

    What a direct charge cost on an account that has let us go is never seen: that account is left out, ours is not.
    """
    gone = set((await out_of_reach()).values())
    unsettled = await fetch(f"SELECT 1 FROM capture WHERE NOT settled AND NOT ({OUT_OF_REACH}) LIMIT 1")  # noqa: S608
    unheard = {row["ref"] for row in books.captures + books.refunds if at(row) >= before}
    if unsettled or unheard or await _differs_for_a_reason(books):
        return []
    vendors = {row["account_ref"] for row in await fetch(ACCOUNTS)}
    theirs = {
        (account, row["currency"].upper()): row["amount"]
        for row in books.balances
        if row["amount"] and (account := _name_account(row, books.platform, vendors))
    }
    booked = await fetch(
        "SELECT account, currency, sum(amount)::bigint AS amount FROM ledger_entry"
        " WHERE split_part(account, ':', 1) = 'provider' AND split_part(account, ':', 2) IN ('stripe', 'paypal')"
        " GROUP BY account, currency HAVING sum(amount) <> 0"
    )
    ours = {(row["account"], row["currency"]): row["amount"] for row in booked}
    left_out = {names.provider("stripe", holder) for holder in gone}
    if await fetch("SELECT 1 FROM payout WHERE state IN ('intended', 'sent', 'held') LIMIT 1"):
        # Whether it has left the balance is not known yet.
        left_out.add(names.provider("paypal"))
    return [
        (
            f"{account.removeprefix('provider:stripe:').removeprefix('provider:')} in {currency}",
            f"{theirs.get((account, currency), 0)} there, {ours.get((account, currency), 0)} here",
        )
        for account, currency in sorted(theirs.keys() | ours.keys())
        if account not in left_out and theirs.get((account, currency), 0) != ours.get((account, currency), 0)
    ]


def _name_account(row: Row, platform: str, vendors: set[str]) -> str:
    """The ledger's account for what lies there, "" where it is nobody's of this shop."""
    if row["provider"] == "paypal":
        return names.provider("paypal") if row["platform"] == platform else ""
    if row["account"] == platform:
        return names.provider("stripe")
    return names.provider("stripe", row["account"]) if row["account"] in vendors else ""


async def compare_transfers(books: Books, before: datetime) -> Violations:
    """I13: of one payment no more is passed on than came in; each transfer of ours is there once, as it is here."""
    ours, passed = await our_captures(books), defaultdict(list)
    sent = await fetch("SELECT id::text, transfer_ref, cause, amount, reversed, restores FROM transfer")
    known, there = {row["id"]: row for row in sent}, {row["ref"]: row for row in books.transfers}
    restored = {row["transfer_ref"] for row in sent if row["restores"]}
    for row in books.transfers:
        if row["source_transaction"] in ours and row["ref"] not in restored:
            passed[row["source_transaction"], row["destination"]].append(row)
    sums = Counter[str]()
    for (ref, _), rows in passed.items():
        sums[ref] += sum(row["amount"] - row["refunded"] for row in rows)
    twice = [(ref, f"{len(rows)} transfers to {to}") for (ref, to), rows in passed.items() if len(rows) > 1]
    made = Counter(name for row in books.transfers if (name := row["metadata"].get("transfer_id")) in known)
    twice += [(known[name]["cause"], f"transfer {name} was made {n} times") for name, n in made.items() if n > 1]
    for here in sent:
        if (ref := here["transfer_ref"]) and ref not in there:
            twice.append((ref, "passed on here, unknown there"))
        elif ref and ((row := there[ref])["amount"], row["refunded"]) != (here["amount"], here["reversed"]):
            words = f"{row['amount']} there, of which {row['refunded']} came back"
            twice.append((ref, f"{words}; here {here['amount']} and {here['reversed']}"))
    return twice + [
        (ref, f"{amount} of {ours[ref]['amount']} passed on")
        for ref, amount in sums.items()
        if amount > ours[ref]["amount"]
    ]


async def _being_given_back() -> set[str]:
    rows = await fetch(
        f'SELECT capture_ref FROM capture JOIN orders ON orders.id = capture."order" WHERE {BEING_GIVEN_BACK}'  # noqa: S608
    )
    return {row["capture_ref"] for row in rows}


async def _differs_for_a_reason(books: Books) -> bool:
    """Whether money is known to be under way or under review: the two sides need not agree then."""
    reviewed = await fetch("SELECT 1 FROM payment WHERE status = 'needs_review' LIMIT 1")
    ours = await fetch("SELECT refund_ref, status FROM refund WHERE refund_ref IS NOT NULL")
    known = {row["refund_ref"]: row["status"] for row in ours}
    charges = (await our_captures(books)).keys() - await out_of_reach()
    return bool(reviewed) or any(
        known.get(row["ref"]) != row["status"] for row in books.refunds if row["charge"] in charges
    )


def _amount(row: Any) -> str:
    return f"{row['amount']} {row['currency'].upper()}"
