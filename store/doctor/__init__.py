"""`store doctor`: is everything well, and if not, which row and what next.

Run it in production whenever something looks odd; it changes nothing but one ignored probe event per endpoint.
"""

from __future__ import annotations

from dataclasses import replace

import asyncpg

from store.doctor.check import Check
from store.doctor.checks import check_books, list_checks
from store.gateways.build import build_gateways
from store.kit import clock
from store.kit.db import start_pool, stop_pool
from store.kit.errors import ShopError
from store.settings import Settings

__all__ = ["Check", "run"]


async def run(settings: Settings) -> list[Check]:
    """Every check of this installation, each on one line; without a database that is the one answer."""
    return [replace(check, detail=" ".join(check.detail.split())) for check in await _ask(settings)]


async def _ask(settings: Settings) -> list[Check]:
    clock.use_offset_file(settings.clock_file)
    try:
        await start_pool(2)
    except (OSError, asyncpg.PostgresError) as error:
        return [Check("database", False, f"{error}; next: start PostgreSQL or mend DATABASE_URL")]
    try:
        found = [await check() for check in list_checks(settings, build_gateways(settings))]
        return [*found, *await check_books(settings)]
    except (asyncpg.PostgresError, ShopError) as error:
        return [Check("database", False, f"{error}; next: python -m store migrate")]
    finally:
        await stop_pool()
