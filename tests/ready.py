"""What every test's world begins with, made once per process: the shop's routes, and the seeded market.

Registering the routes and opening six accounts was more than half of what all tests together took (1,405 of 2,519
seconds), and is the same each time. What is kept of the market is rows and files, which are put back as they were; the
sandbox and the database are each test's own.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from litestar import Litestar

from store.app import create_app
from store.gateways.port import Gateways
from store.kit import clock
from store.kit.db import fetch, transaction
from store.settings import Settings

Secrets = tuple[tuple[str, ...], tuple[str, ...]]

# Replication's role fires no trigger and checks no reference: the rows were checked when they were first written.
UNCHECKED = "SET LOCAL session_replication_role = replica"
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


_shops: dict[Settings, tuple[Settings, Gateways, Litestar]] = {}
_markets: list[Market] = []


def make_shop(settings: Settings, gateways: Gateways) -> tuple[Settings, Gateways, Litestar]:
    """The shop of these settings. One made before is told what is new, which it reads at each request only."""
    nothing = {"data": Path(), "stripe_webhook_secrets": (), "stripe_connect_webhook_secrets": ()}
    kind = dataclasses.replace(settings, **nothing)
    if kind not in _shops:
        _shops[kind] = (settings, gateways, create_app(settings, gateways))
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
