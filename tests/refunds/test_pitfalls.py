"""Traps of refunds that other shops fell into, by their number on the fact page."""

from __future__ import annotations

from tests.facts import assert_books_agree, one, path_of, posted, the_order, value
from tests.payments.buying import LAMP, MUG
from tests.refunds.refunding import REFUNDS, buy, refund_there, take_late
from tests.world import World


async def test_pitfall_4_refunds_are_listed_since_the_message_about_the_charge_carries_none(world: World) -> None:
    ada, capture = await buy(world)
    for others in ("refund.*", "transfer.*"):
        await world.tell("webhooks", action="drop", type=others, count=0)

    await refund_there(world, capture, amount=1000, reverse_transfer="true")
    await world.deliver()

    told = await one("SELECT body FROM inbox_event WHERE type = 'charge.refunded'")
    assert '"refunds":null' in told["body"].replace(" ", "")
    assert len(await posted(world, REFUNDS, "GET")) == 1
    assert await value("SELECT amount FROM refund") == 1000
    assert await ada.status(await path_of()) == "Partly refunded"


async def test_pitfall_16_a_direct_charge_is_refunded_in_its_account_and_its_fee_goes_back(world: World) -> None:
    _, capture = await take_late(world, LAMP)

    await world.tell("webhooks", action="clear")
    await world.settle()

    (asked,) = await posted(world, REFUNDS)
    assert asked["account"] == capture["account_ref"] != ""
    assert asked["params"]["refund_application_fee"] == "true"
    assert "reverse_transfer" not in asked["params"]
    assert (await the_order())["refunded"] == capture["amount"]
    await assert_books_agree(world)


async def test_pitfall_17_the_transfer_is_taken_back_with_a_refund_so_that_the_platform_does_not_pay(
    world: World,
) -> None:
    _, capture = await take_late(world, MUG)

    await world.tell("webhooks", action="clear")
    await world.settle()

    (asked,) = await posted(world, REFUNDS)
    assert (asked["account"], asked["params"]["reverse_transfer"]) == (None, "true")
    assert await value("SELECT count(*) FROM ledger_tx WHERE kind = 'transfer_reversal'") == 1
    assert (await the_order())["refunded"] == capture["amount"]
    await assert_books_agree(world)
