"""Serve the sandbox: granian inside this process, one worker, loopback.

Two listeners share one app where the machine has IPv6, so that `127.0.0.1` and `localhost` both answer
whichever address a client tries first. SIGTERM and SIGINT end it cleanly: hanging faults and waiting pages
are let go first, because the server waits for open requests.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

from store.sandbox.app import LiveKeyError, create_app

STOP_SECONDS = 4.0


def serve(
    data: Path, port: int, host: str = "127.0.0.1", clock: Path | None = None, smtp_port: int | None = None
) -> None:
    """Serve the sandbox over the folder `data` until SIGTERM or SIGINT.

    `clock` is the virtual clock's file (default `data/clock`); without `smtp_port` no mail server runs.
    SystemExit with one clear line when a port is taken, the folder cannot be written, or a live key is about.
    """
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(levelname)s %(name)s: %(message)s")
    for taken in [port] if smtp_port is None else [port, smtp_port]:
        _refuse_taken(host, taken)
    try:
        app = create_app(data, clock=clock, smtp_port=smtp_port, smtp_host=host)
    except LiveKeyError as problem:
        raise SystemExit(f"sandbox: {problem}") from None
    except OSError as problem:
        raise SystemExit(f"sandbox: cannot use the data folder {data}: {problem}") from None
    asyncio.run(_serve(app, host, port))


async def _serve(app: Any, host: str, port: int) -> None:
    # The lifespan runs once, with the first listener; the others share the app.
    servers = [
        Server(
            app,
            address=address,
            port=port,
            interface=Interfaces.ASGI if first else Interfaces.ASGINL,
            websockets=False,
            log_enabled=False,
        )
        for first, address in (
            (number == 0, address) for number, address in enumerate(_addresses(host, port))
        )
    ]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    running = [asyncio.ensure_future(server.serve()) for server in servers]
    await asyncio.wait([*running, asyncio.ensure_future(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    app.state.closing.set()
    for server in servers:
        server.stop()  # type: ignore[no-untyped-call]
    _, late = await asyncio.wait(running, timeout=STOP_SECONDS)
    for listener in late:
        listener.cancel()


def _addresses(host: str, port: int) -> list[str]:
    if host != "127.0.0.1":
        return [host]
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("::1", port))
    except OSError:
        return [host]
    return [host, "::1"]


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            reason = (
                "is already in use"
                if problem.errno == errno.EADDRINUSE
                else f"cannot be used ({problem.strerror})"
            )
            raise SystemExit(
                f"sandbox: port {port} on {host} {reason}. Stop what uses it, or choose another port."
            ) from None


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), smtp_port=int(sys.argv[3]) if len(sys.argv) > 3 else None)
