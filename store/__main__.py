"""`python -m store …`: every way to run Overprint, and the only module that knows both shop and sandbox.

Each command imports what it needs when it runs, so that help and refusals come at once.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said in words, before anything newer is imported
    sys.exit("Overprint needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031

import argparse
import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.settings import Settings

EPILOG = "Settings come from the environment; .env.example lists and explains them."


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    return command(arguments)


def serve(_: argparse.Namespace) -> int:
    """Run the web server until SIGTERM."""
    settings = _settings()
    from store.demo.folder import DemoError, refuse_busy_port

    try:
        refuse_busy_port("PORT", settings.port)  # granian would share it in silence with whoever is there
    except DemoError as busy:
        return _refuse(busy)
    from granian import Granian
    from granian.constants import Interfaces

    with _quiet_end():
        Granian(
            "store.app:build",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            workers=settings.web_workers,
            factory=True,
            websockets=False,
            log_level=_granian_level(settings.log_level),
            workers_kill_timeout=2,
        ).serve()
    return 0


def work(_: argparse.Namespace) -> int:
    """Run the worker until SIGTERM."""
    settings = _settings()
    from store import workers

    return _run_until_told(workers.run(settings))


def sandbox(arguments: argparse.Namespace) -> int:
    """Run the sandbox until SIGTERM."""
    from store.sandbox.run import serve as serve_sandbox

    data: Path = arguments.data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    with _quiet_end():
        serve_sandbox(
            data=data / "sandbox",
            port=arguments.port,
            host=arguments.host,
            clock=data / "clock",
            smtp_port=arguments.smtp_port,
        )
    return 0


def demo(arguments: argparse.Namespace) -> int:
    """Run everything."""
    from store.demo import run_demo

    return run_demo(os.environ, reset=arguments.reset)


def migrate(_: argparse.Namespace) -> int:
    """Bring the database's tables up to date."""
    from store.settings import SettingsError, read_database_url

    _borrow_demo()
    try:
        read_database_url(os.environ)
    except SettingsError as wrong:
        return _refuse(wrong)
    os.environ["PICCOLO_CONF"] = "store.piccolo_conf"
    from piccolo.apps.migrations.commands.forwards import run_forwards

    from store.kit.db import transaction

    async def run() -> Any:
        # All or nothing: Piccolo notes a migration in a second transaction, and who died between could not go on.
        async with transaction() as whole:
            result = await run_forwards(app_name="store")
            if not result.success:
                await whole.rollback()  # type: ignore[no-untyped-call]
        return result

    result = asyncio.run(run())
    if not result.success:
        return _refuse(result.message or "a migration failed (see above)")
    return 0


def seed(_: argparse.Namespace) -> int:
    """Fill an empty database with the demo's vendors and goods."""
    settings = _settings()
    from store import seed as seeding

    asyncio.run(seeding.seed(settings))
    return 0


def operator(arguments: argparse.Namespace) -> int:
    """Let somebody run the market, or end that."""
    settings = _settings()
    from store.accounts.service import set_operator
    from store.kit.db import start_pool, stop_pool
    from store.kit.errors import NotFound

    async def run() -> None:
        await start_pool(settings.db_pool)
        try:
            await set_operator(arguments.email, not arguments.end)
        finally:
            await stop_pool()

    try:
        asyncio.run(run())
    except NotFound as unknown:
        return _refuse(unknown.message)
    print(f"{arguments.email} {'is no operator any more' if arguments.end else 'is an operator now'}; sessions ended")
    return 0


def doctor(arguments: argparse.Namespace) -> int:
    """Check settings, database, provider and invariants; exit code 1 when something is wrong."""
    settings = _settings()
    from store import doctor as checking

    checks = asyncio.run(checking.run(settings))
    if arguments.json:
        print(json.dumps([{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks], indent=2))
    else:
        for check in checks:
            print(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.detail}")
    return 0 if all(check.ok for check in checks) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m store", description="Overprint, a marketplace with its own sandbox.", epilog=EPILOG
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(command.__name__, help=text, description=f"{text}.", epilog=EPILOG)
        added.set_defaults(command=command)
        return added

    add(serve, "run the web server (LISTEN_HOST, PORT, WEB_WORKERS)")
    add(work, "run the worker: webhooks, outbox, sweeps, expiries, mail")
    box = add(sandbox, "run the sandbox, a server that speaks Stripe's protocol")
    box.add_argument("--data", type=Path, default=Path(os.environ.get("DATA") or ".data"), help="folder (DATA)")
    box.add_argument("--port", type=_port, default=os.environ.get("SANDBOX_PORT") or "8001", help="(SANDBOX_PORT)")
    box.add_argument("--host", default="127.0.0.1", help="IP address to listen on")
    box.add_argument(
        "--smtp-port",
        type=_port,
        default=os.environ.get("SANDBOX_SMTP_PORT") or None,
        help="also run a mail server on this port and show what it gets at /mailbox",
    )
    everything = add(demo, "run PostgreSQL, sandbox, shop and worker together (PORT, SANDBOX_PORT, DATA)")
    everything.add_argument("--reset", action="store_true", help="start afresh: forget orders, mails and goods")
    add(migrate, "bring the database's tables up to date")
    add(seed, "fill an empty database with the demo's vendors and goods")
    role = add(operator, "let the person with this confirmed address run the market")
    role.add_argument("email", help="the address of the account")
    role.add_argument("--end", action="store_true", help="no longer")
    check = add(doctor, "check settings, database, provider and invariants; exit code 1 when something is wrong")
    check.add_argument("--json", action="store_true", help="print JSON instead of lines")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def _settings() -> Settings:
    """Read the settings, the running demo's where nothing else is said; or end with what is wrong."""
    from store.settings import Settings, SettingsError

    _borrow_demo()
    try:
        return Settings.from_env(os.environ)
    except SettingsError as wrong:
        sys.exit(_refuse(wrong))


def _borrow_demo() -> None:
    """Without DATABASE_URL take the settings of the demo that runs on DATA, or end with what to do."""
    if os.environ.get("DATABASE_URL"):
        return
    from store.demo.folder import read_env
    from store.postgres import find_running

    data = Path(os.environ.get("DATA") or ".data")
    kept = read_env(data / "demo.env")
    if not kept or find_running(data) is None:
        sys.exit(
            _refuse(
                f"DATABASE_URL is not set and no demo runs on {data}: run `make demo` beside this (same DATA), "
                "or set DATABASE_URL and the rest of .env.example"
            )
        )
    for name, value in kept.items():
        os.environ.setdefault(name, value)


def _run_until_told(work: Coroutine[Any, Any, object]) -> int:
    async def run() -> None:
        task = asyncio.ensure_future(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with _quiet_end():
        asyncio.run(run())
    return 0


@contextlib.contextmanager
def _quiet_end() -> Any:
    with contextlib.suppress(KeyboardInterrupt):
        yield


def _granian_level(level: str) -> Any:
    from granian.log import LogLevels

    return LogLevels(level)


def _refuse(reason: object) -> int:
    print(f"Overprint cannot run this: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
