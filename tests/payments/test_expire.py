"""Time runs out: the hold ends after the provider says expired, never by our clock alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.kit.db import fetch
from tests.facts import assert_stock_adds_up, mails, path_of, stock_of, the_order, the_payment, timeline
from tests.payments.buying import LAMP, MUG, break_calls, mend, place
from tests.world import DECLINED, World

SESSIONS = "/v1/checkout/sessions"
LONGER = 46 * 60


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_stock_goes_back_when_the_providers_message_says_expired(world: World, sku: str) -> None:
    ada, _ = await place(world, sku)
    on_hand = (await stock_of(sku))[0]

    await world.advance(LONGER)
    assert await stock_of(sku) == (on_hand, 1, 0)
    await world.deliver()

    assert await ada.status(await path_of()) == "Checkout expired"
    assert (await timeline())[-1] == ("webhook", "The payment page was closed without payment.")
    assert await stock_of(sku) == (on_hand, 0, 0)
    page = await ada.get(await path_of())
    assert "your cart is still there" in page.text
    assert await ada.groups()
    await assert_stock_adds_up()


async def test_stock_goes_back_by_the_sweep_when_no_message_comes(world: World) -> None:
    await world.tell("webhooks", action="drop", count=0)
    ada, _ = await place(world)
    await world.advance(LONGER)

    await world.worker.drain(sweep=True)

    assert await ada.status(await path_of()) == "Checkout expired"
    assert await stock_of(MUG) == (40, 0, 0)


async def test_hold_outlives_its_deadline_when_the_provider_cannot_be_asked(world: World) -> None:
    await world.tell("webhooks", action="drop", count=0)
    ada, _ = await place(world)
    await break_calls(world, f"{SESSIONS}/*", method="GET")
    await world.advance(3 * 3600)

    await world.worker.drain(sweep=True)

    assert (await the_order())["hold_until"] < (await the_order())["placed_at"] + timedelta(hours=1)
    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert await stock_of(MUG) == (40, 1, 0)
    await mend(world)
    await world.advance(3600)
    await world.worker.drain(sweep=True)
    assert await ada.status(await path_of()) == "Checkout expired"
    assert await stock_of(MUG) == (40, 0, 0)


async def test_hold_outlives_its_deadline_when_the_provider_still_shows_the_session_open(world: World) -> None:
    ada, url = await place(world)
    await fetch("UPDATE orders SET hold_until = placed_at - interval '1 hour'")

    await world.worker.drain(sweep=True)

    assert await stock_of(MUG) == (40, 1, 0)
    await world.pay(url)
    await world.deliver()
    assert await ada.status(await path_of()) == "Paid"


async def test_order_ends_by_the_sweep_when_its_time_is_up_and_no_attempt_is_live(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await break_calls(world, SESSIONS, count=1)
    await ada.post("/checkout", **(await ada.checkout_form()))
    await world.advance(13 * 60)
    await world.worker.drain(sweep=True)
    assert ((await the_payment())["status"], (await the_order())["payment_state"]) == ("abandoned", "awaiting_payment")

    await world.advance(LONGER)
    await world.worker.drain(sweep=True)

    assert await ada.status(await path_of()) == "Checkout expired"
    assert (await timeline())[-1] == ("sweep", "The time to pay ran out.")
    assert await stock_of(MUG) == (40, 0, 0)


async def test_buyer_is_mailed_when_the_card_was_declined_and_the_time_ran_out(world: World) -> None:
    ada, url = await place(world)
    await world.pay(url, number=DECLINED)
    await world.deliver()

    await world.advance(LONGER)
    await world.deliver()

    assert await ada.status(await path_of()) == "Checkout expired"
    assert await mails() == [("payment_failed", "ada@example.com", "done")]


async def test_nobody_is_mailed_when_the_buyer_just_left(world: World) -> None:
    await place(world)

    await world.advance(LONGER)
    await world.deliver()

    assert await mails() == []
