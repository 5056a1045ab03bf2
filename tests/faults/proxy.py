"""A way to the database that can be cut at a COMMIT: before it arrives, or after its effect and before the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from store.kit.db import engine, start_pool, stop_pool
from tests.ready import open_pool

COMMIT = b"COMMIT;\0"
BYTES = 64 * 1024
Cut = Literal["before", "after", "never"]


@dataclass
class Proxy:
    """Forwards bytes; the `at`-th COMMIT that passes cuts its connection."""

    cut: Cut = "never"
    at: int = 1
    commits: int = 0
    cuts: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def arm(self, cut: Cut, at: int = 1) -> None:
        """From now on count COMMITs, and cut at one of them."""
        self.cut, self.at, self.commits, self.cuts = cut, at, 0, 0

    async def carry(self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either end or we are done with it."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        server_reader, server_writer = await asyncio.open_unix_connection(path)
        answers = asyncio.ensure_future(forward(server_reader, writer))
        try:
            while chunk := await reader.read(BYTES):
                if COMMIT in chunk and self._is_the_one():
                    if self.cut == "after":
                        answers.cancel()
                        server_writer.write(chunk)
                        await server_reader.readuntil(b"COMMIT\0")
                    break
                server_writer.write(chunk)
                await server_writer.drain()
        finally:
            answers.cancel()
            for end in (writer, server_writer):
                end.transport.abort()
            self.tasks.discard(task)

    def _is_the_one(self) -> bool:
        self.commits += 1
        if self.cut == "never" or self.commits != self.at:
            return False
        self.cuts += 1
        return True


async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until it ends."""
    with suppress(ConnectionError):
        while chunk := await reader.read(BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def through_proxy(url: str) -> AsyncIterator[Proxy]:
    """This process's pool goes through a proxy meanwhile."""
    parts = urlsplit(url)
    (folder,) = parse_qs(parts.query)["host"]
    proxy = Proxy()
    server = await asyncio.start_server(
        lambda reader, writer: proxy.carry(f"{folder}/.s.PGSQL.5432", reader, writer), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    await stop_pool()
    config = dict(engine().config)
    engine().config = {"dsn": f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}"}
    try:
        await start_pool(20, ssl=False)
        yield proxy
    finally:
        await stop_pool()
        engine().config = config
        server.close()
        for task in proxy.tasks:
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)
        await open_pool()
