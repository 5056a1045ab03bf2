"""Each event about an account is enough by itself: whichever comes, the account is fetched, and the vendor follows."""

from __future__ import annotations

import pytest

from tests.facts import one, value
from tests.world import World, rows

BOTH = ("account.updated", "capability.updated")


@pytest.mark.parametrize("heard", BOTH)
async def test_vendor_follows_the_account_when_this_is_the_only_event_that_comes(world: World, heard: str) -> None:
    ref = await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'")
    (lost,) = (type for type in BOTH if type != heard)
    await world.tell("webhooks", action="drop", type=lost, count=0)

    for state, more in (("restricted", {"days": 0}), ("active", {})):
        await world.tell("accounts", outcome=state, account=ref, **more)
        await world.deliver()

        vendor = await one("SELECT state, transfers FROM vendor WHERE slug = 'kiln-co'")
        assert vendor == {"state": state, "transfers": "active" if state == "active" else "inactive"}

    heard_of = await rows(
        "SELECT DISTINCT endpoint, account, type, outcome FROM inbox_event WHERE type = ANY($1)", BOTH
    )
    assert heard_of == [{"endpoint": "connect", "account": ref, "type": heard, "outcome": "applied"}]
