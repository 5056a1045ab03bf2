"""What must hold between our rows and the provider's: asked of the sandbox's own books, so in a demo and in tests only.

The sandbox is spoken to as another company is: over HTTP. A real provider has no such books to ask at once; there the
sweeps compare object by object. What is younger than `before` may still be on its way and is left out.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from store.doctor.invariant import OUT_OF_REACH
from store.doctor.money import BEING_GIVEN_BACK
from store.gateways.stripe.wire import from_wire
from store.kit.db import fetch
from store.webhooks.states import CAPTURE_EVENTS, REFUND_EVENTS, SESSION_EVENTS

Row = dict[str, Any]
Violations = list[tuple[str, str]]
OF_MONEY = ("captures", "refunds", "transfers", "balances")
KINDS = (*OF_MONEY, "events", "requests")
# What went back without an event is looked for once a day.
DAILY = timedelta(days=1, hours=1)
# The account a vendor had before keeps what lies on it.
ACCOUNTS = """
SELECT account_ref FROM vendor WHERE account_ref <> '' UNION
SELECT account_ref FROM connected_account WHERE account_ref <> ''
"""
INTENDED = {
    "/v1/checkout/sessions": "payment",
    "/v1/coupons": "payment",
    "/v1/refunds": "refund",
    "/v1/transfers": "transfer",
    "/v1/transfers/…/reversals": "transfer_reversal",
}


@dataclass(frozen=True)
class Books:
    """The sandbox's truth, amounts of money in our minor units; `platform` is the account of our key."""

    platform: str
    captures: list[Row]
    refunds: list[Row]
    transfers: list[Row]
    balances: list[Row]
    events: list[Row]
    requests: list[Row]


@dataclass(frozen=True)
class Comparison:
    """`find` returns (row, words) of each difference; `next_step` says what to do about one."""

    name: str
    text: str
    find: Callable[[Books, datetime], Awaitable[Violations]]
    next_step: str


async def read_books(client: httpx.AsyncClient, key: str) -> Books:
    """Ask the sandbox at `client`'s base address for all it knows. Raises httpx.HTTPError when it does not answer."""
    me = await client.get("/v1/account", headers={"Authorization": f"Bearer {key}"})
    answers = await asyncio.gather(*(client.get(f"/_sandbox/truth/{kind}") for kind in KINDS))
    rows = {kind: answer.raise_for_status().json()["data"] for kind, answer in zip(KINDS, answers, strict=True)}
    for row in (row for kind in OF_MONEY for row in rows[kind]):
        row |= {name: from_wire(row[name], row["currency"]) for name in ("amount", "refunded") if row[name]}
    return Books(me.raise_for_status().json()["id"], **rows)


async def compare_money(books: Books, before: datetime) -> Violations:
    """I1: what was paid or given back there is paid or given back here, and the other way round."""
    ours = {row["capture_ref"]: row for row in await fetch("SELECT capture_ref, amount, currency FROM capture")}
    theirs, found = await _our_captures(books), []
    for ref, row in theirs.items():
        here = ours.get(ref)
        if here is None and row["status"] != "needs_review" and _at(row) < before:
            found.append((row["number"], f"{_amount(row)} paid there as {ref}, here the attempt is {row['status']}"))
        elif here is not None and (here["amount"], here["currency"]) != (row["amount"], row["currency"].upper()):
            found.append((row["number"], f"{ref} is {_amount(row)} there, {_amount(here)} here"))
    found += [(ref, f"{_amount(here)} paid here, unknown there") for ref, here in ours.items() if ref not in theirs]
    known = {row["refund_ref"]: row for row in await fetch("SELECT refund_ref, amount, status FROM refund")}
    gone = await _out_of_reach()
    for row in books.refunds:
        here = known.get(row["ref"])
        if row["charge"] not in ours or row["charge"] in gone or _at(row) >= before - DAILY:
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
    for ref, row in (await _our_captures(books)).items():
        if _at(row) < before and ref not in on_its_way and row["status"] != "needs_review":
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
        for ref, row in (await _our_captures(books)).items()
        if row["payment_state"] in ("expired", "canceled")
        and row["status"] != "needs_review"
        and row["amount"] > row["refunded"]
        and ref not in on_its_way
        and _at(row) < before
    ]


async def compare_balances(books: Books, before: datetime) -> Violations:
    """I11: the ledger's `provider:*` accounts are the provider's balances, once everything is settled.

    What a direct charge cost on an account that has let us go is never seen: that account is left out, ours is not.
    """
    gone = set((await _out_of_reach()).values())
    unsettled = await fetch(f"SELECT 1 FROM capture WHERE NOT settled AND NOT ({OUT_OF_REACH}) LIMIT 1")  # noqa: S608
    unheard = {row["ref"] for row in books.captures + books.refunds if _at(row) >= before}
    if unsettled or unheard or await _differs_for_a_reason(books):
        return []
    vendors = {row["account_ref"] for row in await fetch(ACCOUNTS)}
    theirs = {
        ("platform" if row["account"] == books.platform else row["account"], row["currency"].upper()): row["amount"]
        for row in books.balances
        if row["account"] in vendors | {books.platform} and row["amount"]
    }
    booked = await fetch(
        "SELECT account, currency, sum(amount)::bigint AS amount FROM ledger_entry"
        " WHERE starts_with(account, 'provider:stripe:') GROUP BY account, currency HAVING sum(amount) <> 0"
    )
    ours = {(row["account"].rpartition(":")[2], row["currency"]): row["amount"] for row in booked}
    return [
        (
            f"{holder} in {currency}",
            f"{theirs.get((holder, currency), 0)} there, {ours.get((holder, currency), 0)} here",
        )
        for holder, currency in sorted(theirs.keys() | ours.keys())
        if holder not in gone and theirs.get((holder, currency), 0) != ours.get((holder, currency), 0)
    ]


