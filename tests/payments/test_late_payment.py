"""Money for an order that is over: taken if the goods can still be held, else given back in full, and all of it."""

from __future__ import annotations

import asyncio

import pytest

from store.catalogue.service import adjust_stock
from store.kit.db import transaction
from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import (
    ONCE,
    assert_books_agree,
    count_effects,
    ledger_balances,
    mails,
    one,
    path_of,
    posted,
    provider_balances,
    stock_of,
    the_order,
    the_payment,
    timeline,
    value,
)
from tests.payments.buying import MUG, NOTEBOOK, RAILS, end_too_early, sell_out
from tests.world import World, rows

SPLITS = {**{rail: (sku,) for rail, sku in RAILS.items()}, "separate": (MUG, NOTEBOOK)}


@pytest.mark.parametrize("rail", SPLITS)
async def test_late_payment_is_taken_when_the_goods_can_still_be_held(world: World, rail: str) -> None:
    ada, url = await end_too_early(world, SPLITS[rail])
    on_hand = (await stock_of(SPLITS[rail][0]))[0]

    await world.pay(url)
    await world.settle()

    assert await ada.status(await path_of()) == "Paid"
    assert await stock_of(SPLITS[rail][0]) == (on_hand, 0, 1)
    assert await value("SELECT kind FROM capture") == "settling"
    assert not await rows("SELECT 1 FROM refund")
    assert (await mails())[0][0] == "order_confirmed"
    await assert_books_agree(world)


@pytest.mark.parametrize("rail", SPLITS)
async def test_everything_goes_back_when_the_goods_are_gone(world: World, rail: str) -> None:
    ada, url = await end_too_early(world, SPLITS[rail])
    await sell_out(SPLITS[rail])
    order, payment = await the_order(), await the_payment()

    await world.pay(url)
    await world.settle()
    await world.settle()

    (request,) = await posted(world, "/v1/refunds")
    flags = {name for name in ("reverse_transfer", "refund_application_fee") if request["params"].get(name) == "true"}
    expected = {"separate": set(), "destination": {"reverse_transfer", "refund_application_fee"}}
    assert flags == expected.get(rail, {"refund_application_fee"})
    assert request["account"] == (payment["account_ref"] or None)
    refund = await one("SELECT * FROM refund")
    assert request["idempotency_key"] == str(refund["id"])
    assert (refund["status"], refund["amount"], refund["ours"]) == ("succeeded", order["total"], True)
    (given,) = await world.truth("refunds")
    assert (given["amount"], given["status"]) == (order["total"], "succeeded")

    capture = await one("SELECT * FROM capture")
    assert (capture["kind"], capture["refunded"]) == ("surplus", order["total"])
    assert await ada.status(await path_of()) == "Refunded"
    after = await the_order()
    assert (after["payment_state"], after["refunded"], after["refund_pending"]) == ("canceled", order["total"], 0)
    assert [kind for kind, _, state in await mails() if state == "done"] == ["refunded"]
    assert "arrived too late; it goes back in full" in " ".join(text for _, text in await timeline())

    await assert_books_agree(world)
    await assert_nothing_is_left_but_the_providers_fee(world)


async def assert_nothing_is_left_but_the_providers_fee(world: World) -> None:
    """Vendors' and platform's balances are zero but for what Stripe keeps; nobody owes anybody anything."""
    fees = {
        (row["account"].rpartition(":")[2], row["currency"]): row["amount"]
        for row in await rows(
            "SELECT e.account, e.currency, sum(e.amount)::bigint AS amount FROM ledger_entry e JOIN ledger_tx t"
            " ON t.id = e.tx WHERE t.kind = 'provider_fee' AND e.account LIKE 'provider:%' GROUP BY 1, 2"
        )
    }
    assert fees
    assert all(amount < 0 for amount in fees.values())
    assert await provider_balances(world) == fees
    assert await ledger_balances() == fees
    owed = await rows(
        "SELECT account FROM ledger_entry WHERE account LIKE 'receivable:%' OR account = 'income:fees'"
        " GROUP BY account, currency HAVING sum(amount) <> 0"
    )
    assert owed == []


async def test_money_goes_back_once_when_every_door_finds_the_late_payment_at_once(world: World) -> None:
    _, url = await end_too_early(world, (MUG,))
    await sell_out((MUG,))
    await world.tell("webhooks", action="hold")
    await world.pay(url)
    payment = await the_payment()

    await asyncio.gather(*(sync_payment(world.gateways, payment["id"], Door.SWEEP) for _ in range(20)))
    await world.tell("webhooks", action="clear")
    await world.settle()
    await world.settle()

    assert await value("SELECT count(*) FROM operation WHERE kind = 'refund'") == 1
    assert len(await world.truth("refunds")) == 1
    assert [kind for kind, _, _ in await mails()] == ["refunded"]
    await assert_books_agree(world)


async def test_late_payment_is_taken_once_when_every_door_finds_it_at_once(world: World) -> None:
    _, url = await end_too_early(world, (MUG,))
    await world.tell("webhooks", action="hold")
    await world.pay(url)
    payment = await the_payment()

    await asyncio.gather(*(sync_payment(world.gateways, payment["id"], Door.SWEEP) for _ in range(20)))

    assert await count_effects() == ONCE
    assert await stock_of(MUG) == (40, 0, 1)


async def test_one_of_two_late_buyers_gets_the_last_one_when_both_pay(world: World) -> None:
    _, first = await end_too_early(world, ("KILN-VASE",))
    _, second = await end_too_early(world, ("KILN-VASE",))
    row = await one("SELECT id FROM variant WHERE sku = 'KILN-VASE'")
    async with transaction():
        await adjust_stock(row["id"], -1, "elsewhere")
    await world.tell("webhooks", action="hold")

    await world.pay(first)
    await world.pay(second)
    await world.tell("webhooks", action="clear")
    await world.settle()
    await world.settle()

    states = sorted(row["payment_state"] for row in await rows("SELECT payment_state FROM orders"))
    assert states == ["canceled", "paid"]
    assert await stock_of("KILN-VASE") == (1, 0, 1)
    assert sorted(row["kind"] for row in await rows("SELECT kind FROM capture")) == ["settling", "surplus"]
    await assert_books_agree(world)
