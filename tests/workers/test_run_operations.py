"""The worker's operations: decided once, run by the verb of their kind, backing off and parked at last."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from store.kit.db import fetch, transaction
from store.operations.service import enqueue
from store.workers import OPERATION_TRIES, Worker
from tests.facts import make_due, one, value
from tests.guards import unguarded
from tests.refunds.refunding import take_late
from tests.world import World, rows


async def decide(kind: str, key: str = "1", **body: Any) -> None:
    """One operation, as a slice writes it in its transaction."""
    async with transaction():
        await enqueue(kind, key, body)


async def test_refund_is_made_when_its_operation_is_due(world: World) -> None:
    await take_late(world)
    assert await value("SELECT count(*) FROM refund") == 0

    await world.worker.run_operations()

    assert await value("SELECT status FROM refund") == "succeeded"
    assert await one("SELECT state, attempt, last_error FROM operation") == {
        "state": "done",
        "attempt": 1,
        "last_error": "",
    }


async def test_operation_is_run_once_when_several_workers_run(world: World) -> None:
    await take_late(world)
    workers = [Worker(world.gateways, world.worker.mailer) for _ in range(4)]

    taken = await asyncio.gather(*(worker.run_operations() for worker in workers))

    assert sum(taken) == 1
    assert await value("SELECT attempt FROM operation") == 1


async def test_operation_is_written_once_when_it_is_decided_twice(db: str) -> None:
    await decide("refund", "capture-1", capture_id="a")
    await decide("refund", "capture-1", capture_id="b")

    assert await value("SELECT body FROM operation") == '{"capture_id":"a"}'
    copy = "INSERT INTO operation (id, kind, key) SELECT gen_random_uuid(), kind, key FROM operation"
    with pytest.raises(asyncpg.UniqueViolationError, match="operation_once"):
        await fetch(copy)
    async with unguarded("ALTER TABLE operation DROP CONSTRAINT operation_once"):
        await fetch(copy)
        assert await value("SELECT count(*) FROM operation") == 2


async def test_nothing_is_decided_when_the_transaction_is_rolled_back(db: str) -> None:
    async with unguarded():
        await decide("refund")

    assert await rows("SELECT 1 FROM operation") == []


async def test_operation_waits_and_says_why_when_nobody_knows_its_kind(world: World) -> None:
    await decide("unheard_of")

    await world.worker.drain()

    row = await one("SELECT state, attempt, last_error FROM operation")
    assert (row["state"], row["attempt"]) == ("waiting", 1)
    assert "unheard_of" in row["last_error"]


async def test_others_run_when_one_fails(world: World) -> None:
    await take_late(world)
    await decide("unheard_of")

    await world.worker.drain()

    found = await rows("SELECT kind, state FROM operation ORDER BY kind")
    assert [tuple(row.values()) for row in found] == [("refund", "done"), ("unheard_of", "waiting")]


async def test_operation_waits_longer_each_time_and_is_parked_at_last(world: World) -> None:
    await decide("unheard_of")
    waits = []

    for _ in range(8):
        await world.worker.run_operations()
        wait = await value("SELECT extract(epoch FROM run_at - now())::int FROM operation")
        waits.append(wait)
        await make_due("operation")

    assert waits == sorted(waits)
    assert waits[-1] > 3000
    await fetch("UPDATE operation SET attempt = $1", OPERATION_TRIES - 1)
    await world.worker.run_operations()
    assert await one("SELECT state, attempt FROM operation") == {"state": "parked", "attempt": OPERATION_TRIES}
    await make_due("operation")
    assert await world.worker.run_operations() == 0


async def test_operation_is_taken_again_when_its_worker_died(world: World) -> None:
    """Nobody wrote a result: the lease runs out and the next worker takes it, by its own attempt."""
    await take_late(world)
    await fetch("UPDATE operation SET attempt = 1, lease_until = now() + interval '1 minute'")
    assert await world.worker.run_operations() == 0

    await fetch("UPDATE operation SET lease_until = now() - interval '1 second'")

    assert await world.worker.run_operations() == 1
    assert await one("SELECT state, attempt FROM operation") == {"state": "done", "attempt": 2}
