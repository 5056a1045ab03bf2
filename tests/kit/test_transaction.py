"""Whatever ends a transaction, its pool slot comes back and its task is free; Piccolo's own shows the opposite."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest
from piccolo.engine.postgres import PostgresEngine

from store.kit.db import SafeEngine, fetch, fetch_value, savepoint, transaction
from store.kit.errors import TryLater

SLOTS = 3
Engine = PostgresEngine | SafeEngine


@pytest.fixture(autouse=True)
async def tables(db: str) -> AsyncIterator[None]:
    admin = await asyncpg.connect(db)
    await admin.execute("CREATE TABLE leak (n int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO leak VALUES (1)")
    yield
    await admin.execute("DROP TABLE leak")
    await admin.close()


@asynccontextmanager
async def opened(kind: type[Engine], url: str, slots: int = SLOTS, **options: Any) -> AsyncIterator[Any]:
    """An engine of its own with a pool of `slots`."""
    engine: Any = kind(config={"dsn": url})
    await engine.start_connection_pool(min_size=1, max_size=slots, **options)
    try:
        yield engine
    finally:
        engine.pool.terminate()


def busy(engine: Any) -> int:
    return int(engine.pool.get_size() - engine.pool.get_idle_size())


async def run(engine: Any, *statements: str) -> None:
    async with engine.transaction():
        for statement in statements:
            await engine.current_transaction.get().connection.execute(statement)


async def in_tasks(work: Callable[[], Awaitable[Any]], times: int) -> None:
    """Each in a task of its own, as requests are; whatever it raises is its own business."""
    for _ in range(times):
        with suppress(Exception):
            await asyncio.create_task(work())  # type: ignore[arg-type]


async def fail_to_commit(engine: Any) -> None:
    await run(engine, "INSERT INTO leak VALUES (1)")


async def cancel_at_every_step(engine: Any) -> None:
    """Cancel one transaction after 0, 1, 2 … turns of the loop, so that each await is hit; stop at a dead pool."""
    for turns in range(250):
        task = asyncio.create_task(run(engine, "SELECT 1"))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if busy(engine) >= SLOTS:
            return


async def lose_connection(engine: Any, url: str) -> None:
    admin = await asyncpg.connect(url)
    try:
        async with engine.transaction():
            connection = engine.current_transaction.get().connection
            await admin.execute("SELECT pg_terminate_backend($1, 5000)", connection.get_server_pid())
            await connection.execute("SELECT 1")
    finally:
        await admin.close()


async def lose_connection_then_ask(engine: Any, url: str) -> Any:
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await lose_connection(engine, url)
    tx = engine.current_transaction.get()
    if tx is not None:
        return await tx.connection.fetchval("SELECT 1")
    async with engine.pool.acquire() as connection:
        return await connection.fetchval("SELECT 1")


async def test_slots_come_back_when_commits_fail(db: str) -> None:
    async with opened(SafeEngine, db) as engine:
        await in_tasks(lambda: fail_to_commit(engine), SLOTS + 2)

        assert busy(engine) == 0
        with pytest.raises(asyncpg.UniqueViolationError):
            await fail_to_commit(engine)


async def test_slots_are_lost_when_piccolos_own_commits_fail(db: str) -> None:
    async with opened(PostgresEngine, db) as engine:
        await in_tasks(lambda: fail_to_commit(engine), SLOTS)

        assert busy(engine) == SLOTS


async def test_slots_come_back_when_requests_are_cancelled(db: str) -> None:
    async with opened(SafeEngine, db) as engine:
        await cancel_at_every_step(engine)

        assert busy(engine) == 0
        await run(engine, "SELECT 1")


async def test_slots_are_lost_when_piccolos_own_requests_are_cancelled(db: str) -> None:
    async with opened(PostgresEngine, db) as engine:
        await cancel_at_every_step(engine)

        assert busy(engine) > 0


async def test_task_goes_on_when_its_connection_was_lost(db: str) -> None:
    async with opened(SafeEngine, db) as engine:
        assert await asyncio.create_task(lose_connection_then_ask(engine, db)) == 1

        assert busy(engine) == 0


async def test_task_is_stuck_when_piccolos_own_connection_was_lost(db: str) -> None:
    async with opened(PostgresEngine, db) as engine:
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await asyncio.create_task(lose_connection_then_ask(engine, db))


async def terminate_and_fail(engine: Any) -> None:
    async with engine.transaction():
        engine.current_transaction.get().connection.terminate()
        raise ZeroDivisionError


async def test_first_error_leaves_when_the_rollback_fails_too(db: str) -> None:
    async with opened(SafeEngine, db) as engine:
        with pytest.raises(ZeroDivisionError):
            await terminate_and_fail(engine)

        assert busy(engine) == 0


async def test_slot_comes_back_when_begin_fails(db: str) -> None:
    async with opened(SafeEngine, db) as engine:
        with pytest.raises(ValueError):
            await engine.transaction(isolation="nonsense").__aenter__()

        assert busy(engine) == 0
        assert engine.current_transaction.get() is None


@pytest.mark.parametrize("write", [run, SafeEngine._run_in_pool], ids=["transaction", "statement"])
async def test_what_is_written_counts_when_its_connection_cannot_be_put_back(
    write: Callable[[Any, str], Awaitable[Any]], db: str
) -> None:
    async def fail(connection: Any) -> None:
        raise TimeoutError

    async with opened(SafeEngine, db, reset=fail) as engine:
        await write(engine, "INSERT INTO leak VALUES (2)")

        assert busy(engine) == 0
    assert await fetch_value("SELECT array_agg(n ORDER BY n) FROM leak") == [1, 2]


async def test_visitor_is_asked_to_wait_when_the_pool_is_exhausted(db: str) -> None:
    async with opened(SafeEngine, db, slots=1) as engine:
        async with engine.pool.acquire():
            with pytest.raises(TryLater, match="try again"):
                await run(engine, "SELECT 1")

        await run(engine, "SELECT 1")
        assert busy(engine) == 0


async def test_transaction_works_when_no_pool_is_open(db: str) -> None:
    engine: Any = SafeEngine(config={"dsn": db})

    await run(engine, "INSERT INTO leak VALUES (2)")
    with pytest.raises(asyncpg.UniqueViolationError):
        await fail_to_commit(engine)

    assert await fetch_value("SELECT array_agg(n ORDER BY n) FROM leak") == [1, 2]


async def test_all_is_undone_when_an_error_leaves() -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await insert_then("SELECT 1/0")

    assert await fetch_value("SELECT count(*) FROM leak") == 1


async def insert_then(statement: str) -> None:
    async with transaction():
        await fetch("INSERT INTO leak VALUES (2)")
        await fetch(statement)


async def test_inner_transaction_joins_when_one_is_open() -> None:
    async with transaction():
        outer = await fetch_value("SELECT pg_backend_pid()")
        async with transaction():
            assert await fetch_value("SELECT pg_backend_pid()") == outer
            await fetch("INSERT INTO leak VALUES (2)")
        await fetch("INSERT INTO leak VALUES (3)")

    assert await fetch_value("SELECT count(*) FROM leak") == 3


async def test_isolation_is_what_was_asked_for() -> None:
    async with transaction(isolation="serializable"):
        assert await fetch_value("SHOW transaction_isolation") == "serializable"


async def test_only_the_inner_part_is_undone_when_a_savepoint_fails() -> None:
    async with transaction():
        await fetch("INSERT INTO leak VALUES (2)")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await fail_inside_savepoint()
        async with savepoint():
            await fetch("INSERT INTO leak VALUES (4)")

    assert await fetch_value("SELECT array_agg(n ORDER BY n) FROM leak") == [1, 2, 4]


async def fail_inside_savepoint() -> None:
    async with savepoint():
        await fetch("INSERT INTO leak VALUES (3)")
        await fetch("SELECT 1/0")


async def test_savepoint_is_refused_when_no_transaction_is_open() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        await fail_inside_savepoint()
