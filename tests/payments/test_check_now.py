"""Check now: one look at the provider, at most once in five seconds for one order, whoever asks."""

from __future__ import annotations

import asyncio

from tests.facts import ONCE, count_effects, path_of, posted, the_order, the_payment, timeline
from tests.payments.buying import MUG, break_calls, pay_unheard, place
from tests.world import World

SESSION = "/v1/checkout/sessions"


async def looks(world: World) -> int:
    """How often the provider was asked about the session."""
    return len(await posted(world, f"{SESSION}/{(await the_payment())['provider_ref']}", "GET"))


async def test_order_is_paid_when_the_buyer_asks_to_look(world: World) -> None:
    ada, url = await place(world)
    await pay_unheard(world, url)

    answer = await ada.post(f"{await path_of()}/check")

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    assert await ada.status(await path_of()) == "Paid"
    assert (await timeline())[-1] == ("check", "Payment of $30.00 confirmed by your check.")


async def test_provider_is_asked_once_when_many_ask_within_five_seconds(world: World) -> None:
    await place(world)
    check = f"{await path_of()}/check"

    answers = await asyncio.gather(*(world.browser().post(check) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {303}
    assert await looks(world) == 1


async def test_provider_is_asked_again_when_five_seconds_have_passed(world: World) -> None:
    ada, _ = await place(world)
    check = f"{await path_of()}/check"
    await ada.post(check)

    await world.advance(3)
    await ada.post(check)
    assert await looks(world) == 1
    await world.advance(3)
    await ada.post(check)

    assert await looks(world) == 2


async def test_visitor_gets_the_page_when_the_provider_does_not_answer(world: World) -> None:
    ada, _ = await place(world)
    await break_calls(world, f"{SESSION}/*", method="GET")

    answer = await ada.post(f"{await path_of()}/check")

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    assert (await the_order())["payment_state"] == "awaiting_payment"


async def test_nothing_is_asked_when_the_order_is_paid(world: World) -> None:
    ada = world.browser()
    order = await ada.buy(MUG)
    before = await looks(world)
    await world.advance(6)

    await ada.post(f"{order}/check")

    assert await looks(world) == before
    assert await count_effects() == ONCE


async def test_nothing_is_found_when_the_token_is_foreign(world: World) -> None:
    ada, _ = await place(world)

    for verb in ("check", "pay", "cancel"):
        answer = await ada.post(f"/orders/AAAAAAAAAAAAAAAAAAAAAA/{verb}")
        assert answer.status_code == 404
