"""Schema guards taken away for a moment: what is dropped in here is rolled back, PostgreSQL's DDL is transactional.

So each control runs beside its guard: the same write is refused with it and goes through without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.kit.db import fetch, transaction


class _Undo(Exception):
    """Leaves the transaction of `unguarded` by rolling it back."""


@asynccontextmanager
async def unguarded(*ddl: str) -> AsyncIterator[None]:
    """A transaction with these guards gone; nothing that is written in it stays, and it never commits."""
    try:
        async with transaction():
            for statement in ddl:
                await fetch(statement)
            yield
            raise _Undo
    except _Undo:
        pass


async def write_now(sql: str, *args: object) -> None:
    """One write with the checks of COMMIT done at once, in a transaction of its own that is rolled back."""
    async with unguarded("SET CONSTRAINTS ALL IMMEDIATE"):
        await fetch(sql, *args)
