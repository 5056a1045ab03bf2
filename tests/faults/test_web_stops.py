"""The web server is told to stop while a checkout waits for the provider: it is answered, or somebody else goes on."""

from __future__ import annotations

import asyncio
import signal

import httpx

from tests.facts import ONCE, count_effects, stock_of, the_order, the_payment
from tests.faults.child import Errand, jar, run_errand
from tests.faults.commands import find_port, started
from tests.faults.serving import Gate, answers, served
from tests.payments.buying import MUG, SESSIONS
from tests.payments.unanswered import sessions_of
from tests.world import Browser, World


async def send_form(ada: Browser, form: dict[str, str], shop: str) -> httpx.Response:
    """Ada's checkout, at the server that is about to stop."""
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    async with httpx.AsyncClient(base_url=shop, cookies=jar(ada), trust_env=False, timeout=60) as client:
        return await client.post("/checkout", data=form, headers=headers)


async def test_checkout_is_answered_when_the_web_server_is_told_to_stop(world: World, db: str) -> None:
    ada, port = world.browser(), find_port()
    await ada.add(MUG)
    form, gate = await ada.checkout_form(), Gate(world.sandbox, SESSIONS)
    async with served(gate) as base, started(world, db, base, "serve", PORT=str(port)) as web:
        shop = f"http://127.0.0.1:{port}"
        await answers(shop)
        asked = asyncio.create_task(send_form(ada, form, shop))
        await asyncio.wait_for(gate.arrived.wait(), 60)

        web.send_signal(signal.SIGTERM)
        gate.opened.set()
        answer = await asyncio.wait_for(asked, 60)

        assert await asyncio.wait_for(web.wait(), 60) == 0

    payment = await the_payment()
    assert (answer.status_code, answer.headers["location"]) == (303, payment["redirect_url"])
    assert (payment["status"], len(await sessions_of(world))) == ("pending", 1)


async def test_checkout_is_resumed_when_the_web_server_had_to_go_before_the_provider_answered(
    world: World, db: str
) -> None:
    """The provider is silent for longer than the grace."""
    ada, port = world.browser(), find_port()
    await ada.add(MUG)
    form, gate = await ada.checkout_form(), Gate(world.sandbox, SESSIONS)
    async with served(gate) as base:
        async with started(world, db, base, "serve", PORT=str(port)) as web:
            shop = f"http://127.0.0.1:{port}"
            await answers(shop)
            asked = asyncio.create_task(send_form(ada, form, shop))
            await asyncio.wait_for(gate.arrived.wait(), 60)

            web.send_signal(signal.SIGTERM)

            assert await asyncio.wait_for(web.wait(), 60) == 0
        gone = (await asyncio.gather(asked, return_exceptions=True))[0]
        left = (await the_payment())["status"]
        gate.opened.set()
        await world.advance(11)
        assert await run_errand(world.settings, base, Errand(sweep=True)) == 0

    assert isinstance(gone, httpx.TransportError) or gone.status_code == 503
    assert left == "created"
    payment = await the_payment()
    (session,) = await sessions_of(world)
    assert (payment["status"], payment["provider_ref"]) == ("pending", session["id"])
    assert await stock_of(MUG) == (40, 1, 0)
    await world.pay(session["url"])
    await world.settle()
    assert (await count_effects(), (await the_order())["payment_state"]) == (ONCE, "paid")
