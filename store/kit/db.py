"""The database: a transaction that cannot leak its connection, compare-and-set, bounded retries, prepared SQL.

Piccolo 1.38's own transaction loses its pool slot on every failed COMMIT and on cancellation, and after a lost
connection leaves the task bound to a dead transaction; `SafeTransaction` gives the slot back in every case
(`tests/kit/test_transaction.py`). Never spawn tasks inside a transaction: they would share its one connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Literal, TypeVar

import asyncpg
import structlog
from piccolo.engine.finder import engine_finder
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.table import Table

from store.kit.crash import pass_point
from store.kit.errors import TryLater
from store.kit.lifecycle import Lifecycle

ACQUIRE_SECONDS = 2.0
RELEASE_SECONDS = 2.0
COMMAND_SECONDS = 15.0
RETRY_TRIES = 5
RETRY_SECONDS = 10.0
# serialization, deadlock, lock time-out, admin shutdown, cannot connect now, read-only after a failover
RETRY_STATES = frozenset({"40001", "40P01", "55P03", "57P01", "57P03", "25006"})
LOST_CONNECTION: tuple[type[BaseException], ...] = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)
SERVER_SETTINGS = {
    "application_name": "overprint",
    "lock_timeout": "5s",
    "statement_timeout": "12s",
    "idle_in_transaction_session_timeout": "20s",
    "timezone": "UTC",
}

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class SafeTransaction(PostgresTransaction):
    """Piccolo's transaction, but the connection goes back to the pool whatever happens."""

    __slots__ = ("options",)

    options: dict[str, Any]

    async def get_connection(self) -> Any:
        if self.engine.pool is None:
            return await self.engine.get_new_connection()
        assert isinstance(self.engine, SafeEngine)
        return await acquire(self.engine)

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        self.connection = await self.get_connection()
        try:
            self.transaction = self.connection.transaction(**self.options)
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            self._terminate()
            await asyncio.shield(self._give_back())
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        if self._parent is not None:
            return False
        # First of all: whatever fails below, this task is not left bound to a dead transaction.
        self.engine.current_transaction.reset(self.context)
        try:
            if exception is None:
                if not (self._committed or self._rolled_back):
                    pass_point()
                    await self.commit()  # type: ignore[no-untyped-call]
                    pass_point()
            elif not self._rolled_back:
                try:
                    await self.rollback()  # type: ignore[no-untyped-call]
                except Exception:  # keep the first error
                    self._terminate()
        except BaseException:
            self._terminate()
            raise
        finally:
            await asyncio.shield(self._give_back())
        return False

    def _terminate(self) -> None:
        with contextlib.suppress(Exception):
            self.connection.terminate()

    async def _give_back(self) -> None:
        if self.engine.pool is None:
            await self.connection.close(timeout=2)
        else:
            await put_back(self.engine.pool, self.connection)


class SafeEngine(PostgresEngine):
    """Piccolo's engine with `SafeTransaction` and a bounded wait for a pool slot."""

    acquire_seconds = ACQUIRE_SECONDS

    def transaction(self, allow_nested: bool = True, **options: Any) -> SafeTransaction:
        tx = SafeTransaction(engine=self, allow_nested=allow_nested)
        tx.options = options
        return tx

    async def run_script(self, sql: str) -> None:
        """Run several statements at once, in the open transaction if there is one; for migrations."""
        tx = self.current_transaction.get()
        connection = tx.connection if tx is not None else await self.get_new_connection()
        try:
            await connection.execute(sql)
        finally:
            if tx is None:
                await connection.close()

    async def _run_in_pool(self, query: str, args: Any = None) -> Any:
        assert self.pool is not None
        connection = await acquire(self)
        # Outside a transaction a statement that writes commits by itself.
        commits = query.lstrip()[:6].upper() != "SELECT"
        try:
            if commits:
                pass_point()
            rows = await connection.fetch(query, *(args or ()))
            if commits:
                pass_point()
            return rows
        finally:
            await put_back(self.pool, connection)


def engine() -> SafeEngine:
    """The engine of `store.piccolo_conf`."""
    found = engine_finder()
    assert isinstance(found, SafeEngine)
    return found


async def start_pool(size: int, *, acquire_seconds: float = ACQUIRE_SECONDS, **options: Any) -> None:
    """Open the pool of this process with `size` connections at most, and our time-outs on each."""
    engine().acquire_seconds = acquire_seconds
    await engine().start_connection_pool(
        min_size=1,
        max_size=size,
        command_timeout=COMMAND_SECONDS,
        server_settings=SERVER_SETTINGS,
        **options,
    )


async def stop_pool() -> None:
    """Close the pool of this process."""
    if engine().pool is not None:
        await engine().close_connection_pool()


