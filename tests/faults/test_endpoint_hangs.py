"""Our endpoint takes a message and does not answer: to the provider that is a failure, and it comes again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from store.sandbox.attempts import ATTEMPT_SECONDS
from tests.facts import ONCE, count_effects, path_of, value
from tests.payments.buying import pay_unheard, place
from tests.world import World


class Hanging:
    """A shop that never answers; when it `hears`, it does all the rest."""

    def __init__(self, app: Any, *, hears: bool) -> None:
        self._app, self._hears = app, hears
        self._never = asyncio.Event()
        self.heard: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._hears:
            self.heard.append(asyncio.create_task(self._app(scope, receive, _say_nothing)))
        await self._never.wait()


async def _say_nothing(message: Any) -> None:
    """What the answer comes to."""


@pytest.mark.parametrize("hears", [False, True], ids=["before it was stored", "after it was stored"])
async def test_message_comes_again_and_counts_once_when_our_endpoint_hangs(world: World, hears: bool) -> None:
    ada, url = await place(world)
    await pay_unheard(world, url)
    deliveries, shop = world.sandbox.state.deliveries, Hanging(world.shop, hears=hears)
    world.way.app, deliveries.seconds = shop, 0.05
    await world.tell("webhooks", action="release")

    try:
        await asyncio.wait_for(deliveries.run_due(), 30)
    finally:
        world.way.app, deliveries.seconds = world.shop, ATTEMPT_SECONDS
    await asyncio.gather(*shop.heard)
    hung, stored = deliveries.list_log(), await value("SELECT count(*) FROM inbox_event")
    world.sandbox.state.records.execute("UPDATE deliveries SET due = 0 WHERE state = 'waiting'")
    await world.deliver()

    assert {(row["state"], row["attempts"], row["last_error"]) for row in hung} == {
        ("waiting", 1, "No answer within 0.05 s.")
    }
    assert stored == (len(hung) if hears else 0)
    came = {row["id"]: (row["state"], row["attempts"]) for row in deliveries.list_log()}
    assert {came[row["id"]] for row in hung} == {("delivered", 2)}
    assert await count_effects() == ONCE
    assert await ada.status(await path_of()) == "Paid"
