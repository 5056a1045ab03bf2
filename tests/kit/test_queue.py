"""A table as a queue: each row to one claimer, leases that end, results fenced, failures spaced and parked at last."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from store.kit import clock, queue
from store.kit.db import engine, fetch, fetch_row, fetch_value, transaction


async def add(count: int = 1) -> None:
    await fetch("INSERT INTO chore (state) SELECT 'waiting' FROM generate_series(1, $1)", count)


async def end_lease() -> None:
    await fetch("UPDATE chore SET lease_until = $1", clock.wall() - timedelta(seconds=1))


async def end_back_off() -> None:
    await fetch("UPDATE chore SET run_at = $1", clock.wall() - timedelta(seconds=1))


async def read_chore() -> asyncpg.Record:
    row = await fetch_row("SELECT * FROM chore")
    assert row is not None
    return row


async def test_each_row_has_one_claimer_when_two_claim_at_once(chores: str) -> None:
    await add(40)

    claims = await asyncio.gather(*(queue.claim(chores, 5) for _ in range(12)))

    ids = [claim.id for batch in claims for claim in batch]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == 40
    assert {claim.attempt for batch in claims for claim in batch} == {1}


async def test_rows_have_two_claimers_when_they_are_read_then_marked(chores: str) -> None:
    """The negative control: the naive twin of `claim`."""
    await add(1)
    meet = asyncio.Barrier(2)

    async def claim_naively() -> list[int]:
        rows = await fetch("SELECT id FROM chore WHERE lease_until IS NULL")
        await meet.wait()
        await fetch("UPDATE chore SET lease_until = now() WHERE id = ANY($1)", [row["id"] for row in rows])
        return [row["id"] for row in rows]

    first, second = await asyncio.gather(claim_naively(), claim_naively())
    assert first == second != []


async def test_row_is_left_alone_when_it_is_leased_later_done_or_parked(chores: str) -> None:
    await add(4)
    later, past = clock.wall() + timedelta(hours=1), clock.wall() - timedelta(hours=1)
    await fetch("UPDATE chore SET lease_until = $1 WHERE id = 1", later)
    await fetch("UPDATE chore SET run_at = $1 WHERE id = 2", later)
    await fetch("UPDATE chore SET state = 'done', run_at = $1 WHERE id = 3", past)
    await fetch("UPDATE chore SET state = 'parked', run_at = $1 WHERE id = 4", past)

    assert await queue.claim(chores) == []


async def test_row_is_claimed_again_when_its_lease_has_ended(chores: str) -> None:
    await add()
    (first,) = await queue.claim(chores)
    assert await queue.claim(chores) == []
    await end_lease()

    (second,) = await queue.claim(chores)

    assert (first.id, first.attempt, second.attempt) == (second.id, 1, 2)


async def test_result_is_not_written_when_a_zombie_wakes_up(chores: str) -> None:
    await add()
    (zombie,) = await queue.claim(chores)
    await end_lease()
    (owner,) = await queue.claim(chores)

    assert await queue.finish(zombie) is False
    await queue.postpone(zombie, "too late", tries=1)
    assert (await read_chore())["state"] == "waiting"
    assert await queue.finish(owner) is True

    chore = await read_chore()
    assert (chore["state"], chore["lease_until"], chore["last_error"]) == ("done", None, "")
    assert chore["done_at"] is not None


async def test_back_off_grows_when_the_work_keeps_failing(chores: str) -> None:
    await add()
    delays = []

    for _ in range(9):
        (claim,) = await queue.claim(chores)
        before = clock.wall()
        assert await queue.postpone(claim, "no luck", tries=99) == "waiting"
        assert await queue.claim(chores) == []
        delays.append(round(((await read_chore())["run_at"] - before).total_seconds()))
        await end_back_off()

    assert delays == [1, 2, 5, 15, 60, 300, 900, 3600, 3600]


async def test_row_is_parked_when_the_last_try_fails(chores: str) -> None:
    await add()

    async def fail(row: asyncpg.Record) -> None:
        raise ValueError(f"chore {row['id']} is poison")

    for _ in range(3):
        assert await queue.work(chores, fail, tries=3) == 1
        await end_back_off()

    assert await queue.work(chores, fail, tries=3) == 0
    chore = await read_chore()
    assert (chore["state"], chore["attempt"]) == ("parked", 3)
    assert chore["last_error"] == f"ValueError: chore {chore['id']} is poison"


async def test_others_are_done_when_one_is_poison(chores: str) -> None:
    await add(3)

    async def handle(row: asyncpg.Record) -> str | None:
        if row["id"] == 2:
            raise ValueError("poison")
        return "ignored" if row["id"] == 3 else None

    assert await queue.work(chores, handle) == 3

    states = [row["state"] for row in await fetch("SELECT state FROM chore ORDER BY id")]
    assert states == ["done", "waiting", "ignored"]


async def test_work_runs_without_a_transaction_when_it_is_handled(chores: str) -> None:
    await add()
    seen: list[Any] = []

    async def handle(row: asyncpg.Record) -> None:
        seen.append(engine().current_transaction.get())

    await queue.work(chores, handle)

    assert seen == [None]


async def test_each_chore_is_done_once_when_two_workers_work(chores: str) -> None:
    await add(50)
    done: list[int] = []

    async def handle(row: asyncpg.Record) -> None:
        done.append(row["id"])

    async def work_off() -> None:
        while await queue.work(chores, handle):
            pass

    await asyncio.gather(work_off(), work_off())

    assert sorted(done) == list(range(1, 51))
    assert await fetch_value("SELECT count(*) FROM chore WHERE state = 'done' AND attempt = 1") == 50


@pytest.mark.parametrize("commit", [True, False])
async def test_workers_wake_only_when_the_transaction_commits(chores: str, db: str, commit: bool) -> None:
    listener, heard = await asyncpg.connect(db), asyncio.Queue[str]()
    await listener.add_listener(queue.CHANNEL, lambda *args: heard.put_nowait(args[2]))

    try:
        async with transaction():
            await queue.notify()
            await listener.execute("SELECT 1")
            assert heard.empty()
            if not commit:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass

    # A notification arrives before the answer to any later statement of the listener.
    await listener.execute("SELECT 1")
    assert heard.empty() is not commit
    await listener.close()
