"""Stripe is down, then up: browsing goes on, nothing typed or paid is lost, and what had to wait is done after it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from store.gateways.breaker import FAILURES, LONGEST_SECONDS, PAUSE_SECONDS, Breaker
from store.gateways.port import Unavailable
from store.kit.db import fetch
from store.kit.queue import CONCURRENCY
from tests.facts import (
    ONCE,
    assert_books_agree,
    count_effects,
    one,
    path_of,
    stock_of,
    the_order,
    value,
)
from tests.gateways.test_breaker import Watch
from tests.gateways.wires import Gate, Outage, rewire
from tests.payments.buying import MUG, pay_unheard, place
from tests.world import SANDBOX, World, rows

PAGES = ("/", "/p/enamel-mug", "/cart", "/healthz")


def break_down(world: World) -> tuple[World, Outage, Watch]:
    """The world with a provider that is down, and the watch of its breaker."""
    wire, watch = Outage(world.wire), Watch()
    return rewire(world, wire, Breaker("Stripe", now=watch)), wire, watch


async def test_buyer_is_told_to_try_again_and_loses_nothing_when_stripe_is_down_and_up_again(world: World) -> None:
    shop, wire, watch = break_down(world)
    ada = shop.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    for _ in range(FAILURES + 3):
        answer = await ada.post("/checkout", **form)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "Stripe does not answer just now." in answer.text
        assert "you were not charged: please try again in a moment." in answer.text
        assert 'value="Ada Buyer"' in answer.text
        assert "Continue to Stripe" in answer.text
    assert wire.sent == FAILURES
    assert [(await ada.get(page)).status_code for page in PAGES] == [200] * len(PAGES)
    assert (await ada.get(f"/checkout?group={form['group']}")).status_code == 200
    order = await the_order()
    assert (order["payment_state"], await stock_of(MUG)) == ("awaiting_payment", (40, 1, 0))

    wire.down = False
    watch.seconds += PAUSE_SECONDS
    answer = await ada.post("/checkout", **form)

    assert answer.headers["location"].startswith(SANDBOX)
    assert [row["id"] for row in await rows("SELECT id FROM orders")] == [order["id"]]
    await shop.pay(answer.headers["location"])
    await shop.settle()
    assert await count_effects() == ONCE
    await assert_books_agree(shop)


async def test_messages_are_kept_and_their_tries_not_used_up_when_stripe_is_down_for_half_an_hour(
    world: World,
) -> None:
    for _ in range(6):
        _, url = await place(world)
        await pay_unheard(world, url)
    shop, wire, watch = break_down(world)
    await shop.tell("webhooks", action="release")
    await shop.sandbox.state.deliveries.run_due()
    arrived = await value("SELECT count(*) FROM inbox_event")
    assert arrived > FAILURES

    await shop.worker.drain()
    used, sent = await value("SELECT sum(attempt) FROM inbox_event"), wire.sent
    for _ in range(30):
        watch.seconds += LONGEST_SECONDS
        await shop.worker.drain(sweep=True)

    assert await value("SELECT sum(attempt) FROM inbox_event") == used
    # One small call for each time it was asked whether it is back.
    assert wire.sent == sent + 30
    assert {row["state"] for row in await rows("SELECT state FROM inbox_event WHERE last_error <> ''")} == {"waiting"}
    wire.down = False
    watch.seconds += LONGEST_SECONDS
    await shop.worker.drain()

    assert {row["payment_state"] for row in await rows("SELECT payment_state FROM orders")} == {"paid"}
    assert await value("SELECT count(*) FROM inbox_event WHERE state = 'waiting' AND attempt = 0") == 0
    await shop.settle()
    await assert_books_agree(shop)


async def test_overdue_orders_end_when_stripe_is_down_and_nobody_could_pay_them(world: World) -> None:
    """What needs no provider does not wait for one."""
    shop, _, _ = break_down(world)
    ada = shop.browser()
    await ada.add(MUG)
    await ada.post("/checkout", **(await ada.checkout_form()))
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await shop.gateways.stripe.ping()
    assert shop.gateways.stripe.is_away()
    payment = await one("SELECT id FROM payment")
    await world.advance(13 * 60)
    await world.worker.drain(sweep=True)
    assert await value("SELECT status FROM payment WHERE id = $1", payment["id"]) == "abandoned"
    await world.advance(46 * 60)

    await shop.worker.drain(sweep=True)

    assert await ada.status(await path_of()) == "Checkout expired"
    assert await stock_of(MUG) == (40, 0, 0)


async def test_catch_up_is_capped_and_a_live_order_goes_through_when_many_messages_wait(world: World) -> None:
    """After an outage: however much waits, the worker makes few calls at a time, and buyers do not queue behind it."""
    waiting = 3 * CONCURRENCY
    for _ in range(waiting):
        _, url = await place(world)
        await pay_unheard(world, url)
    await world.tell("webhooks", action="release")
    await world.sandbox.state.deliveries.run_due()
    await fetch("DELETE FROM inbox_event WHERE type <> 'checkout.session.completed'")
    gate = Gate(world.wire)
    behind = replace(world, worker=rewire(world, gate).worker)
    catching_up = asyncio.create_task(behind.worker.process_events())
    for _ in range(CONCURRENCY):
        await gate.asked.acquire()

    bea = world.browser()
    order = await bea.buy(MUG)

    assert await bea.status(order) == "Paid"
    assert (gate.waiting, gate.most) == (CONCURRENCY, CONCURRENCY)
    gate.open.set()
    await catching_up
    await behind.worker.drain()
    assert gate.most <= CONCURRENCY
    assert await value("SELECT count(*) FROM orders WHERE payment_state = 'paid'") == waiting + 1
