"""The sandbox of a test on a real port, so that other processes can speak to the same provider as the test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server


@dataclass
class Gate:
    """An app whose first request to `path` waits outside until the gate is opened."""

    app: Any
    path: str
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == self.path and not self.arrived.is_set():
            self.arrived.set()
            await self.opened.wait()
        await self.app(scope, receive, send)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve `app` from this process's loop; the address, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(
        app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False
    )
    serving = asyncio.ensure_future(server.serve())
    base = f"http://127.0.0.1:{port}"
    try:
        await answers(base)
        yield base
    finally:
        server.stop()
        await serving


async def answers(base: str) -> None:
    """Return when somebody answers there."""
    async with asyncio.timeout(20), httpx.AsyncClient(base_url=base, trust_env=False) as client:
        while True:
            try:
                await client.get("/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0)
            else:
                return
