"""Check now: one look at the provider, at most once in five seconds for one order, whoever asks."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest

from store.app import create_app
from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import NEVER, ONCE, count_effects, path_of, posted, the_order, the_payment, timeline
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


async def test_buyer_reads_that_nothing_is_new_when_the_provider_says_the_same(world: World) -> None:
    ada, _ = await place(world)

    await ada.post(f"{await path_of()}/check")

    page = (await ada.get(await path_of())).text
    assert re.search(r"Asked Stripe at \d\d:\d\d UTC: nothing new yet\.", page)
    assert "nothing new yet" not in (await ada.get(await path_of())).text


async def test_buyer_reads_to_wait_when_the_provider_was_asked_a_moment_ago(world: World) -> None:
    ada, _ = await place(world)
    await ada.post(f"{await path_of()}/check")
    await ada.get(await path_of())
    await ada.post(f"{await path_of()}/check")

    page = (await ada.get(await path_of())).text

    assert "We asked Stripe a moment ago. Please wait a few seconds before the next look." in page
    assert "nothing new yet" not in page


async def test_nothing_is_said_beside_the_page_when_the_look_brought_news(world: World) -> None:
    ada, url = await place(world)
    await pay_unheard(world, url)

    await ada.post(f"{await path_of()}/check")

    page = (await ada.get(await path_of())).text
    assert "Payment received." in page
    assert "nothing new yet" not in page
    assert "a moment ago" not in page


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
    page = (await ada.get(answer.headers["location"])).text

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert "Stripe does not answer just now. We go on asking" in page
    assert "nothing new" not in page


@pytest.mark.parametrize("door", ["return", "check"])
async def test_visitor_gets_the_page_when_the_provider_is_silent_for_too_long(world: World, door: str) -> None:
    _, url = await place(world)
    back = await pay_unheard(world, url)
    before = await the_payment()
    provider = Silent(world.gateways.stripe)
    silent = replace(world.gateways, stripe=provider, visit_seconds=0.5)  # type: ignore[arg-type]
    ada = replace(world, shop=create_app(world.settings, silent)).browser()

    answer = await (ada.get(back) if door == "return" else ada.post(f"{await path_of()}/check"))

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    assert provider.asked == 1
    assert await the_payment() == before
    assert await count_effects() == NEVER
    await sync_payment(world.gateways, before["id"], Door.SWEEP)
    assert await count_effects() == ONCE


class Silent:
    """A provider that takes the question and never answers."""

    asked = 0

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch_payment(self, ref: str, account_ref: str) -> Any:
        self.asked += 1
        await asyncio.Event().wait()


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
