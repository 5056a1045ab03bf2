"""After each journey: nothing of what must hold is broken, in the shop's rows or against the provider's books.

The journeys of a worker visit one demo, one after the other, and the provider forgets each before the next begins. So
what was broken before a journey is not asked of it, and the provider's books are compared with its own rows only:
views of the tables' names lie before the tables while they are read.

A journey that leaves something in a state that only a person can end says so by the mark
`leaves_broken(invariants, reason)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import httpx

from store.doctor.books import COMPARISONS, read_books
from store.doctor.invariants import INVARIANTS, find_violations
from store.kit.db import fetch, transaction

if TYPE_CHECKING:
    import pytest

    from e2e.market import Market

MARK = "leaves_broken"
# Everything has come to rest: nothing is too young to be asked for.
AT_REST = timedelta(days=3650)
WINDOW = """
CREATE TEMP VIEW orders AS SELECT * FROM public.orders WHERE id <> ALL ('{{{orders}}}'::uuid[]);
CREATE TEMP VIEW payment AS SELECT * FROM public.payment WHERE "order" IN (SELECT id FROM orders);
CREATE TEMP VIEW capture AS SELECT * FROM public.capture WHERE "order" IN (SELECT id FROM orders);
CREATE TEMP VIEW refund AS SELECT * FROM public.refund WHERE "order" IN (SELECT id FROM orders);
CREATE TEMP VIEW transfer AS SELECT * FROM public.transfer WHERE "order" IN (SELECT id FROM orders);
CREATE TEMP VIEW payout AS SELECT * FROM public.payout WHERE "order" IN (SELECT id FROM orders);
CREATE TEMP VIEW ledger_entry AS SELECT * FROM public.ledger_entry WHERE id > {entry}
"""
Broken = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Before:
    """What there was when a journey began; `broken` are the rows that broke an invariant already."""

    orders: tuple[UUID, ...]
    entry: int
    broken: dict[str, set[str]]


class _Seen(Exception):
    """The views go with their transaction."""


def check_after(market: Market, request: pytest.FixtureRequest) -> None:
    """Fail when the journey has left an invariant broken that its mark does not name."""
    mark = request.node.get_closest_marker(MARK)
    assert not mark or len(mark.args) == 2, f"say which invariants and why: {MARK}({{'I4'}}, 'the reason')"
    expected = mark.args[0] if mark else set()
    left = {name: rows for name, rows in market.find_broken().items() if name.split()[0] not in expected}
    assert left == {}, f"broken when the journey had ended: {left}"


async def look_before(now: datetime) -> Before:
    """The rows of earlier journeys. `now` is business time, UTC."""
    orders = await fetch("SELECT id FROM orders")
    [last] = await fetch("SELECT coalesce(max(id), 0) AS id FROM ledger_entry")
    broken = {name: {row for row, _ in rows} for name, rows in (await _find_broken(now)).items()}
    return Before(tuple(row["id"] for row in orders), last["id"], broken)


async def find_broken(before: Before, sandbox: str, key: str, now: datetime) -> Broken:
    """What a journey broke, as (row, words) by invariant; empty when all is well. Raises httpx.HTTPError."""
    async with httpx.AsyncClient(base_url=sandbox, timeout=30, trust_env=False) as client:
        books = await read_books(client, key)
    found = {
        name: [(row, words) for row, words in rows if row not in before.broken[name]]
        for name, rows in (await _find_broken(now)).items()
    }
    try:
        async with transaction():
            for view in WINDOW.format(orders=",".join(map(str, before.orders)), entry=before.entry).split(";"):
                await fetch(view)
            for one in COMPARISONS:
                found[f"{one.name} at the provider"] = await one.find(books, now + AT_REST)
            raise _Seen
    except _Seen:
        pass
    return {name: rows for name, rows in found.items() if rows}


async def _find_broken(now: datetime) -> Broken:
    return {one.name: await find_violations(one, now) for one in INVARIANTS}
