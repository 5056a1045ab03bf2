"""A window on the shop's database for tests without an event loop: a connection, and the pool that the doctor asks."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg

from store.kit.db import start_pool, stop_pool

ANSWER_SECONDS = 20.0
Row = dict[str, Any]
T = TypeVar("T")


class Rows:
    """A synchronous window on the shop's database; its event loop lives in a thread, Playwright owns this one's."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connection: asyncpg.Connection[Any] = self.run(asyncpg.connect(url))
        # The doctor asks through the shop's own pool, whose engine reads its address once.
        os.environ["DATABASE_URL"] = url
        self.run(start_pool(1))

    def fetch(self, sql: str, *args: Any) -> list[Row]:
        """The rows of one statement."""
        return [dict(row) for row in self.run(self._connection.fetch(sql, *args))]

    def close(self) -> None:
        """Leave the database."""
        self.run(stop_pool())
        self.run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a coroutine that asks the database returns."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(ANSWER_SECONDS)
