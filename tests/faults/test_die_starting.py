"""A process may die while it brings the tables up to date: started again it goes on until they are right."""

from __future__ import annotations

import asyncio
import os
import sys

import asyncpg

from store.kit.crash import EXIT_CODE
from tests.conftest import ROOT, TEMPLATE, database_url, make_database

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public'
ORDER BY 1, 2
"""
GUARDS = """
SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
ORDER BY 1, 2, 3
"""

MOVES = "SELECT machine, from_state, to_state FROM allowed_move ORDER BY 1, 2, 3"


async def migrate(url: str, crash_at: int = 0) -> int:
    """Run the command in a process of its own; its exit code."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "DEMO": "1", "CRASH_AT": str(crash_at)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "store", "migrate"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await asyncio.wait_for(process.wait(), 120)


async def read_schema(url: str) -> tuple[list[tuple[object, ...]], ...]:
    """Columns, and all that guards them."""
    connection = await asyncpg.connect(url)
    try:
        columns, guards = await connection.fetch(COLUMNS), await connection.fetch(GUARDS)
        known = await connection.fetchval("SELECT to_regclass('allowed_move') IS NOT NULL")
        moves = await connection.fetch(MOVES) if known else []
        return tuple([tuple(row) for row in rows] for rows in (columns, guards, moves))
    finally:
        await connection.close()


async def test_tables_are_whole_or_untouched_when_migrating_died_at_any_commit(database: str) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    url = await make_database(f"overprint_{worker}_dying", "template1")
    untouched, whole = await read_schema(url), await read_schema(database_url(TEMPLATE))

    codes, found = [], []
    while 0 not in codes:
        codes.append(await migrate(url, len(codes) + 1))
        found.append(await read_schema(url))

    assert codes[:2] == [EXIT_CODE, EXIT_CODE]
    assert all(schema in (untouched, whole) for schema in found)
    assert found[0] == untouched
    assert found[-1] == whole
