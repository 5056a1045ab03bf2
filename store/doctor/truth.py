"""The sandbox's own books, as the comparisons read them, and what a comparison is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from store.doctor.invariant import OUT_OF_REACH
from store.gateways.stripe.wire import from_wire
from store.kit.db import fetch

Row = dict[str, Any]
Violations = list[tuple[str, str]]
OF_MONEY = ("captures", "refunds", "transfers", "payouts", "balances")
KINDS = (*OF_MONEY, "events", "requests")


@dataclass(frozen=True)
class Books:
    """The sandbox's truth, amounts of money in our minor units; `platform` is the account of our Stripe key.

    Rows of PayPal's name it as their `platform`: one account there belongs to each.
    """

    platform: str
    captures: list[Row]
    refunds: list[Row]
    transfers: list[Row]
    payouts: list[Row]
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
    # PayPal's are told in our minor units.
    for row in (row for kind in OF_MONEY for row in rows[kind] if row["provider"] == "stripe"):
        row |= {name: from_wire(row[name], row["currency"]) for name in ("amount", "refunded") if row[name]}
    return Books(me.raise_for_status().json()["id"], **rows)


async def our_captures(books: Books) -> dict[str, Row]:
    """The provider's captures that belong to an attempt of ours, by ref, with our order's number, total and state."""
    rows = await fetch(
        "SELECT payment.id, payment.status, orders.number, orders.total, orders.payment_state"
        ' FROM payment JOIN orders ON orders.id = payment."order"'
    )
    attempts = {str(row["id"]): dict(row) for row in rows}
    named = ((row, row["client_reference_id"] or row["metadata"].get("payment_id")) for row in books.captures)
    return {row["ref"]: {**row, **attempts[name]} for row, name in named if name in attempts}


async def out_of_reach() -> dict[str, str]:
    """The captures that lie on accounts which have let us go, and these accounts."""
    rows = await fetch(f"SELECT capture_ref, account_ref FROM capture WHERE {OUT_OF_REACH}")  # noqa: S608
    return {row["capture_ref"]: row["account_ref"] for row in rows}


def at(row: Row) -> datetime:
    """When it happened there."""
    return datetime.fromtimestamp(row["created"], UTC)
