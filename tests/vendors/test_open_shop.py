"""A person opens one shop, however often the form arrives; whoever is signed in is not asked to sign up."""

from __future__ import annotations

import asyncio

import pytest

from store.kit.errors import Conflict
from store.vendors.service import ShopProfile, open_shop
from tests.people import make_person, sign_in_as
from tests.world import World, rows

ODDITIES = ShopProfile("Otto’s Oddities", "Odd things.", "US")


async def test_one_shop_is_opened_when_one_persons_form_arrives_twice_at_once(db: str) -> None:
    otto = await make_person("otto@example.com")

    made = await asyncio.gather(
        *(open_shop(otto, "otto@example.com", ODDITIES, "US") for _ in range(2)), return_exceptions=True
    )

    (refused,) = [one for one in made if isinstance(one, Conflict)]
    assert "one person sits in one shop" in refused.message
    (vendor,) = await rows("SELECT id FROM vendor")
    assert vendor["id"] in made
    assert await rows("SELECT person, vendor, role FROM membership") == [
        {"person": otto, "vendor": vendor["id"], "role": "owner"}
    ]


@pytest.mark.parametrize(("who", "status"), [("ada", 303), ("", 200)])
async def test_sign_up_is_offered_to_whom_it_is_of_use(world: World, who: str, status: int) -> None:
    browser = world.browser()
    if who:
        await sign_in_as(browser, who)

    answer = await browser.get("/account/signup?next=/sell/onboarding")

    assert (answer.status_code, answer.headers.get("location", "")) == (status, "/account" if who else "")
    assert ('name="next" value="/sell/onboarding"' in answer.text) is not bool(who)
