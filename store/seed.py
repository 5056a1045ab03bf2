"""The demo's market: vendors with their accounts at the provider, then shelves and products.

It may run any number of times: goods and vendors are found by their slugs, and an account that was opened and never
written down is looked for before another one is.
"""

from __future__ import annotations

from store.gateways.build import build_gateways
from store.gateways.port import Gateways
from store.kit import clock
from store.kit.db import fetch, start_pool, stop_pool
from store.seed_data.load import read_vendors, seed_catalogue
from store.seed_data.people import seat_people, seed_people
from store.settings import Settings
from store.vendors.service import open_account, sync_account


async def seed(settings: Settings) -> None:
    """Fill the database named by the settings."""
    clock.use_offset_file(settings.clock_file)
    await start_pool(4)
    try:
        await fill(build_gateways(settings), people=settings.demo)
    finally:
        await stop_pool()


async def fill(gateways: Gateways, *, people: bool = True) -> None:
    """Load the catalogue, open each vendor's connected account, or look at the one it has.

    A vendor whose account may not be charged (yet) is shown, not sold for; run it again when the account is ready.
    `people`: the demo's four, who have no passwords.
    """
    await seed_catalogue()
    slugs = [vendor["slug"] for vendor in read_vendors()]
    for row in await fetch("SELECT id FROM vendor WHERE slug = ANY($1) ORDER BY created_at, slug", slugs):
        await open_account(gateways, row["id"], prefill=not gateways.livemode)
        await sync_account(gateways, row["id"])
    if people:
        await seed_people()
        await seat_people()
