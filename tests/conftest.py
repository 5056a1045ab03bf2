"""One PostgreSQL for the whole run, one database per worker cut from a migrated template, emptied between tests.

The controller (or the only process) starts the server before anything imports the shop; workers find its address in
their environment.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
import stripe
import structlog

from tests.examples import load_profile

if TYPE_CHECKING:
    from tests.stall import Stall
    from tests.world import World

pytest.register_assert_rewrite("tests.facts")

ROOT = Path(__file__).parent.parent
SERVER = "OVERPRINT_TEST_SERVER"
TEMPLATE = "overprint_template"
_stop = []


# The SDK rests before it tries again, half a second and more; nobody here needs the rest.
stripe.HTTPClient.INITIAL_DELAY = 0.01
# As in the shop: the pretty tracebacks, with every local variable, hold the event loop for seconds on a busy machine.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_configure(config: pytest.Config) -> None:
    load_profile()
    if SERVER not in os.environ:
        os.environ[SERVER] = _start_server()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    os.environ["DATABASE_URL"] = database_url(f"overprint_{worker}")


def pytest_unconfigure(config: pytest.Config) -> None:
    for stop in _stop:
        stop()


def database_url(name: str) -> str:
    """The address of one database on this run's server."""
    return os.environ[SERVER].replace("/overprint?", f"/{name}?")


async def make_database(name: str, template: str = TEMPLATE) -> str:
    """A fresh copy of the template; returns its address."""
    admin = await asyncpg.connect(os.environ[SERVER])
    try:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await admin.close()
    return database_url(name)


def _start_server() -> str:
    from store.postgres import EmbeddedPostgres

    data = Path(tempfile.mkdtemp(prefix="overprint-tests-"))
    postgres = EmbeddedPostgres(
        data,
        options={
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
        },
    )
    os.environ[SERVER] = postgres.start()
    _stop.extend([postgres.stop, postgres.remove, lambda: shutil.rmtree(data, ignore_errors=True)])
    _make_template()
    return os.environ[SERVER]


def _make_template() -> None:
    url = asyncio.run(make_database(TEMPLATE, "template1"))
    subprocess.run(
        [sys.executable, "-m", "store", "migrate"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="session")
async def database() -> AsyncIterator[str]:
    """This worker's own database, with the pool of the process open on it."""
    from store.kit.db import stop_pool
    from tests.ready import forget_market, open_pool

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    url = await make_database(f"overprint_{worker}")
    await open_pool()
    yield url
    await stop_pool()
    forget_market()


@pytest.fixture
async def db(database: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The worker's database without a row in it (allowed moves stay: they are part of the schema).

    Whatever the test leaves there breaks no invariant: `tests/invariants.py`.
    """
    from tests.invariants import check_after
    from tests.ready import empty_tables

    await empty_tables()
    yield database
    if not {"world", "stall"} & set(request.fixturenames):
        await check_after(request, whole=False)


@pytest.fixture
async def patient(db: str) -> AsyncIterator[None]:
    """A pool that a crowd waits for: fifty in one process are slow, and who is sent away cannot go on."""
    from store.kit.db import stop_pool
    from tests.ready import open_pool

    await stop_pool()
    await open_pool(acquire_seconds=60)
    yield
    await stop_pool()
    await open_pool()


@pytest.fixture
async def world(db: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Shop, sandbox and worker around a clean database; both sides' books agree when the test has ended."""
    from tests.invariants import check_after
    from tests.world import build_world

    async with build_world(tmp_path) as built:
        yield built
        await check_after(request, built)


@pytest.fixture
async def stall(db: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stall]:
    """Shop and worker around the fake gateway and a clean database; no invariant is broken in the end."""
    from tests.invariants import check_after
    from tests.stall import build_stall

    async with build_stall(tmp_path) as built:
        yield built
        await check_after(request)
