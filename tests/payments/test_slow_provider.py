"""A provider that takes seconds: other pages are answered meanwhile, and no database connection waits with the call."""

from __future__ import annotations

import asyncio

import pytest

from store.kit.db import engine, fetch
from tests.facts import ONCE, count_effects, path_of, the_order
from tests.gateways.wires import Gate, rewire
from tests.payments.buying import MUG, pay_unheard, place
from tests.world import World, rows

BUYERS = 12
PAGES = ("/", "/p/enamel-mug", "/cart", "/healthz", "/readyz")


def count_busy() -> int:
    """How many of the pool's connections somebody holds."""
    pool = engine().pool
    assert pool is not None
    return pool.get_size() - pool.get_idle_size()


async def test_pages_are_answered_and_no_connection_is_held_when_many_checkouts_wait(world: World) -> None:
    gate = Gate(world.wire)
    slow = rewire(world, gate)
    buyers, forms = [slow.browser() for _ in range(BUYERS)], []
    for buyer in buyers:
        await buyer.add(MUG)
        forms.append(await buyer.checkout_form())
    waiting = [asyncio.create_task(buyer.post("/checkout", **form)) for buyer, form in zip(buyers, forms, strict=True)]
    for _ in buyers:
        await gate.asked.acquire()

    assert count_busy() == 0
    assert [(await buyers[0].get(page)).status_code for page in PAGES] == [200] * len(PAGES)
    assert (await buyers[0].get(await path_of())).status_code == 200
    assert (count_busy(), gate.waiting) == (0, BUYERS)

    gate.open.set()
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == BUYERS
    assert len(await rows("SELECT 1 FROM orders")) == BUYERS


@pytest.mark.parametrize("door", ["return", "check", "cancel", "worker", "sweep"])
async def test_no_connection_is_held_when_a_door_waits_for_the_provider(world: World, door: str) -> None:
    gate = Gate(world.wire)
    slow = rewire(world, gate)
    ada, url = await place(world)
    back = await pay_unheard(world, url)
    visitor, path = slow.browser(), await path_of()
    if door == "worker":
        await world.tell("webhooks", action="release")
        await world.sandbox.state.deliveries.run_due()
        await fetch("DELETE FROM inbox_event WHERE type <> 'checkout.session.completed'")
    if door == "sweep":
        await world.advance(11)
    doors = {
        "return": lambda: visitor.get(back),
        "check": lambda: visitor.post(f"{path}/check"),
        "cancel": lambda: visitor.post(f"{path}/cancel"),
        "worker": slow.worker.process_events,
        "sweep": slow.worker.sweep,
    }

    waiting = asyncio.create_task(doors[door]())  # type: ignore[arg-type]
    await gate.asked.acquire()

    assert count_busy() == 0
    assert (await ada.get(path)).status_code == 200
    assert (await the_order())["payment_state"] == "awaiting_payment"
    gate.open.set()
    await waiting
    assert (await the_order())["payment_state"] == "paid"
    await world.worker.drain()
    assert await count_effects() == ONCE
