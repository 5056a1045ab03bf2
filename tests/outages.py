"""Outages on purpose: a database that lets nobody in."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from store.kit.db import engine, fetch


@asynccontextmanager
async def database_away(url: str) -> AsyncIterator[None]:
    """Throw everybody out of this worker's database and let nobody in meanwhile."""
    name = urlsplit(url).path.removeprefix("/")
    admin = await asyncpg.connect(os.environ["OVERPRINT_TEST_SERVER"])
    try:
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        try:
            yield
        finally:
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            pool = engine().pool
            assert pool is not None
            await pool.expire_connections()
    finally:
        await admin.close()


async def release_leases(*tables: str) -> None:
    """As if a minute had passed since somebody took these rows and died, and every back-off were over."""
    for table in tables:
        await fetch(
            f"UPDATE {table} SET lease_until = NULL, run_at = now() - interval '1 second' WHERE state = 'waiting'"
        )
