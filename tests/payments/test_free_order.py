"""Our own code that leaves nothing to pay needs no provider: placed and paid in one transaction."""

from __future__ import annotations

import asyncio

import pytest

from tests.facts import (
    assert_stock_adds_up,
    broken,
    mails,
    path_of,
    posted,
    stock_of,
    the_order,
    timeline,
    value,
)
from tests.payments.buying import MUG, NOTEBOOK, RAILS, SESSIONS
from tests.promotions.promoting import make_code, use_states, uses
from tests.shelves import read_words
from tests.world import Browser, World, rows


async def fill(world: World, *skus: str, code: str = "FREE100") -> Browser:
    """Ada with these in her cart and a code on it."""
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    assert (await ada.post("/cart/promotion", code=code)).status_code == 303
    return ada


@pytest.mark.parametrize("rail", RAILS)
async def test_order_is_paid_without_a_provider_when_a_code_covers_all(world: World, rail: str) -> None:
    ada = await fill(world, RAILS[rail])
    asked = len(world.wire.sent)
    form = await ada.checkout_form()

    answer = await ada.post("/checkout", **form)

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    assert await ada.status(await path_of()) == "Paid"
    await world.worker.drain(sweep=True)
    assert len(world.wire.sent) == asked
    order = await the_order()
    assert (order["total"], order["fee"], order["method"]) == (0, 0, "Promotion code FREE100")
    for table in ("payment", "capture", "ledger_tx"):
        assert await value(f"SELECT count(*) FROM {table}") == 0
    assert (await stock_of(RAILS[rail]))[1:] == (0, 1)
    assert {kind for kind, _, _ in await mails()} == {"order_confirmed", "sold"}
    assert (await timeline())[-1] == ("", "Nothing to pay: FREE100 covers the whole order.")
    assert (await use_states(), await uses("FREE100")) == (["used"], 1)
    assert await value("SELECT count(*) FROM cart_line") == 0
    assert await broken("I23") == await broken("I4") == []
    await assert_stock_adds_up()


async def test_checkout_asks_for_no_card_when_there_is_nothing_to_pay(world: World) -> None:
    ada = await fill(world, MUG)

    words = read_words(await ada.get(f"/checkout?group={(await ada.groups())[0]}"))

    assert "Nothing to pay FREE100 covers the whole order, so no card is needed. Place the order" in words
    assert "Stripe" not in words


async def test_same_order_is_the_answer_when_a_free_form_is_sent_twice(world: World) -> None:
    ada = await fill(world, MUG)
    form = await ada.checkout_form()

    answers = await asyncio.gather(*(ada.post("/checkout", **form) for _ in range(5)))

    assert {answer.headers["location"] for answer in answers} == {await path_of()}
    assert await value("SELECT count(*) FROM orders") == 1
    assert await uses("FREE100") == 1


async def test_what_goes_beyond_our_fee_is_owed_to_the_vendors_when_the_platform_gives_all_away(world: World) -> None:
    await make_code(code="OURS", percent=10000, with_delivery=True)
    ada = await fill(world, MUG, NOTEBOOK, code="OURS")

    await ada.post("/checkout", **(await ada.checkout_form()))

    parts = await rows("SELECT * FROM vendor_order")
    owed = sum(part["owed"] for part in parts)
    assert owed == sum(part["share"] for part in parts) > 0
    booked = {row["account"]: row["amount"] for row in await rows("SELECT account, amount FROM ledger_entry")}
    assert booked == {"cost:promotions": owed, **{f"payable:{part['vendor']}": -part["share"] for part in parts}}
    assert await posted(world, SESSIONS) == []


async def test_nothing_is_left_behind_when_the_last_use_went_between_cart_and_checkout(world: World) -> None:
    await make_code(code="ONCE", percent=10000, with_delivery=True, funded_by="vendor", max_uses=1)
    ada, otto = await fill(world, MUG, code="ONCE"), await fill(world, MUG, code="ONCE")
    forms = [await ada.checkout_form(), await otto.checkout_form(email="otto@example.com")]

    answers = await asyncio.gather(ada.post("/checkout", **forms[0]), otto.post("/checkout", **forms[1]))

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert await value("SELECT count(*) FROM orders") == 1
    assert await uses("ONCE") == 1
    await assert_stock_adds_up()
