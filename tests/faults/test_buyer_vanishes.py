"""The buyer goes away in the middle, or comes back as somebody else: nothing stays held, and nothing is lost."""

from __future__ import annotations

import json

import pytest

from tests.facts import path_of, stock_of, the_order, the_payment
from tests.payments.buying import MUG, place
from tests.signing import make_event, sign_body
from tests.world import CHALLENGED, SHOP, World

LONGER = 46 * 60


async def test_stock_goes_back_when_the_banks_question_is_never_answered(world: World) -> None:
    ada, url = await place(world)
    asked = await world.pay(url, number=CHALLENGED)
    assert asked.status_code in (200, 303)
    await world.deliver()
    open_still = (await the_payment())["status"], (await stock_of(MUG))[1]

    await world.advance(LONGER)
    await world.settle()

    assert open_still == ("pending", 1)
    assert (await stock_of(MUG))[1:] == (0, 0)
    assert await ada.status(await path_of()) == "Checkout expired"


@pytest.mark.parametrize("pays", [True, False])
async def test_order_is_at_its_link_and_no_stock_orphaned_when_every_cookie_is_lost(world: World, pays: bool) -> None:
    ada, url = await place(world)
    ada.client.cookies.clear()

    if pays:
        paid = await world.pay(url)
        assert (await ada.get(paid.headers["location"].removeprefix(SHOP))).status_code == 303
    else:
        await world.advance(LONGER)
    await world.settle()

    page = await world.browser().get(await path_of())
    assert page.status_code == 200
    assert (await the_order())["number"] in page.text
    assert (await stock_of(MUG))[1:] == ((0, 1) if pays else (0, 0))


async def test_newer_event_is_a_hint_like_any_other_when_its_version_is_unknown(world: World) -> None:
    """What it says is not read; the provider is asked for the object in the version that we speak."""
    ada, url = await place(world)
    await world.tell("webhooks", action="hold")
    await world.pay(url)
    event = make_event(event="evt_newer", resource=(await the_payment())["provider_ref"], new_field={"of": "tomorrow"})
    body = json.dumps({**event, "api_version": "2031-01-01.quince", "object_version": 3}).encode()

    secret = world.settings.stripe_webhook_secrets[0]
    answer = await ada.client.post("/webhooks/stripe", content=body, headers=sign_body(body, secret))
    await world.worker.drain()

    assert answer.status_code == 200
    assert await ada.status(await path_of()) == "Paid"
