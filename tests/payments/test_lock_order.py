"""Cart, order, payment, stock, promotion: who locks several locks in this order, so nobody waits in a ring."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from store.kit.db import fetch
from store.payments.service import cancel_order, pay_again, sync_payment
from store.payments.states import Door
from store.payments.sweep import end_overdue
from store.refunds.service import give_back, sync_refunds
from tests.facts import the_order, the_payment
from tests.locks import wait_for_waiting
from tests.payments.buying import MUG, SOMEBODY, pay_unheard, place
from tests.promotions.promoting import make_code
from tests.refunds.refunding import buy, refund_there, take_late
from tests.world import SHOP, World

Verb = Callable[[], Awaitable[object]]
LATER = {
    "cart": ("orders", "payment", "capture", "variant", "promotion"),
    "orders": ("payment", "capture", "variant", "promotion"),
}


async def change(world: World) -> Verb:
    """Another address: the older order is cancelled and a new one placed."""
    ada, _ = await place(world)
    form = await ada.checkout_form(city="Paris")
    return lambda: ada.post("/checkout", **form)


async def confirm(world: World) -> Verb:
    _, url = await place(world)
    await pay_unheard(world, url)
    payment = await the_payment()
    return lambda: sync_payment(world.gateways, payment["id"], Door.SWEEP)


async def cancel(world: World) -> Verb:
    await place(world)
    order = await the_order()
    return lambda: cancel_order(world.gateways, order["id"], Door.CHECK)


async def return_to_payment(world: World) -> Verb:
    await place(world)
    order = await the_order()
    return lambda: pay_again(world.gateways, order["id"], SHOP, SOMEBODY)


async def end(world: World) -> Verb:
    await place(world)
    await fetch("UPDATE payment SET status = 'failed'")
    await fetch("UPDATE orders SET payment_state = 'failed', hold_until = placed_at - interval '1 hour'")
    return end_overdue


async def give_late_money_back(world: World) -> Verb:
    _, capture = await take_late(world)
    return lambda: give_back(world.gateways, capture["id"])


async def find_refunds(world: World) -> Verb:
    _, capture = await buy(world)
    await refund_there(world, capture, reverse_transfer="true")
    return lambda: sync_refunds(world.gateways, capture["id"])


SCENES = [change, confirm, cancel, return_to_payment, end, give_late_money_back, find_refunds]


@pytest.mark.parametrize("held", LATER)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_nothing_later_is_locked_when_an_earlier_row_is_waited_for(
    world: World, db: str, scene: Callable[[World], Awaitable[Verb]], held: str
) -> None:
    verb = await scene(world)
    holder = await asyncpg.connect(db)
    try:
        async with holder.transaction():
            await holder.execute(f"SELECT 1 FROM {held} FOR UPDATE")
            working = asyncio.ensure_future(verb())
            await wait_for_waiting(working)

            for table in LATER[held]:
                await holder.execute(f"SELECT 1 FROM {table} FOR UPDATE NOWAIT")
    finally:
        await holder.close()
    await working


async def order_with_code(world: World) -> Verb:
    """The first order of a cart with a code."""
    ada = world.browser()
    await ada.add(MUG)
    await make_code(funded_by="vendor")
    await ada.post("/cart/promotion", code="TENOFF")
    form = await ada.checkout_form()
    return lambda: ada.post("/checkout", **form)


async def cancel_with_code(world: World) -> Verb:
    await (await order_with_code(world))()
    order = await the_order()
    return lambda: cancel_order(world.gateways, order["id"], Door.CHECK)


@pytest.mark.parametrize("scene", [order_with_code, cancel_with_code], ids=lambda scene: scene.__name__)
async def test_promotion_is_locked_last_when_stock_is_waited_for(
    world: World, db: str, scene: Callable[[World], Awaitable[Verb]]
) -> None:
    verb = await scene(world)
    holder = await asyncpg.connect(db)
    try:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM variant FOR UPDATE")
            working = asyncio.ensure_future(verb())
            await wait_for_waiting(working)

            await holder.execute("SELECT 1 FROM promotion FOR NO KEY UPDATE NOWAIT")
    finally:
        await holder.close()
    await working
