"""The demo's vendors are accounts at the provider, of the kind their charge type needs, before anything is sold."""

from __future__ import annotations

from store import seed
from tests.facts import posted
from tests.world import World, rows

VENDORS = "SELECT slug, account_ref, charge_type, currency, country, state FROM vendor ORDER BY slug"
KEY = {"Authorization": "Bearer sk_test_overprint"}


async def test_every_vendor_has_an_active_account_of_its_kind_when_seeded(world: World) -> None:
    vendors = await rows(VENDORS)

    accounts = {
        vendor["slug"]: (await world.console.get(f"/v1/accounts/{vendor['account_ref']}", headers=KEY)).json()
        for vendor in vendors
    }

    assert len({vendor["account_ref"] for vendor in vendors}) == 6
    for vendor in vendors:
        account = accounts[vendor["slug"]]
        assert vendor["state"] == "active"
        assert (account["charges_enabled"], account["country"]) == (True, vendor["country"])
        assert account["default_currency"] == vendor["currency"].lower()
        carries_losses = account["controller"]["losses"]["payments"] == "stripe"
        assert carries_losses is (vendor["charge_type"] == "direct")


async def test_no_account_is_opened_when_seeded_again(world: World) -> None:
    before = await rows(VENDORS)

    await seed.fill(world.gateways)

    assert await rows(VENDORS) == before
    assert len(await posted(world, "/v1/accounts")) == len(before) == 6
