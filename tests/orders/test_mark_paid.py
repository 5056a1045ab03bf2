"""An order is paid once: stock, cart, timeline and mails, all in the caller's transaction or not at all."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

from store.catalogue.service import adjust_stock
from store.kit.db import fetch_value, transaction
from store.orders import service as orders
from tests.facts import broken, mails, one, timeline
from tests.guards import unguarded
from tests.orders.ordering import end, fill_cart, order_a_mug, place
from tests.promotions.promoting import give_code, make_code, use_states, uses
from tests.shelves import make_product, make_vendor, read_cart_lines, read_counters


async def pay(order: dict[str, Any]) -> bool:
    """The confirming transaction, as far as orders have to do with it."""
    async with transaction():
        return await orders.mark_paid(order["id"], text="Payment confirmed.", door="webhook", method="Visa")


async def burn(mug: UUID, quantity: int) -> None:
    """Take pieces off the shelf for good."""
    async with transaction():
        await adjust_stock(mug, -quantity, f"burnt {quantity}")


async def test_everything_happens_once_when_ten_confirm_at_once(db: str) -> None:
    order, mug = await order_a_mug(quantity=2)

    won = await asyncio.gather(*(pay(order) for _ in range(10)))

    assert sorted(won) == [False] * 9 + [True]
    assert await read_counters(mug) == (10, 0, 2)
    paid = await one("SELECT payment_state, method, holds_stock, paid_at FROM orders")
    assert (paid["payment_state"], paid["method"], paid["holds_stock"]) == ("paid", "Visa", False)
    assert paid["paid_at"] is not None
    assert [text for _, text in await timeline()].count("Payment confirmed.") == 1
    assert await mails() == [
        ("order_confirmed", "ada@example.com", "waiting"),
        ("sold", "vera@kiln-co.example", "waiting"),
    ]
    assert await broken("I6") == await broken("I18") == []


async def test_nothing_has_happened_when_the_confirming_transaction_is_rolled_back(db: str) -> None:
    order, mug = await order_a_mug()

    async with unguarded():
        assert await pay(order)
        assert await read_counters(mug) == (10, 0, 1)

    assert await read_counters(mug) == (10, 1, 0)
    assert await fetch_value("SELECT payment_state FROM orders") == "awaiting_payment"
    assert await mails() == []
    assert await pay(order)


async def test_only_what_was_bought_leaves_the_cart_when_more_was_added_meanwhile(db: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor)
    (bowl,) = await make_product(vendor, "bowl")
    token = await fill_cart((mug, 1))
    order = await place(token)
    await fill_cart((mug, 2), (bowl, 1), token=token)

    await pay(order)

    assert await read_cart_lines(token) == {mug: 2, bowl: 1}


async def test_each_vendor_is_told_of_its_own_part_when_several_sold(db: str) -> None:
    first, second = await make_vendor(), await make_vendor("turned")
    (mug,) = await make_product(first)
    (bowl,) = await make_product(second, "bowl", price=5000)

    await pay(await place(await fill_cart((mug, 1), (bowl, 1))))

    told = {row[1] for row in await mails() if row[0] == "sold"}
    assert told == {"vera@kiln-co.example", "vera@turned.example"}
    view = await fetch_value("SELECT view FROM mail_message WHERE recipient = 'vera@kiln-co.example'")
    assert "Enamel mug" in view
    assert "Bowl" not in view
    # The address of the buyer's page is the key to it: the seller gets that of the shop's own page.
    assert f"/orders/{await fetch_value('SELECT token FROM orders')}" not in view
    part = await fetch_value("SELECT id FROM vendor_order WHERE vendor = $1", first)
    assert json.loads(view)["path"] == f"/sell/orders/{part}"


async def test_order_that_had_ended_is_paid_when_the_goods_are_still_there(db: str) -> None:
    order, mug = await order_a_mug()
    assert await end(order)
    assert await read_counters(mug) == (10, 0, 0)

    assert await pay(order)

    assert await read_counters(mug) == (10, 0, 1)
    assert await fetch_value("SELECT hold_no FROM orders") == 2


async def test_order_that_had_ended_stays_so_when_the_goods_are_gone(db: str) -> None:
    order, mug = await order_a_mug()
    await end(order)
    await burn(mug, 10)

    assert not await pay(order)

    assert await fetch_value("SELECT payment_state FROM orders") == "expired"
    assert await read_counters(mug) == (0, 0, 0)
    assert await mails() == []
    assert await broken("I6") == []


async def test_paid_order_stays_paid_when_anything_else_is_said_of_it(db: str) -> None:
    order, mug = await order_a_mug()
    await pay(order)
    before = await one("SELECT payment_state, paid_at, holds_stock FROM orders")
    said = len(await mails())

    async with transaction():
        assert not await orders.mark_over(order["id"], text="Over.", door="sweep")
        assert not await orders.mark_failed(order["id"], reason="No", text="Failed.", door="sweep")
        assert not await orders.mark_processing(order["id"], text="Processing.", door="sweep")
        assert not await orders.mark_payable(order["id"])
        assert not await orders.mark_review(order["id"], reason="amount differs", door="sweep")
        assert not await orders.request_cancel(order["id"])
        await orders.record_decline(order["id"], reason="Declined", text="Declined.", door="webhook", ref="ch_1")

    assert await one("SELECT payment_state, paid_at, holds_stock FROM orders") == before
    assert await fetch_value("SELECT review_reason FROM orders") == "amount differs"
    assert await fetch_value("SELECT failure_reason FROM orders") == ""
    assert len(await mails()) == said
    assert await read_counters(mug) == (10, 0, 1)


async def order_with_code(**code: Any) -> tuple[dict[str, Any], UUID, UUID]:
    """An order of a mug with 10 % off; returns it, the mug's variant and the promotion."""
    (mug,) = await make_product(await make_vendor())
    promotion = await make_code(**code)
    token = await fill_cart((mug, 1))
    await give_code(token)
    return await place(token), mug, promotion


async def test_use_counts_for_ever_and_the_cart_has_no_code_when_its_order_is_paid(db: str) -> None:
    order, _, _ = await order_with_code()
    assert (order["discount"], order["promo_code"], order["total"]) == (240, "TENOFF", 2760)

    assert await pay(order)

    assert (await use_states(), await uses()) == (["used"], 1)
    assert await fetch_value("SELECT promotion FROM cart") is None


async def test_use_is_taken_again_when_an_order_is_paid_after_its_end(db: str) -> None:
    order, mug, _ = await order_with_code(max_uses=1)
    await end(order)
    assert (await use_states(), await uses()) == (["released"], 0)

    assert await pay(order)

    assert (await use_states(), await uses()) == (["used"], 1)
    assert await read_counters(mug) == (10, 0, 1)


async def test_nothing_is_taken_when_the_last_use_went_to_somebody_else_after_the_end(db: str) -> None:
    order, mug, _ = await order_with_code(max_uses=1)
    await end(order)
    other = await fill_cart((mug, 1))
    await give_code(other)
    await place(other, form_id="form-0002")
    before = await read_counters(mug)

    assert not await pay(order)

    assert await fetch_value("SELECT payment_state FROM orders WHERE id = $1", order["id"]) == "expired"
    assert await read_counters(mug) == before == (10, 1, 0)
    assert (sorted(await use_states()), await uses()) == (["held", "released"], 1)
