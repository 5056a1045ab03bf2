"""The demo's market: vendors with their accounts at the provider, then shelves and products.

It may run any number of times: accounts are opened under the vendor's name as key, goods are found by their slugs.
"""

from __future__ import annotations

from typing import Any

from store.gateways.build import build_gateways
from store.gateways.port import AccountRequest, Gateways
from store.kit import clock
from store.kit.db import start_pool, stop_pool
from store.seed_data.load import read_vendors, seed_catalogue
from store.settings import Settings


async def seed(settings: Settings) -> None:
    """Fill the database named by the settings."""
    clock.use_offset_file(settings.clock_file)
    await start_pool(4)
    try:
        await fill(build_gateways(settings))
    finally:
        await stop_pool()


async def fill(gateways: Gateways) -> None:
    """Open each vendor's connected account, then load the catalogue with the accounts that may be charged."""
    accounts = {vendor["slug"]: await _open_account(gateways, vendor) for vendor in read_vendors()}
    await seed_catalogue({slug: ref for slug, ref in accounts.items() if ref})


async def _open_account(gateways: Gateways, vendor: dict[str, Any]) -> str | None:
    account = await gateways.stripe.open_account(
        AccountRequest(
            vendor_id=vendor["slug"],
            name=vendor["name"],
            email=vendor["email"],
            country=vendor["country"],
            charge_type=vendor["charge_type"],
            prefill=True,
        )
    )
    ready = account.charges_enabled if vendor["charge_type"] == "direct" else account.transfers_active
    return account.ref if ready else None