async def acquire(engine: SafeEngine) -> Any:
    """A connection of the pool, or `TryLater` after `acquire_seconds`: asyncpg itself would wait for ever."""
    assert engine.pool is not None
    try:
        return await engine.pool.acquire(timeout=engine.acquire_seconds)
    except TimeoutError:
        raise TryLater("The shop is very busy right now. Nothing was lost: please try again.") from None


async def put_back(pool: Any, connection: Any) -> None:
    """Give a connection's slot back; where it cannot be reset, what was written with it stays written all the same."""
    try:
        await pool.release(connection, timeout=RELEASE_SECONDS)
    except Exception:
        # asyncpg has cut the connection and freed its slot.
        log.warning("a connection could not be put back", exc_info=True)


def transaction(**options: Any) -> SafeTransaction:
    """One transaction; inside another it joins that one. `isolation="serializable"` as asyncpg names it."""
    return engine().transaction(**options)


@contextlib.asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Undo only what was done inside when an exception leaves; needs an open transaction."""
    tx = engine().current_transaction.get()
    if tx is None:
        raise RuntimeError("savepoint() outside a transaction")
    point = await tx.savepoint()
    try:
        yield
    except BaseException:
        with contextlib.suppress(asyncpg.InterfaceError, asyncpg.ConnectionDoesNotExistError):
            await point.rollback_to()  # type: ignore[no-untyped-call]
        raise
    await point.release()  # type: ignore[no-untyped-call]


async def fetch(sql: str, *args: Any) -> list[asyncpg.Record]:
    """Run `sql` ($1, $2 …) as a prepared statement, in the open transaction or on the pool."""
    tx = engine().current_transaction.get()
    if tx is not None:
        return list(await tx.connection.fetch(sql, *args))
    if engine().pool is None:
        return list(await engine()._run_in_new_connection(sql, args))
    return list(await engine()._run_in_pool(sql, args))


async def fetch_row(sql: str, *args: Any) -> asyncpg.Record | None:
    """The first row of `fetch`, or None."""
    rows = await fetch(sql, *args)
    return rows[0] if rows else None


async def fetch_value(sql: str, *args: Any) -> Any:
    """The first column of the first row of `fetch`, or None."""
    row = await fetch_row(sql, *args)
    return None if row is None else row[0]


async def advance(
    table: type[Table],
    lifecycle: Lifecycle,
    row_id: Any,
    to: str,
    *,
    column: str,
    sources: Iterable[str] | None = None,
    **values: Any,
) -> dict[str, Any] | None:
    """Compare-and-set: move `column` of one row to `to` if it stands in one of `sources` (all allowed ones if None).

    Returns the whole new row, or None when somebody else was first. Raises ValueError for a move the lifecycle
    does not list. `version` counts up in tables that have one, which is what ETags are made of.
    """
    wanted = tuple(sources) if sources is not None else lifecycle.sources(to)
    for source in wanted:
        if not lifecycle.allows(source, to):
            raise ValueError(f"{lifecycle.machine}: {source} -> {to} is not an allowed move")
    state = getattr(table, column)
    changes: dict[Any, Any] = {state: to, **{getattr(table, k): v for k, v in values.items()}}
    version: Any = next((c for c in table._meta.columns if c._meta.name == "version"), None)
    if version is not None:
        changes[version] = version + 1
    rows = await (
        table.update(changes)
        .where((table._meta.primary_key == row_id) & state.is_in(list(wanted)))
        .returning(*table.all_columns())
    )
    return dict(rows[0]) if rows else None


async def retrying(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Run an idempotent `attempt` again when the database says so, each try in a task of its own.

    At most 5 tries within 10 s of wall time, with jitter; then the last error leaves. A fresh task per try because a
    lost connection may leave a context behind in the old one.
    """
    began = time.monotonic()
    for n in range(1, RETRY_TRIES + 1):
        try:
            return await asyncio.create_task(_run(attempt))
        except Exception as error:
            if not is_retryable(error) or n == RETRY_TRIES or time.monotonic() - began > RETRY_SECONDS:
                raise
            if getattr(error, "sqlstate", None) == "25006" and engine().pool is not None:
                await engine().pool.expire_connections()  # type: ignore[union-attr]
            await asyncio.sleep(random.uniform(0, 0.05 * 2**n))  # noqa: S311
    raise AssertionError("unreachable")


def is_retryable(error: BaseException) -> bool:
    """Whether the same work may succeed when tried again on another connection."""
    return getattr(error, "sqlstate", None) in RETRY_STATES or isinstance(error, LOST_CONNECTION)


async def _run(attempt: Callable[[], Awaitable[Result]]) -> Result:
    return await attempt()
