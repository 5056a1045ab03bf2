"""What every test's world begins with, made once per process: both apps' routes, and the seeded market.

Registering the routes and opening six accounts was more than half of what all tests together took (1,405 of 2,519
seconds), and is the same each time. What is kept of the market is rows and files, which are put back as they were; the
sandbox's files and the database are each test's own.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from store.app import create_app
from store.gateways.port import Gateways
from store.kit import clock
from store.kit.db import fetch, start_pool, transaction
from store.sandbox.app import create_app as create_sandbox
from store.sandbox.app import open_parts
from store.sandbox.clock import Clock
from store.settings import Settings


@dataclass(frozen=True)
class Secrets:
    """What the providers' endpoints are told apart by: Stripe's secrets, and the id of PayPal's webhook."""

    account: tuple[str, ...]
    connect: tuple[str, ...]
    paypal: str


# Replication's role fires no trigger and checks no reference: the rows were checked when they were first written.
UNCHECKED = "SET LOCAL session_replication_role = replica"
EMPTY = """
DO $$ DECLARE one text; filled boolean; BEGIN
  FOR one IN SELECT quote_ident(tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'allowed_move')
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO filled;
    IF filled THEN EXECUTE 'DELETE FROM ' || one; END IF;
  END LOOP;
END $$
"""
COLUMNS = """
SELECT table_name AS name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns,
  string_agg(quote_ident(column_name) || CASE data_type WHEN 'timestamp with time zone' THEN ' + $1' ELSE '' END,
    ', ' ORDER BY ordinal_position) AS later
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
  AND table_name NOT IN ('migration', 'allowed_move')
GROUP BY table_name ORDER BY table_name
"""


@dataclass(frozen=True)
class Market:
    """The seeded market: the provider's folder, its endpoints' secrets, and how each table's rows come back."""

    folder: Path
    secrets: Secrets
    at: datetime
    copies: tuple[str, ...]


_sandboxes: list[Litestar] = []
_shops: dict[tuple[Settings, bool], tuple[Settings, Gateways, Litestar]] = {}
_markets: list[Market] = []


@asynccontextmanager
async def open_sandbox(
    data: Path, deliver: httpx.AsyncBaseTransport, timepiece: Path | Clock | None = None
) -> AsyncIterator[Litestar]:
    """A sandbox over the folder `data`, closed in the end; its routes are those of one that is not open any more."""
    if _sandboxes:
        app = _sandboxes.pop()
        app.state.update(open_parts(data, clock=timepiece, deliver=deliver))
    else:
        app = create_sandbox(data, clock=timepiece, deliver=deliver)
    try:
        yield app
    finally:
        await app.state.deliveries.close()
        app.state.records.close()
        app.state.worlds.close()
        _sandboxes.append(app)


async def open_pool(**options: Any) -> None:
    """The pool of a process of tests. The invariants alone are more statements than a connection keeps by itself: all
    would be parsed in every test."""
    await start_pool(20, statement_cache_size=2000, max_cached_statement_lifetime=0, **options)


async def empty_tables() -> None:
    """Delete every row, allowed moves and migrations excepted: in a tenth of the time that emptying all files takes."""
    async with transaction():
        await fetch(UNCHECKED)
        await fetch(EMPTY)


def make_shop(settings: Settings, gateways: Gateways, *, second: bool = False) -> tuple[Settings, Gateways, Litestar]:
    """The shop of these settings. One made before is told what is new, which it reads at each request only.

    `second`: another one, for whom beside a test's own has other ways to the providers.
    """
    nothing: dict[str, Any] = {"data": Path(), "stripe_webhook_secrets": (), "stripe_connect_webhook_secrets": ()}
    if settings.paypal is not None:
        nothing["paypal"] = dataclasses.replace(settings.paypal, webhook_id="", ca_file=None)
    kind = (dataclasses.replace(settings, **nothing), second)
    if kind not in _shops:
        own = dataclasses.replace(settings)
        _shops[kind] = (own, gateways, create_app(own, gateways))
    kept, rails, shop = _shops[kind]
    for name in nothing:
        object.__setattr__(kept, name, getattr(settings, name))
    for field in dataclasses.fields(gateways):
        object.__setattr__(rails, field.name, getattr(gateways, field.name))
    clock.use_offset_file(settings.clock_file)
    return kept, rails, shop


async def put_market(data: Path, seed: Callable[[Path], Awaitable[Secrets]]) -> Secrets:
    """Put the market into the empty database and the folder `data`, as if it had been seeded now.

    `seed` does it the first time, in the database and in the folder it is given; returns the endpoints' secrets.
    """
    if not _markets:
        folder = Path(tempfile.mkdtemp(prefix="overprint-market-"))
        try:
            secrets = await seed(folder)
            _markets.append(Market(folder, secrets, clock.wall(), await _lay_by()))
        except BaseException:
            shutil.rmtree(folder)
            raise
    (market,) = _markets
    shutil.copytree(market.folder, data, dirs_exist_ok=True)
    passed = clock.wall() - market.at
    async with transaction():
        await fetch(UNCHECKED)
        for copy in market.copies:
            await (fetch(copy, passed) if "$1" in copy else fetch(copy))
    return market.secrets


def forget_market() -> None:
    """Remove the folder when the process ends."""
    for market in _markets:
        shutil.rmtree(market.folder, ignore_errors=True)


async def _lay_by() -> tuple[str, ...]:
    """Move every row into the schema `market` of the database; returns the statements that bring them back."""
    await fetch("DROP SCHEMA IF EXISTS market CASCADE")
    await fetch("CREATE SCHEMA market")
    copies = []
    tables = await fetch(COLUMNS)
    for table in tables:
        name, columns = table["name"], table["columns"]
        await fetch(f"CREATE TABLE market.{name} AS SELECT {columns} FROM public.{name}")
        if await fetch(f"SELECT 1 FROM market.{name} LIMIT 1"):
            copies.append(f"INSERT INTO public.{name} ({columns}) SELECT {table['later']} FROM market.{name}")
    await fetch(f"TRUNCATE {', '.join(table['name'] for table in tables)} CASCADE")
    return tuple(copies)
