"""What machines ask: is the process alive, can it serve, how is it doing.

`/healthz` asks nobody. `/readyz` asks the database and whether every migration on disk has run. `/metrics`
adds what only the database knows at scrape time, and is shown to this machine or to who knows the token.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import structlog
from litestar import Request, Response, get
from litestar.types import ControllerRouterHandler

from store.kit import clock, metrics
from store.kit.db import fetch, fetch_value
from store.kit.errors import NotFound, ShopError
from store.kit.metrics import Reading

MIGRATIONS = Path(__file__).parent / "piccolo_migrations"
MIGRATION_ID = re.compile(r"^ID\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
APP_NAME = "store"
ANSWER_SECONDS = 3.0
FORWARDED = ("x-forwarded-for", "forwarded")

ORDERS = "SELECT payment_state, count(*) FROM orders GROUP BY payment_state"
QUEUES = """
SELECT 'inbox', state, count(*) FROM inbox_event WHERE state <> 'done' GROUP BY state
UNION ALL SELECT 'operations', state, count(*) FROM operation WHERE state <> 'done' GROUP BY state
UNION ALL SELECT 'mail', state, count(*) FROM mail_message WHERE state <> 'done' GROUP BY state
"""
INBOX_AGE = """
SELECT coalesce(extract(epoch FROM $1::timestamptz - min(received_at)), 0)::float8
FROM inbox_event WHERE state = 'waiting'
"""

Values: TypeAlias = dict[tuple[str, ...], float]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Health:
    """What readiness and metrics depend on. Without `metrics_token` only this machine may read /metrics."""

    metrics_token: str | None = None
    migrations: Path = MIGRATIONS


def make_route_handlers(health: Health) -> list[ControllerRouterHandler]:
    """The three routes."""
    wanted = read_migration_names(health.migrations)

    @get("/healthz", sync_to_thread=False)
    def show_health() -> dict[str, str]:
        return {"status": "ok"}

    @get("/readyz")
    async def show_readiness() -> Response[dict[str, Any]]:
        problems = await find_problems(wanted)
        status = {"status": "unavailable" if problems else "ok", "problems": problems}
        return Response(status, status_code=503 if problems else 200)

    @get("/metrics")
    async def show_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not may_read_metrics(request, health.metrics_token):
            raise NotFound("Perhaps the address is mistyped, or what was here is gone.")
        body = metrics.render(await read_gauges())
        return Response(body, media_type=metrics.CONTENT_TYPE)

    return [show_health, show_readiness, show_metrics]


async def find_problems(wanted: Sequence[str]) -> list[str]:
    """Why this process cannot serve, in words; empty when it can. `wanted`: migrations that must have run."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await fetch_value("SELECT 1")
            missing = await find_missing_migrations(wanted)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ShopError) as error:
        return [f"the database does not answer ({type(error).__name__})"]
    return [f"migration {name} has not run: run `python -m store migrate`" for name in missing]


def read_migration_names(folder: Path = MIGRATIONS) -> list[str]:
    """Ids of the migrations in `folder`, oldest first."""
    texts = [path.read_text() for path in sorted(folder.glob("*.py"))]
    return [found[1] for text in texts if (found := MIGRATION_ID.search(text))]


async def find_missing_migrations(wanted: Sequence[str]) -> list[str]:
    """Those of `wanted` that have not run on this database."""
    if not await fetch_value("SELECT to_regclass('migration') IS NOT NULL"):
        return list(wanted)
    ran = {row["name"] for row in await fetch("SELECT name FROM migration WHERE app_name = $1", APP_NAME)}
    return [name for name in wanted if name not in ran]


def may_read_metrics(request: Request[Any, Any, Any], token: str | None) -> bool:
    """With a token: who sends it as bearer. Without: a peer on this machine that no proxy speaks for."""
    if token is not None:
        sent = request.headers.get("authorization", "")
        return secrets.compare_digest(sent.encode(), f"Bearer {token}".encode())
    peer = request.scope["client"]
    if peer is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(peer[0]).is_loopback
    except ValueError:
        return False


async def read_gauges() -> list[Reading]:
    """What only the database knows; without it the process's own numbers are still worth a scrape."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            orders: Values = {(row[0],): float(row[1]) for row in await fetch(ORDERS)}
            queues: Values = {(row[0], row[1]): float(row[2]) for row in await fetch(QUEUES)}
            age = max(0.0, await fetch_value(INBOX_AGE, clock.wall()))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ShopError):
        log.warning("metrics without the database", exc_info=True)
        return [_up(0)]
    return [
        _up(1),
        Reading("orders", "Orders by payment state", ("state",), orders),
        Reading("queue_rows", "Rows not done, by queue and state", ("queue", "state"), queues),
        _single("inbox_age_seconds", "Age of the oldest waiting webhook", age),
    ]


def _up(value: int) -> Reading:
    return _single("database_up", "Whether the database answered this scrape", value)


def _single(name: str, text: str, value: float) -> Reading:
    return Reading(name, text, (), {(): value})
