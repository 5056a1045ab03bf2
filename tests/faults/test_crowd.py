"""Everything that was held up comes at once: it is worked off a few at a time, and who is there is served meanwhile."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from store.kit.queue import CONCURRENCY
from tests.facts import ONCE, count_effects, path_of, the_payment, value
from tests.payments.buying import pay_unheard, place
from tests.signing import make_event, sign_body
from tests.world import SHOP, World

HERD = 200


class Counted:
    """The provider, counting how many are asking it at the same time."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.now, self.most = 0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        try:
            await self._app(scope, receive, send)
        finally:
            self.now -= 1


async def test_buyer_is_served_while_a_herd_of_events_is_worked_off_a_few_at_a_time(world: World) -> None:
    ada, url = await place(world)
    back = await pay_unheard(world, url)
    session = (await the_payment())["provider_ref"]
    for n in range(HERD):
        body = json.dumps(make_event(event=f"evt_herd_{n}", resource=session)).encode()
        secret = world.settings.stripe_webhook_secrets[0]
        answer = await ada.client.post("/webhooks/stripe", content=body, headers=sign_body(body, secret))
        assert answer.status_code == 200
    provider = Counted(world.wire.app)
    world.wire.app = provider

    taken = await world.worker.process_events()
    waiting = await value("SELECT count(*) FROM inbox_event WHERE state = 'waiting'")
    returned = await ada.get(back.removeprefix(SHOP))
    page = await ada.status(await path_of())
    await world.worker.drain()

    assert taken == CONCURRENCY
    assert waiting == HERD - CONCURRENCY
    assert (returned.status_code, page) == (303, "Paid")
    assert await value("SELECT count(*) FROM inbox_event WHERE state = 'done'") == HERD
    assert 1 < provider.most <= CONCURRENCY
    assert await count_effects() == ONCE
