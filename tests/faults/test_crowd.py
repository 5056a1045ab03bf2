"""Everything that was held up comes at once: it is worked off a few at a time, and who is there is served meanwhile."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from store.kit.db import fetch
from store.kit.queue import CONCURRENCY
from tests.facts import ONCE, count_effects, path_of, the_order, the_payment, value
from tests.payments.buying import pay_unheard, place
from tests.signing import make_event, sign_body
from tests.world import Browser, World

# As if each had been received like the one that was: the endpoint's own pace is not what is asked for here.
MULTIPLY = """
INSERT INTO inbox_event (id, provider, event_id, endpoint, type, account, resource, livemode, sha256, body, created_at)
SELECT gen_random_uuid(), provider, event_id || n, endpoint, type, account, resource, livemode, sha256,
  replace(body, event_id, event_id || n), created_at
FROM inbox_event, generate_series(1, $2::int) AS n WHERE event_id = $1
"""


class Counted:
    """The provider, counting how many are asking it at the same time."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.now, self.most, self.asked = 0, 0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.now, self.asked = self.now + 1, self.asked + 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        try:
            await self._app(scope, receive, send)
        finally:
            self.now -= 1


@pytest.mark.parametrize("herd", [500, pytest.param(10_000, marks=pytest.mark.long)])
async def test_buyers_are_served_while_a_herd_of_events_is_worked_off_a_few_at_a_time(world: World, herd: int) -> None:
    """Half of the herd is there when a live order's event comes, half comes after it; each asks the provider."""
    ada, _ = await place(world)
    session = (await the_payment())["provider_ref"]
    for half in ("evt_early_", "evt_late_"):
        await hear(world, ada, half, session)
        await fetch(MULTIPLY, half, herd // 2 - 1)
        if half == "evt_early_":
            heard, url = await place(world)
            path = await path_of()
            await world.pay(url)
            await world.sandbox.state.deliveries.run_due()
            place_in_line = await value("SELECT count(*) FROM inbox_event")
    provider = Counted(world.wire.app)
    world.wire.app = provider

    taken = await world.worker.process_events()
    returned = await return_now(world)
    waiting = await value("SELECT count(*) FROM inbox_event WHERE state = 'waiting'")
    turns = [taken]
    while await heard.status(path) != "Paid":
        turns.append(await world.worker.process_events())
    swept = await sweep_now(world)
    left = await value("SELECT count(*) FROM inbox_event WHERE state = 'waiting' AND event_id ~ 'late'")
    await world.worker.drain()

    assert (returned, swept) == ("Paid", "Paid")
    assert waiting == herd + (place_in_line - herd // 2) - CONCURRENCY
    assert set(turns) == {CONCURRENCY}
    assert herd // 2 < sum(turns) < place_in_line + CONCURRENCY
    assert left > herd // 2 - CONCURRENCY
    assert (
        await value("SELECT count(*) FROM inbox_event WHERE event_id ~ '^evt_(early|late)_' AND state = 'done'") == herd
    )
    assert provider.asked > herd
    assert 1 < provider.most <= CONCURRENCY
    assert await count_effects() == {name: 3 * count for name, count in ONCE.items()}


async def hear(world: World, browser: Browser, event: str, session: str) -> None:
    """One event about this session, received as any other."""
    body = json.dumps(make_event(event=event, resource=session)).encode()
    headers = sign_body(body, world.settings.stripe_webhook_secrets[0])
    assert (await browser.client.post("/webhooks/stripe", content=body, headers=headers)).status_code == 200


async def return_now(world: World) -> str:
    """A buyer who comes back from paying, and what the order's page says."""
    vera, url = await place(world)
    assert (await vera.get(await pay_unheard(world, url))).status_code == 303
    return await vera.status(await path_of())


async def sweep_now(world: World) -> str:
    """A buyer who pays and is not heard of again, until the sweep looks."""
    otto, url = await place(world)
    await pay_unheard(world, url)
    await world.advance(11)
    await world.worker.sweep()
    return await otto.status(await path_of(await the_order()))
