"""Serve the sandbox: granian inside this process, one worker, loopback.

Two listeners share one app where the machine has IPv6, so that `127.0.0.1` and `localhost` both answer
whichever address a client tries first. SIGTERM and SIGINT end it cleanly: hanging faults and waiting pages
are let go first, because the server waits for open requests.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from store.sandbox.app import LiveKeyError, create_app

STOP_SECONDS = 4.0


def serve(
    data: Path,
    port: int,
    host: str = "127.0.0.1",
    clock: Path | None = None,
    smtp_port: int | None = None,
) -> NoReturn:
    """Serve the sandbox over the folder `data` until SIGTERM or SIGINT, then end the process.

    `clock` is the virtual clock's file (default `data/clock`); without `smtp_port` no mail server runs.
    SystemExit with one clear line when a port is taken, the folder cannot be used, or a live key is about.
    """
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(levelname)s %(name)s: %(message)s")
    addresses = _choose_addresses(host, port)
    if smtp_port is not None:
        _refuse_taken(host, smtp_port)
    try:
        app = create_app(data, clock=clock, smtp_port=smtp_port, smtp_host=host)
    except LiveKeyError as problem:
        raise SystemExit(f"sandbox: {problem}") from None
    except (OSError, sqlite3.Error, ValueError) as problem:
        raise SystemExit(f"sandbox: cannot use the data folder {data}: {problem}") from None
    try:
        asyncio.run(_serve(app, addresses, port))
    except SystemExit as why:
        print(why, file=sys.stderr)
        _leave(1)
    _leave(0)


async def _serve(app: Litestar, addresses: list[str], port: int) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        _call_on_signal(name, stop.set)
    # The lifespan is run here, not by the listeners: they would share it, and hide why it failed.
    async with app.lifespan():
        servers = [
            Server(
                app,
                address=address,
                port=port,
                interface=Interfaces.ASGINL,
                websockets=False,
                log_enabled=False,
            )
            for address in addresses
        ]
        running = [asyncio.ensure_future(server.serve()) for server in servers]
        print(
            f"Sandbox: http://{addresses[0]}:{port} (any sk_test_ key; pages for people there). Ctrl-C ends it.",
            flush=True,
        )
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait([*running, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        app.state.closing.set()
        for server in servers:
            server.stop()  # type: ignore[no-untyped-call]
        _, late = await asyncio.wait(running, timeout=STOP_SECONDS)
        for listener in late:
            listener.cancel()
    if not stop.is_set():
        ended = await asyncio.gather(*running, return_exceptions=True)
        why = "; ".join(str(end).partition("\n")[0] for end in ended if end is not None)
        raise SystemExit(f"sandbox: the web server on port {port} ended by itself. {why}")


def _leave(code: int) -> NoReturn:
    """End the process without the interpreter's own end: granian's threads may still be in a call and would abort it.

    Everything that must be kept is on disk by now: the app's lifespan closes its files.
    Seen on Python 3.11 with granian 2: four of 120 stops under load ended by SIGABRT.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _call_on_signal(name: signal.Signals, act: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(name, act)
    except NotImplementedError:  # Windows
        signal.signal(name, lambda *_: loop.call_soon_threadsafe(act))


def _choose_addresses(host: str, port: int) -> list[str]:
    _refuse_taken(host, port)
    if host != "127.0.0.1":
        return [host]
    try:
        _refuse_taken("::1", port)
    except OSError:  # no IPv6 here
        return [host]
    return [host, "::1"]


def _refuse_taken(host: str, port: int) -> None:
    """Raise SystemExit when something listens there, OSError when the address cannot be used at all."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            raise SystemExit(
                f"sandbox: port {port} on {host} is already in use. Stop what uses it or choose another."
            ) from None


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), smtp_port=int(sys.argv[3]) if len(sys.argv) > 3 else None)
