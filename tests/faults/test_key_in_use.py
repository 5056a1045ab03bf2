"""The provider is still at work on a request when it comes again: 409 says nothing about it, and nothing doubles."""

from __future__ import annotations

import httpx
import pytest

from store.kit.db import fetch
from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import ONCE, count_effects, posted, the_order, the_payment
from tests.gateways.wires import rewire
from tests.payments.buying import MUG, SESSIONS, break_calls, mend
from tests.payments.paypal_buying import approved, capture, captures_there, states
from tests.payments.unanswered import created_on_the_wire, sessions_of
from tests.world import World

TRIES = 3


class Busy(httpx.AsyncBaseTransport):
    """The way to a provider that got our request by a connection that is lost, and takes its time over it."""

    def __init__(self, world: World) -> None:
        self._inner, self._world = world.wire, world.sandbox.state.world
        self._first: httpx.Request | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path) == ("POST", SESSIONS) and self._first is None:
            self._first = request
            self._world.running.add((self._world.platform, request.headers["idempotency-key"]))
        return await self._inner.handle_async_request(request)

    async def finish(self) -> None:
        """It is done with the first request; its answer reaches nobody."""
        self._world.running.clear()
        assert self._first is not None
        assert (await self._inner.handle_async_request(self._first)).status_code == 200


@pytest.mark.parametrize("seconds", [0, 31], ids=["sent again", "looked for"])
async def test_one_session_is_made_and_adopted_when_the_key_of_checkout_is_in_use(world: World, seconds: int) -> None:
    provider = Busy(world)
    ada = rewire(world, provider).browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    waits = await ada.post("/checkout", **form)
    tried, unknown = created_on_the_wire(world), await the_payment()
    await provider.finish()
    await world.advance(seconds)
    goes_on = await ada.post("/checkout", **form)

    assert (waits.status_code, unknown["status"]) == (503, "created")
    assert tried == [(str(unknown["id"]), tried[0][1])] * TRIES
    assert [row["status"] for row in await posted(world, SESSIONS)][:TRIES] == [409] * TRIES
    looks = await posted(world, SESSIONS, "GET")
    (session,) = await sessions_of(world)
    assert goes_on.headers["location"] == session["url"]
    assert (await the_payment())["provider_ref"] == session["id"]
    # The first one, finished, and then either the same once more or a look alone.
    again = created_on_the_wire(world)[TRIES + 1 :]
    assert again == ([] if seconds else tried[:1])
    assert len(looks) == (1 if seconds else 0)
    await world.pay(session["url"])
    await world.settle()
    assert await count_effects() == ONCE
    assert (await the_order())["payment_state"] == "paid"


@pytest.mark.parametrize(("when", "meanwhile"), [("before", "capturing"), ("after", "succeeded")])
async def test_money_is_taken_once_when_the_same_capture_runs_at_paypal_already(
    world: World, when: str, meanwhile: str
) -> None:
    ada, made = await approved(world)
    await break_calls(world, "/v2/checkout/orders/*/capture", when=when, status=409)

    await capture(ada, made)
    seen = await the_payment()
    await mend(world)
    # Whoever asked first would have its answer by now.
    await fetch("UPDATE payment SET claimed_at = claimed_at - interval '1 minute'")
    await sync_payment(world.gateways, seen["id"], Door.WEBHOOK)

    assert seen["status"] == meanwhile
    assert await states() == ("paid", "succeeded")
    assert len(await captures_there(world)) == 1
    keys = {sent.headers["paypal-request-id"] for sent in world.wire.sent if sent.url.path.endswith("/capture")}
    assert len(keys) == 1
