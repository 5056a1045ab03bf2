"""A vendor sends its part: once, its own, only what is paid; the buyer reads it on the page and in one mail."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from store.kit.db import fetch
from store.kit.errors import NotFound
from store.orders.service import NotToSend, deliver_part, ship_part
from tests.facts import mails, one, value
from tests.guards import unguarded
from tests.orders.ordering import order_a_mug
from tests.payments.buying import MUG, NOTEBOOK
from tests.world import World, rows


async def paid_part(world: World, *more: str) -> tuple[str, UUID, UUID]:
    """Ada's paid order: its path, Vera's vendor and Vera's part."""
    ada = world.browser()
    for sku in more:
        await ada.add(sku)
    path = await ada.buy(MUG)
    part = await one("SELECT id, vendor FROM vendor_order WHERE vendor_name = 'Kiln & Co'")
    return path, UUID(str(part["vendor"])), UUID(str(part["id"]))


async def test_buyer_is_told_on_the_page_and_by_mail_when_a_part_is_sent(world: World) -> None:
    path, vera, part = await paid_part(world)

    assert await ship_part(vera, part, carrier="Royal Mail", tracking="RM 123")

    row = await one("SELECT fulfilment, carrier, tracking, shipped_at, delivered_at FROM vendor_order")
    assert (row["fulfilment"], row["carrier"], row["tracking"]) == ("shipped", "Royal Mail", "RM 123")
    assert row["shipped_at"] is not None
    page = (await world.browser().get(path)).text
    assert "Kiln &amp; Co sent its part: Royal Mail RM 123." in page
    assert "tracking number <code>RM 123</code>" in page
    [mail] = await rows("SELECT recipient, view FROM mail_message WHERE kind = 'shipped'")
    assert mail["recipient"] == "ada@example.com"
    assert '"tracking":"RM 123"' in mail["view"]


async def test_second_click_changes_nothing_and_tells_nobody(world: World) -> None:
    _, vera, part = await paid_part(world)

    sent = await asyncio.gather(*(ship_part(vera, part, carrier="", tracking=str(n)) for n in range(4)))

    assert sorted(sent) == [False, False, False, True]
    assert len([kind for kind, *_ in await mails() if kind == "shipped"]) == 1
    assert await value("SELECT count(*) FROM order_event WHERE key LIKE 'shipped:%'") == 1


async def test_parcel_arrives_once_and_only_after_it_was_sent(world: World) -> None:
    path, vera, part = await paid_part(world)

    assert not await deliver_part(vera, part)
    await ship_part(vera, part, carrier="", tracking="")
    assert await deliver_part(vera, part)
    assert not await deliver_part(vera, part)

    assert await value("SELECT fulfilment FROM vendor_order") == "delivered"
    assert await value("SELECT delivered_at IS NOT NULL FROM vendor_order")
    assert "The parcel from Kiln &amp; Co arrived." in (await world.browser().get(path)).text


async def test_part_of_another_vendor_does_not_exist(world: World) -> None:
    _, vera, _ = await paid_part(world, NOTEBOOK)
    other = await one("SELECT id FROM vendor_order WHERE vendor <> $1", vera)

    for verb in (ship_part(vera, other["id"], carrier="", tracking=""), deliver_part(vera, other["id"])):
        with pytest.raises(NotFound):
            await verb

    assert await value("SELECT count(*) FROM vendor_order WHERE fulfilment <> 'to_ship'") == 0


async def test_nothing_is_sent_for_an_order_that_is_not_paid(db: str) -> None:
    order, _ = await order_a_mug()
    part = await one('SELECT id, vendor FROM vendor_order WHERE "order" = $1', order["id"])

    with pytest.raises(NotToSend, match="not paid"):
        await ship_part(part["vendor"], part["id"], carrier="", tracking="")

    assert await value("SELECT fulfilment FROM vendor_order") == "to_ship"


async def test_nothing_is_sent_when_all_money_went_back(db: str) -> None:
    order, _ = await order_a_mug()
    part = await one('SELECT id, vendor FROM vendor_order WHERE "order" = $1', order["id"])
    async with unguarded():
        await fetch(
            "UPDATE orders SET payment_state = 'paid', refund_pending = total WHERE id = $1",
            order["id"],
        )
        with pytest.raises(NotToSend, match="went back"):
            await ship_part(part["vendor"], part["id"], carrier="", tracking="")


async def test_database_refuses_a_leap_and_the_guard_is_needed(world: World) -> None:
    await paid_part(world)

    with pytest.raises(asyncpg.CheckViolationError):
        await fetch("UPDATE vendor_order SET fulfilment = 'delivered'")
    async with unguarded("DROP TRIGGER vendor_order_moves ON vendor_order"):
        await fetch("UPDATE vendor_order SET fulfilment = 'delivered'")
