"""Locks between two parties of a test: one holds a row, the other one is seen to wait for it."""

from __future__ import annotations

import asyncio

from store.kit.db import fetch_value

WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def wait_for_waiting(working: asyncio.Future[object]) -> None:
    """Return when somebody waits for a lock in this worker's database; fails when `working` ends without."""
    async with asyncio.timeout(4):
        while not await fetch_value(WAITING):
            assert not working.done(), "it did not wait for this row at all"
