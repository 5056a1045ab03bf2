"""After every test that moved money: the world is brought to rest, and then nothing of what must hold may be broken.

A test that plants a violation, or leaves the world in one that only a person can end, says so by the mark
`leaves_broken(invariants, reason)`: these are not asked for then, all others are.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from store.doctor.books import COMPARISONS, read_books
from store.doctor.invariants import INVARIANTS, find_violations
from store.kit import clock
from store.kit.db import fetch, fetch_value
from tests.examples import LONG
from tests.outages import release_leases

if TYPE_CHECKING:
    import pytest

    from tests.world import World

MOVED = """
SELECT EXISTS (SELECT FROM orders) OR EXISTS (SELECT FROM ledger_tx) OR EXISTS (SELECT FROM capture)
  OR EXISTS (SELECT FROM stock_move) OR EXISTS (SELECT FROM inbox_event)
"""
MARK = "leaves_broken"
# A test of one slice has no payments behind its orders, no orders behind its stock, no captures behind its journals.
OF_THE_WHOLE_SHOP = frozenset({"I4", "I6", "I10"})
EVERYTHING = timedelta(days=3650)
QUEUES = ("inbox_event", "operation", "mail_message")


async def find_broken(world: World | None = None) -> dict[str, list[tuple[str, str]]]:
    """Violations by invariant, the provider's side included when there is a world; empty when all is well."""
    now = clock.now()
    found = {one.name: await find_violations(one, now) for one in INVARIANTS}
    if world is not None:
        books = await read_books(world.console, world.settings.stripe_secret_key)
        for comparison in COMPARISONS:
            differences = await comparison.find(books, now + EVERYTHING)
            found[f"{comparison.name} at the provider"] = differences
    return {name: rows for name, rows in found.items() if rows}


async def find_broken_at_rest(world: World) -> dict[str, list[tuple[str, str]]]:
    """What is broken when everything has come to rest; what one look began the next one may end."""
    await bring_to_rest(world)
    broken = await find_broken(world)
    if broken or LONG:
        await bring_to_rest(world)
        broken = await find_broken(world)
    return broken


async def bring_to_rest(world: World) -> None:
    """No more faults, every event delivered, every row looked at: as it is a sweep after a disturbance."""
    assert (await world.console.delete("/_sandbox/faults")).status_code == 200
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    await release_leases(*QUEUES)
    await fetch("UPDATE payment SET check_at = $1 WHERE check_at IS NOT NULL", clock.now())
    await fetch("UPDATE capture SET settle_at = $1 WHERE settle_at IS NOT NULL", clock.now())
    await fetch("UPDATE capture SET refunds_at = $1 WHERE refunds_at IS NOT NULL", clock.now())
    await world.settle()


async def check_after(request: pytest.FixtureRequest, world: World | None = None, *, whole: bool = True) -> None:
    """What the fixtures call when a test has ended; fails it when an invariant is broken.

    `whole`: every slice took part, not one alone.
    """
    if not await fetch_value(MOVED):
        return
    mark = request.node.get_closest_marker(MARK)
    assert not mark or len(mark.args) == 2, f"say which invariants and why: {MARK}({{'I4'}}, 'the reason')"
    expected = (set(mark.args[0]) if mark else set()) | (set() if whole else OF_THE_WHOLE_SHOP)
    broken = await find_broken()
    if world is not None and await fetch_value("SELECT EXISTS (SELECT FROM orders)"):
        broken |= await find_broken_at_rest(world)
    left = {name: rows for name, rows in broken.items() if name.split()[0] not in expected}
    assert left == {}, f"broken when the test had ended: {left}"
