"""Whose cards are declined too often opens no new attempt for a while, and is told for how long."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from store.app import create_app
from store.kit.db import fetch
from store.payments.service import sync_payment
from store.payments.service.declines import DECLINES, forget_payers
from store.payments.states import Door
from tests.facts import path_of, the_order, the_payment, value
from tests.payments.buying import LAMP, MUG, NOTEBOOK, SESSIONS, break_calls, mend
from tests.world import DECLINED, SANDBOX, SHOP, Browser, World

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.7"
ONE_BACK = DECLINES[1] // DECLINES[0]


def visit(world: World, address: str = HOME) -> Browser:
    """A visitor of a shop as strict as in production."""
    shop = create_app(replace(world.settings, rate_scale=1.0), world.gateways)
    transport = httpx.ASGITransport(app=shop, client=(address, 1), raise_app_exceptions=False)
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    client = httpx.AsyncClient(transport=transport, base_url=SHOP, headers=headers)
    world.clients.append(client)
    return Browser(world, client)


async def decline(world: World, url: str, times: int = DECLINES[0]) -> None:
    """The bank says no, and its message comes, as often as told."""
    for _ in range(times):
        assert (await world.pay(url, number=DECLINED)).status_code == 200
        await world.deliver()


async def test_new_order_is_refused_in_words_when_five_declines_are_known(world: World) -> None:
    ada = visit(world)
    await ada.add(MUG)
    await decline(world, await ada.check_out())
    await ada.add(LAMP)
    form = await ada.checkout_form(next(group for group in await ada.groups() if group.startswith("direct")))

    refused = await ada.post("/checkout", **form)

    assert refused.status_code == 429
    assert "Several payments were declined. Please wait 12 minutes" in refused.text
    assert 0 < int(refused.headers["retry-after"]) <= ONE_BACK
    assert 'value="1 Analytical Row"' in refused.text
    assert await value("SELECT count(*) FROM orders") == 1
    assert await value("SELECT count(*) FROM payment") == 1
    await fetch("UPDATE rate_limit SET tat = tat - $1", float(ONE_BACK))
    assert (await ada.post("/checkout", **form)).headers["location"].startswith(SANDBOX)


async def test_open_page_stays_open_when_its_card_was_declined_too_often(world: World) -> None:
    ada = visit(world)
    await ada.add(MUG)
    url = await ada.check_out()
    await decline(world, url)

    assert (await ada.post(f"{await path_of()}/pay")).headers["location"] == url
    assert (await ada.post("/checkout", **(await ada.checkout_form()))).headers["location"] == url
    await world.pay(url)
    await world.settle()
    assert await ada.status(await path_of()) == "Paid"


async def test_order_opens_no_next_attempt_when_its_payer_has_to_wait(world: World) -> None:
    ada = visit(world)
    await ada.add(MUG)
    await decline(world, await ada.check_out())
    otto = visit(world, ELSEWHERE)
    await otto.add(NOTEBOOK)
    await break_calls(world, SESSIONS, count=1)
    await otto.post("/checkout", **(await otto.checkout_form()))
    await world.advance(13 * 60)
    await world.worker.drain(sweep=True)
    await mend(world)
    path = await path_of()

    refused = await ada.post(f"{path}/pay")

    assert refused.headers["location"] == path
    assert "Please wait 12 minutes before you try again" in (await ada.get(path)).text
    assert await value("SELECT count(*) FROM payment") == 2
    assert (await otto.post(f"{path}/pay")).headers["location"].startswith(SANDBOX)


async def test_others_are_served_when_one_address_has_to_wait(world: World) -> None:
    ada = visit(world)
    await ada.add(MUG)
    await decline(world, await ada.check_out())
    vera = visit(world, ELSEWHERE)
    await vera.add(MUG)

    assert (await vera.check_out()).startswith(SANDBOX)


async def test_fifth_decline_decides_when_four_are_known(world: World) -> None:
    ada, olga, vera = visit(world), visit(world), visit(world)
    for buyer in (ada, olga, vera):
        await buyer.add(MUG)
    url = await ada.check_out()

    await decline(world, url, DECLINES[0] - 1)
    fourth = await olga.post("/checkout", **(await olga.checkout_form()))
    await decline(world, url, 1)
    fifth = await vera.post("/checkout", **(await vera.checkout_form()))

    assert (fourth.status_code, fifth.status_code) == (303, 429)


@pytest.mark.parametrize("door", [Door.WEBHOOK, Door.SWEEP])
async def test_decline_counts_once_when_every_door_learns_of_it(world: World, door: Door) -> None:
    ada = visit(world)
    await ada.add(MUG)
    url = await ada.check_out()
    if door == Door.SWEEP:
        await world.tell("webhooks", action="drop", count=0)
    await world.pay(url, number=DECLINED)
    payment = await the_payment()

    for _ in range(3):
        await sync_payment(world.gateways, payment["id"], door)
    await world.deliver()

    assert payment["payer"]
    left = await value(
        "SELECT tat - extract(epoch FROM now())::float8 FROM rate_limit WHERE key = $1", payment["payer"]
    )
    assert ONE_BACK - 60 < left <= ONE_BACK


async def test_address_is_forgotten_when_the_attempt_has_ended(world: World) -> None:
    ada = visit(world)
    await ada.add(MUG)
    url = await ada.check_out()
    assert await forget_payers() == 0

    await world.pay(url)
    await world.settle()

    assert (await the_order())["payment_state"] == "paid"
    assert await forget_payers() == 1
    assert (await the_payment())["payer"] == ""