async def compare_transfers(books: Books, before: datetime) -> Violations:
    """I13: of one payment no more is passed on than came in; each transfer of ours is there once, as it is here."""
    ours, passed = await _our_captures(books), defaultdict(list)
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


async def compare_events(books: Books, before: datetime) -> Violations:
    """I15: every event reached the inbox, or what it told was found out in another way."""
    stored = {row["event_id"] for row in await fetch("SELECT event_id FROM inbox_event")}
    live = await fetch("SELECT provider_ref FROM payment WHERE status IN ('created', 'pending')")
    captures = await fetch(f"SELECT capture_ref FROM capture WHERE NOT settled AND NOT ({OUT_OF_REACH})")  # noqa: S608
    unknown = {row["provider_ref"] for row in live} | {row["capture_ref"] for row in captures}
    charges, refunds = await _our_captures(books), await fetch("SELECT refund_ref FROM refund")
    ours = charges.keys() - await _out_of_reach()
    unknown |= {row["ref"] for row in books.refunds if row["charge"] in ours and _at(row) < before - DAILY} - {
        row["refund_ref"] for row in refunds
    }
    return [
        (row["object"], f"{row['type']} ({row['ref']}) never came, and nobody has looked since")
        for row in books.events
        if row["type"] in SESSION_EVENTS | CAPTURE_EVENTS | REFUND_EVENTS
        and row["ref"] not in stored
        and row["object"] in unknown
        and _at(row) < before
    ]


async def compare_requests(books: Books, before: datetime) -> Violations:
    """I20: whatever was asked for under a key is a row of ours, and was made once."""
    found, made = [], Counter[tuple[str, str, str]]()
    intended = {
        path: {str(row["id"]) for row in await fetch(f"SELECT id FROM {table}")}  # noqa: S608
        for path, table in INTENDED.items()
    }
    for row in books.requests:
        key, path = row["idempotency_key"], re.sub(r"/tr_\w+/", "/…/", row["path"])
        if row["method"] != "POST" or path not in INTENDED or not key:
            continue
        # A coupon, and a try after a refusal, have keys of their own: the row's id, a colon and what it is.
        if key.partition(":")[0] not in intended[path]:
            found.append((key, f"POST {path} was sent and is no {INTENDED[path]} of ours"))
        elif row["status"] == 200 and not row["replayed"]:
            made[path, row["account"] or "", key] += 1
    return found + [(key, f"POST {path} took effect {n} times") for (path, _, key), n in made.items() if n > 1]


COMPARISONS = (
    Comparison(
        "I1",
        "what was paid and given back is the same here and at the provider",
        compare_money,
        "see that a worker runs (`python -m store work`), then open the order page and check now",
    ),
    Comparison(
        "I2",
        "no order keeps more than its total at the provider",
        compare_kept,
        "give the second payment back at the provider; the shop books it by itself",
    ),
    Comparison(
        "I11",
        "the ledger says what the provider holds",
        compare_balances,
        "find the movement that has no journal (I10), or the one that was made at the provider by hand",
    ),
    Comparison(
        "I13",
        "of each payment no more is passed on than came in, once and as it is here",
        compare_transfers,
        "reverse the second transfer at the provider",
    ),
    Comparison(
        "I15",
        "no event was lost for good",
        compare_events,
        "see that a worker runs (`python -m store work`), then send the event again from the sandbox's page",
    ),
    Comparison(
        "I19",
        "an order that ended unpaid keeps no money at the provider",
        compare_ended,
        "give it back at the provider; the shop books it by itself",
    ),
    Comparison(
        "I20",
        "whatever was asked of the provider was written down first, and happened once",
        compare_requests,
        "somebody else uses this key, or a row was deleted: find out before anything is sent again",
    ),
)


async def _our_captures(books: Books) -> dict[str, Row]:
    """The provider's captures that belong to an attempt of ours, by ref, with our order's number, total and state."""
    rows = await fetch(
        "SELECT payment.id, payment.status, orders.number, orders.total, orders.payment_state"
        ' FROM payment JOIN orders ON orders.id = payment."order"'
    )
    attempts = {str(row["id"]): dict(row) for row in rows}
    named = ((row, row["client_reference_id"] or row["metadata"].get("payment_id")) for row in books.captures)
    return {row["ref"]: {**row, **attempts[name]} for row, name in named if name in attempts}


async def _out_of_reach() -> dict[str, str]:
    """The captures that lie on accounts which have let us go, and these accounts."""
    rows = await fetch(f"SELECT capture_ref, account_ref FROM capture WHERE {OUT_OF_REACH}")  # noqa: S608
    return {row["capture_ref"]: row["account_ref"] for row in rows}


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
    charges = (await _our_captures(books)).keys() - await _out_of_reach()
    return bool(reviewed) or any(
        known.get(row["ref"]) != row["status"] for row in books.refunds if row["charge"] in charges
    )


def _at(row: Row) -> datetime:
    return datetime.fromtimestamp(row["created"], UTC)


def _amount(row: Any) -> str:
    return f"{row['amount']} {row['currency'].upper()}"
