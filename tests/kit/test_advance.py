"""Compare-and-set: one winner, only listed moves, and the database's own guard behind it."""

import asyncio

import asyncpg
import pytest

from store.kit.db import advance, fetch, fetch_value, transaction
from store.kit.lifecycle import Lifecycle
from tests.kit.conftest import LAMP, Lamp

pytestmark = pytest.mark.usefixtures("lamps")


async def read_moves() -> list[tuple[int, str, str]]:
    rows = await fetch(
        "SELECT seq, from_state, to_state FROM transition WHERE machine = 'lamp' AND row_id = '1' ORDER BY seq"
    )
    return [tuple(row) for row in rows]


async def test_one_of_25_wins_when_they_race() -> None:
    results = await asyncio.gather(*(advance(Lamp, LAMP, 1, "on", column="state", watts=n + 1) for n in range(25)))

    winners = [row for row in results if row is not None]
    assert len(winners) == 1
    assert winners[0] == {"id": 1, "state": "on", "watts": winners[0]["watts"], "version": 2}
    assert await fetch_value("SELECT watts FROM lamp") == winners[0]["watts"]
    assert await read_moves() == [(1, "off", "on")]


async def test_several_win_when_they_read_then_write() -> None:
    """The negative control: the naive twin of `advance`."""
    meet = asyncio.Barrier(5)

    async def switch_on_naively() -> bool:
        state = await fetch_value("SELECT state FROM lamp WHERE id = 1")
        await meet.wait()
        if state != "off":
            return False
        await fetch("UPDATE lamp SET state = 'on' WHERE id = 1")
        return True

    assert sum(await asyncio.gather(*(switch_on_naively() for _ in range(5)))) > 1


async def test_moves_are_counted_without_a_gap_when_a_row_moves_on() -> None:
    for target in ("on", "off", "broken"):
        assert await advance(Lamp, LAMP, 1, target, column="state")

    assert await read_moves() == [(1, "off", "on"), (2, "on", "off"), (3, "off", "broken")]
    assert await fetch_value("SELECT version FROM lamp") == 4


async def test_nothing_moves_when_the_row_stands_elsewhere() -> None:
    assert await advance(Lamp, LAMP, 1, "off", column="state") is None
    assert await advance(Lamp, LAMP, 2, "on", column="state") is None
    assert await advance(Lamp, LAMP, 1, "off", column="state", sources=["on"]) is None

    assert await read_moves() == []


async def test_move_is_refused_when_the_lifecycle_does_not_list_it() -> None:
    with pytest.raises(ValueError, match="lamp: broken -> on is not an allowed move"):
        await advance(Lamp, LAMP, 1, "on", column="state", sources=["off", "broken"])


@pytest.mark.parametrize("target", ["on", "purple"])
async def test_database_refuses_when_a_move_is_not_listed(target: str) -> None:
    await advance(Lamp, LAMP, 1, "broken", column="state")

    with pytest.raises(asyncpg.CheckViolationError, match=f"broken -> {target} is not an allowed move"):
        await fetch("UPDATE lamp SET state = $1", target)

    assert await fetch_value("SELECT state FROM lamp") == "broken"


async def test_database_refuses_when_python_lists_more_than_it_knows() -> None:
    generous = Lifecycle("lamp", {"off": frozenset({"purple"})})

    with pytest.raises(asyncpg.CheckViolationError):
        await advance(Lamp, generous, 1, "purple", column="state")


async def test_move_is_not_recorded_when_the_transaction_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        await switch_on_and_fail()

    assert await read_moves() == []


async def switch_on_and_fail() -> None:
    async with transaction():
        await advance(Lamp, LAMP, 1, "on", column="state")
        raise ZeroDivisionError


async def test_nothing_is_recorded_when_the_state_stays() -> None:
    await fetch("UPDATE lamp SET state = 'off', watts = 5")

    assert await read_moves() == []


@pytest.mark.parametrize("statement", ["UPDATE transition SET to_state = 'off'", "DELETE FROM transition"])
async def test_database_refuses_when_history_is_rewritten(statement: str) -> None:
    await advance(Lamp, LAMP, 1, "on", column="state")

    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await fetch(statement)


def test_sources_are_found_when_a_target_is_named() -> None:
    assert LAMP.sources("on") == ("off",)
    assert LAMP.sources("nowhere") == ()
    assert LAMP.allows("on", "off")
    assert not LAMP.allows("nowhere", "on")
    assert LAMP.pairs() == [("off", "broken"), ("off", "on"), ("on", "off")]
