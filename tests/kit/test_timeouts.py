"""Nothing waits for ever: each connection of the pool carries our time-outs, and they bite."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from store.kit.db import COMMAND_SECONDS, SERVER_SETTINGS, engine, fetch, fetch_value, is_retryable, transaction

TIMEOUTS = {
    "lock_timeout": "5s",
    "statement_timeout": "12s",
    "idle_in_transaction_session_timeout": "20s",
}


@pytest.mark.parametrize(("name", "value"), TIMEOUTS.items())
async def test_connection_carries_the_timeout_when_it_is_of_the_pool(database: str, name: str, value: str) -> None:
    assert SERVER_SETTINGS[name] == value
    assert await fetch_value(f"SHOW {name}") == value
    async with transaction():
        assert await fetch_value(f"SHOW {name}") == value


async def test_client_gives_up_too_when_the_server_does_not_answer_in_time(database: str) -> None:
    """Later than the server, whose own error says what was slow."""
    pool = engine().pool
    assert pool is not None
    connection = await pool.acquire()

    try:
        assert connection._config.command_timeout == COMMAND_SECONDS > 12
    finally:
        await pool.release(connection)


async def test_second_writer_may_try_again_when_the_first_keeps_its_lock(db: str) -> None:
    await fetch("INSERT INTO rate_limit (key, tat) VALUES ('row', 0)")
    locked, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with transaction():
            await fetch("UPDATE rate_limit SET tat = 1")
            locked.set()
            await done.wait()

    holder = asyncio.create_task(hold())
    await locked.wait()

    async def overtake() -> None:
        async with transaction():
            await fetch("SET LOCAL lock_timeout = '20ms'")
            await fetch("UPDATE rate_limit SET tat = 2")

    with pytest.raises(asyncpg.LockNotAvailableError) as caught:
        await overtake()
    done.set()
    await holder

    assert is_retryable(caught.value)
    assert await fetch_value("SELECT tat FROM rate_limit") == 1


async def test_statement_is_prepared_once_when_it_is_run_again(database: str) -> None:
    async with transaction():
        for _ in range(3):
            await fetch("SELECT $1::int AS prepared_once", 1)

        assert (
            await fetch_value("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%prepared_once'") == 1
        )
