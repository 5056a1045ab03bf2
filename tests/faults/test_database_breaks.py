"""The database goes away in the worst moments: what was asked for happens once or not at all, and never half."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from store.kit.db import engine
from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import ONCE, count_effects, one, path_of, the_order, the_payment, value
from tests.faults.proxy import Cut, through_proxy
from tests.locks import WAITING, wait_for_waiting
from tests.payments.buying import MUG, SESSIONS, pay_unheard, place
from tests.world import World

END_THE_WAITING = WAITING.replace("count(*)", "pg_terminate_backend(pid)")


async def test_payment_is_confirmed_once_when_its_backend_is_killed_inside_the_transaction(
    world: World, db: str
) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    payment = await the_payment()
    admin = await asyncpg.connect(db)
    holder = admin.transaction()
    await holder.start()
    await admin.execute("SELECT 1 FROM variant FOR UPDATE")

    # It has locked the order and moved the attempt when it comes to the shelf, where it waits.
    confirming = asyncio.create_task(sync_payment(world.gateways, payment["id"], Door.WEBHOOK))
    await wait_for_waiting(confirming)
    await admin.execute(f"SELECT count(*) FROM ({END_THE_WAITING}) AS ended")
    await holder.rollback()
    await admin.close()

    assert await confirming == "succeeded"
    assert await count_effects() == ONCE


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_payment_is_confirmed_once_when_the_connection_is_lost_during_its_commit(
    world: World, db: str, cut: Cut
) -> None:
    """`before`: nothing was committed. `after`: all of it was, and nobody was told."""
    _, url = await place(world)
    await pay_unheard(world, url)
    payment = await the_payment()

    async with through_proxy(db) as proxy:
        proxy.arm(cut)
        assert await sync_payment(world.gateways, payment["id"], Door.WEBHOOK) == "succeeded"
        assert proxy.cuts == 1

    assert await count_effects() == ONCE


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
async def test_one_order_is_placed_when_the_connection_is_lost_during_a_commit_of_checkout(
    world: World, db: str, cut: Cut, at: int
) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    async with through_proxy(db) as proxy:
        proxy.arm(cut, at)
        first = await ada.post("/checkout", **form)
        assert proxy.cuts == 1
        if first.status_code != 303:
            first = await ada.post("/checkout", **form)

    assert first.status_code == 303
    assert await value("SELECT count(*) FROM orders") == 1
    assert await value("SELECT count(*) FROM stock_move WHERE kind = 'hold'") == 1
    made = {row["idempotency_key"] for row in await world.truth("requests") if row["path"] == SESSIONS}
    assert made == {str((await the_payment())["id"])}


async def test_visitor_is_asked_to_wait_when_every_slot_is_taken_and_let_in_after(world: World, db: str) -> None:
    await place(world)
    path = await path_of(await the_order())
    pool = engine().pool
    assert pool is not None
    held = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        refused = await world.browser().get(path)
    finally:
        for connection in held:
            await pool.release(connection)

    assert engine().acquire_seconds == 2
    assert refused.status_code == 503
    assert "very busy" in refused.text
    assert (await world.browser().get(path)).status_code == 200
    assert pool.get_idle_size() == pool.get_size()


async def test_nothing_of_the_shop_waits_for_the_database_inside_a_call_to_the_provider(world: World) -> None:
    """While the provider is silent no connection is held: all of them could be taken by others meanwhile."""
    _, url = await place(world)
    await pay_unheard(world, url)
    payment, pool = await the_payment(), engine().pool
    assert pool is not None
    arrived, answer = asyncio.Event(), asyncio.Event()
    inner = world.wire.app

    async def slow(scope: object, receive: object, send: object) -> None:
        arrived.set()
        await answer.wait()
        await inner(scope, receive, send)

    world.wire.app = slow
    asking = asyncio.create_task(sync_payment(world.gateways, payment["id"], Door.CHECK))
    await arrived.wait()
    world.wire.app = inner

    assert pool.get_idle_size() == pool.get_size()
    page = await world.browser().get("/")
    assert page.status_code == 200
    answer.set()
    assert await asking == "succeeded"
    assert (await one("SELECT count(*) AS n FROM capture"))["n"] == 1
