"""What may be tried again is, in a fresh task, a bounded number of times; everything else leaves at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from store.kit.db import RETRY_TRIES, fetch, fetch_value, is_retryable, retrying, transaction

RETRYABLE = [
    asyncpg.SerializationError("x"),
    asyncpg.DeadlockDetectedError("x"),
    asyncpg.LockNotAvailableError("x"),
    asyncpg.AdminShutdownError("x"),
    asyncpg.CannotConnectNowError("x"),
    asyncpg.ReadOnlySQLTransactionError("x"),
    asyncpg.ConnectionDoesNotExistError("x"),
    asyncpg.InterfaceError("connection is closed"),
    ConnectionResetError(),
    TimeoutError(),
]
FINAL = [asyncpg.UniqueViolationError("x"), asyncpg.CheckViolationError("x"), ValueError("x"), KeyError("x")]


class Flaky:
    """Raises `error` the first `failures` times, then answers with the number of the try."""

    def __init__(self, error: Exception, failures: int) -> None:
        self.error, self.failures = error, failures
        self.tasks: list[Any] = []

    async def __call__(self) -> int:
        self.tasks.append(asyncio.current_task())
        if len(self.tasks) <= self.failures:
            raise self.error
        return len(self.tasks)


@pytest.mark.parametrize("error", RETRYABLE, ids=lambda error: type(error).__name__)
async def test_work_is_tried_again_when_the_database_may_recover(database: str, error: Exception) -> None:
    work = Flaky(error, 1)

    assert is_retryable(error)
    assert await retrying(work) == 2
    assert len({id(task) for task in (*work.tasks, asyncio.current_task())}) == 3


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
async def test_error_leaves_at_once_when_a_retry_cannot_help(database: str, error: Exception) -> None:
    work = Flaky(error, 1)

    assert not is_retryable(error)
    with pytest.raises(type(error)):
        await retrying(work)
    assert len(work.tasks) == 1


async def test_last_error_leaves_when_it_never_gets_better(database: str) -> None:
    work = Flaky(asyncpg.SerializationError("x"), 99)

    with pytest.raises(asyncpg.SerializationError):
        await retrying(work)
    assert len(work.tasks) == RETRY_TRIES


async def test_connections_are_replaced_when_the_server_became_read_only(database: str) -> None:
    pids: list[int] = []

    async def write() -> None:
        pids.append(await fetch_value("SELECT pg_backend_pid()"))
        if len(pids) == 1:
            raise asyncpg.ReadOnlySQLTransactionError("x")

    await retrying(write)

    assert pids[0] != pids[1]


@pytest.fixture
async def counters(db: str) -> AsyncIterator[None]:
    await fetch("CREATE TABLE tally (id int PRIMARY KEY, n int NOT NULL)")
    await fetch("INSERT INTO tally VALUES (1, 0), (2, 0)")
    yield
    await fetch("DROP TABLE tally")


async def test_both_succeed_when_two_deadlock(counters: None) -> None:
    meet = asyncio.Barrier(2)
    tries: list[int] = []

    async def count_both(first: int, second: int) -> None:
        tries.append(first)
        async with transaction():
            await fetch("UPDATE tally SET n = n + 1 WHERE id = $1", first)
            if len(tries) <= 2:
                await meet.wait()
            await fetch("UPDATE tally SET n = n + 1 WHERE id = $1", second)

    await asyncio.gather(retrying(lambda: count_both(1, 2)), retrying(lambda: count_both(2, 1)))

    assert len(tries) == 3
    assert [row["n"] for row in await fetch("SELECT n FROM tally ORDER BY id")] == [2, 2]


async def test_none_is_lost_when_serializable_writers_collide(counters: None) -> None:
    meet = asyncio.Barrier(2)
    tries: list[None] = []

    async def count() -> None:
        tries.append(None)
        async with transaction(isolation="serializable"):
            n = await fetch_value("SELECT n FROM tally WHERE id = 1")
            if len(tries) <= 2:
                await meet.wait()
            await fetch("UPDATE tally SET n = $1 WHERE id = 1", n + 1)

    await asyncio.gather(retrying(count), retrying(count))

    assert len(tries) == 3
    assert await fetch_value("SELECT n FROM tally WHERE id = 1") == 2
