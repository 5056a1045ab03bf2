"""A discount of ours that goes beyond our fee is passed on to the vendors out of our balance, but never directly."""

from __future__ import annotations

import pytest

from tests.facts import assert_books_agree, one, the_order, value
from tests.payments.buying import LAMP, MUG, NOTEBOOK
from tests.payouts.test_refund_shares import net
from tests.promotions.promoting import make_code
from tests.refunds.refunding import refund_there, wait_for_money
from tests.refunds.test_failed_refund import FAILING
from tests.world import World, rows

AT_ONCE = "4000 0000 0000 0077"
DAYS = 3 * 86400


async def order(world: World, *skus: str) -> str:
    """Ada at the payment page, with the code on her cart; "" when nothing is due."""
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    await ada.post("/cart/promotion", code="TENOFF")
    url = await ada.check_out()
    return url if "/pay/" in url else ""


async def fund_platform(world: World) -> None:
    """Our own fees of earlier sales, available by now."""
    for _ in range(3):
        ada = world.browser()
        await ada.add(MUG, 9)
        assert (await world.pay(await ada.check_out(), number=AT_ONCE)).status_code == 303
    await world.settle()
    await world.advance(DAYS)
    await world.settle()


@pytest.mark.parametrize("skus", [(MUG,), (MUG, NOTEBOOK)], ids=["destination", "separate"])
async def test_vendor_gets_what_our_discount_took_when_it_is_more_than_our_fee(
    world: World, skus: tuple[str, ...]
) -> None:
    await fund_platform(world)
    await make_code(percent=3000)
    assert (await world.pay(await order(world, *skus), number=AT_ONCE)).status_code == 303

    await world.settle()

    newest = (await the_order())["id"]
    parts = await rows('SELECT vendor, share, owed, fee FROM vendor_order WHERE "order" = $1', newest)
    sent = await rows('SELECT vendor, reason, amount, state FROM transfer WHERE "order" = $1', newest)
    promised = {part["vendor"]: part["owed"] for part in parts}
    assert {row["vendor"]: row["amount"] for row in sent if row["reason"] == "promotion"} == promised
    assert sum(promised.values()) > 0
    assert {row["state"] for row in sent} == {"done"}
    if len(skus) > 1:
        got = {part["vendor"]: 0 for part in parts}
        for row in sent:
            got[row["vendor"]] += row["amount"]
        assert got == {part["vendor"]: part["share"] for part in parts}
    await assert_books_agree(world)


async def test_it_waits_for_our_balance_and_goes_out_by_itself_when_money_has_come(world: World) -> None:
    await make_code(percent=3000)
    assert (await world.pay(await order(world, MUG))).status_code == 303
    await world.settle()

    waiting = await one("SELECT * FROM transfer")
    assert (waiting["reason"], waiting["state"], waiting["hold"]) == ("promotion", "waiting", "balance")
    assert waiting["why"].startswith("Our balance does not cover it yet.")
    assert (await the_order())["payment_state"] == "paid"

    await fund_platform(world)
    await world.advance(DAYS)
    await world.settle()

    assert await value("SELECT state FROM transfer WHERE id = $1", waiting["id"]) == "done"
    await assert_books_agree(world)


@pytest.mark.parametrize("skus", [(MUG,), (MUG, NOTEBOOK)], ids=["destination", "separate"])
async def test_vendors_are_paid_by_us_when_a_code_of_ours_leaves_nothing_to_pay(
    world: World, skus: tuple[str, ...]
) -> None:
    await fund_platform(world)
    await make_code(percent=10000, with_delivery=True)
    assert await order(world, *skus) == ""

    await world.settle()

    newest = await the_order()
    assert (newest["total"], newest["payment_state"]) == (0, "paid")
    parts = await rows('SELECT vendor, share FROM vendor_order WHERE "order" = $1', newest["id"])
    sent = await rows('SELECT vendor, amount, cause, state FROM transfer WHERE "order" = $1', newest["id"])
    assert {row["vendor"]: row["amount"] for row in sent} == {part["vendor"]: part["share"] for part in parts}
    assert {(row["cause"], row["state"]) for row in sent} == {(str(newest["id"]), "done")}
    await assert_books_agree(world)


async def test_nothing_is_passed_on_when_the_vendor_is_charged_directly(world: World) -> None:
    await make_code(percent=1000)
    assert (await world.pay(await order(world, LAMP))).status_code == 303

    await world.settle()

    assert (await the_order())["discount"] > 0
    assert await rows("SELECT 1 FROM transfer") == []
    platform = await rows(
        "SELECT DISTINCT tx.kind FROM ledger_entry AS entry JOIN ledger_tx AS tx ON tx.id = entry.tx"
        " WHERE entry.account = 'provider:stripe:platform'"
    )
    assert [row["kind"] for row in platform] in ([], ["application_fee"])
    await assert_books_agree(world)


async def test_platform_is_touched_by_the_application_fee_alone_when_the_sale_is_direct(world: World) -> None:
    await world.browser().buy(LAMP)

    await world.settle()

    platform = await rows(
        "SELECT tx.kind FROM ledger_entry AS entry JOIN ledger_tx AS tx ON tx.id = entry.tx"
        " WHERE entry.account = 'provider:stripe:platform'"
    )
    assert [row["kind"] for row in platform] == ["application_fee"]
    await assert_books_agree(world)


async def test_our_part_comes_back_too_when_the_order_goes_back(world: World) -> None:
    await fund_platform(world)
    await make_code(percent=3000)
    assert (await world.pay(await order(world, MUG), number=AT_ONCE)).status_code == 303
    await world.settle()
    newest = await the_order()
    capture = await one('SELECT * FROM capture WHERE "order" = $1', newest["id"])

    for amount in ({"amount": 333}, {}):
        await refund_there(world, capture, reverse_transfer="true", **amount)
        await wait_for_money(world)

    sent = await one('SELECT amount, reversed FROM transfer WHERE "order" = $1', newest["id"])
    assert sent["reversed"] == sent["amount"] > 0
    assert await value("SELECT sum(amount)::bigint FROM ledger_entry WHERE account = 'cost:promotions'") == 0
    await assert_books_agree(world)


async def test_each_part_comes_from_where_it_came_when_the_refund_of_a_discounted_sale_came_back(
    world: World,
) -> None:
    await fund_platform(world)
    await make_code(percent=3000)
    assert (await world.pay(await order(world, MUG, NOTEBOOK), number=FAILING)).status_code == 303
    await world.settle()
    had = await net(world)
    newest = await the_order()
    capture = await one('SELECT * FROM capture WHERE "order" = $1', newest["id"])

    await refund_there(world, capture)
    await world.settle()
    assert await net(world) != had
    await world.advance(200)
    for _ in range(2):
        await world.advance(DAYS)
        await world.settle()

    assert await value("SELECT status FROM refund") == "failed"
    assert await net(world) == had
    again = await rows("SELECT reason, source_ref, state FROM transfer WHERE restores")
    assert {(row["reason"], row["source_ref"], row["state"]) for row in again} == {
        ("share", capture["capture_ref"], "done"),
        ("promotion", "", "done"),
    }
    assert await value("SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE account LIKE 'receivable:%'") == 0
    await assert_books_agree(world)
