"""The demo's market: vendors with their accounts at the provider, then shelves and products.

It may run any number of times: accounts are looked for by the vendor's name and opened under it as key, goods are found
by their slugs.
"""

from __future__ import annotations

from typing import Any

from store.gateways.build import build_gateways
from store.gateways.port import AccountRequest, Gateways
from store.kit import clock
from store.kit.db import fetch, start_pool, stop_pool
from store.seed_data.load import read_vendors, seed_catalogue
from store.seed_data.people import seed_people
from store.settings import Settings


async def seed(settings: Settings) -> None:
    """Fill the database named by the settings."""
    clock.use_offset_file(settings.clock_file)
    await start_pool(4)
    try:
        await fill(build_gateways(settings), people=settings.demo)
    finally:
        await stop_pool()


async def fill(gateways: Gateways, *, people: bool = True) -> None:
    """Open each vendor's connected account, or look at the one it has, then load the catalogue.

    A vendor whose account may not be charged (yet) is shown, not sold for; run it again when the account is ready.
    `people`: the demo's four, who have no passwords.
    """
    known = {row["slug"]: row["account_ref"] for row in await fetch("SELECT slug, account_ref FROM vendor")}
    accounts = {
        vendor["slug"]: await _find_account(gateways, vendor, known.get(vendor["slug"])) for vendor in read_vendors()
    }
    await seed_catalogue(accounts)
    if people:
        await seed_people()


async def _find_account(gateways: Gateways, vendor: dict[str, Any], ref: str | None) -> tuple[str, bool]:
    """The vendor's account and whether it may be charged in the vendor's way."""
    if ref:
        account = await gateways.stripe.fetch_account(ref)
    else:
        request = AccountRequest(
            vendor_id=vendor["slug"],
            name=vendor["name"],
            email=vendor["email"],
            country=vendor["country"],
            charge_type=vendor["charge_type"],
            prefill=not gateways.livemode,
        )
        # A key is forgotten after a day: an account that was opened and never written down is looked for first.
        account = await gateways.stripe.find_account(vendor["slug"]) or await gateways.stripe.open_account(request)
    return account.ref, account.charges_enabled if vendor["charge_type"] == "direct" else account.transfers_active
