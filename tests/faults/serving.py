"""The sandbox of a test on a real port, so that other processes can speak to the same provider as the test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
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
