"""A vendor leaves after a direct payment counted and before it has settled: what can be known is known."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from store.doctor.checks import check_reviews
from store.kit.db import fetch
from store.kit.money import Money
from store.payments.service import sync_capture, sync_payment
from store.payments.states import Door
from tests.facts import one, the_order, the_payment, value
from tests.invariants import find_broken
from tests.payments.buying import LAMP, pay_unheard, place
from tests.payouts.passing import change_account
from tests.payouts.test_find_violations import plant
from tests.world import Browser, World

DAY = int(timedelta(days=1).total_seconds())


async def leave_unsettled(world: World) -> Browser:
    """Ada has paid, we have seen it, and the account lets us go before the charge has settled."""
    ada, url = await place(world, LAMP)
    await pay_unheard(world, url)
    await sync_payment(world.gateways, (await the_payment())["id"], Door.CHECK)
    await change_account(world, await value("SELECT account_ref FROM capture"), "deauthorized")
    return ada


async def test_looking_ends_and_a_person_is_told_when_the_seller_leaves_before_the_charge_has_settled(
    world: World,
) -> None:
    await leave_unsettled(world)

    await world.settle()
    await world.settle()

    order, capture = await the_order(), await one("SELECT * FROM capture")
    assert (order["payment_state"], capture["settled"], capture["settle_at"]) == ("paid", False, None)
    assert capture["capture_ref"] in order["review_reason"]
    assert "has disconnected the Stripe account" in order["review_reason"]
    told = await check_reviews()
    assert "ask the seller" in told.detail
    assert await value("SELECT state FROM vendor WHERE slug = 'lumen-works'") == "disconnected"
    calls = len(world.wire.sent)
    for _ in range(3):
        await world.advance(DAY)
        await world.settle()
    asked = [call for call in world.wire.sent[calls:] if call.headers.get("Stripe-Account") == capture["account_ref"]]
    assert len(asked) <= 1, "once for what went back, and then never again"
    assert await value("SELECT refunds_at FROM capture") is None
    await fetch(told.detail.partition(", then ")[2])
    assert (await check_reviews()).ok


async def test_our_fee_is_booked_when_the_charge_is_out_of_reach(world: World) -> None:
    await leave_unsettled(world)

    await world.settle()
    await world.settle()

    fee = (await the_payment())["fee"]
    landed = "SELECT amount FROM ledger_entry WHERE account = 'provider:stripe:platform'"
    assert fee > 0
    assert await value(landed) == fee
    assert await value("SELECT fee_ref FROM capture") == await value(
        "SELECT ref FROM ledger_tx WHERE kind = 'application_fee'"
    )


async def test_doctor_is_well_and_still_sees_our_side_when_a_charge_is_out_of_reach(world: World) -> None:
    await leave_unsettled(world)
    await world.settle()
    await world.settle()

    well = await find_broken(world)
    ours = "WHERE account = 'provider:stripe:platform'"
    await plant(f"UPDATE ledger_entry SET amount = amount + 777 {ours}")
    found = await find_broken(world)
    await plant(f"UPDATE ledger_entry SET amount = amount - 777 {ours}")

    assert well == {}
    assert [row for row, _ in found["I11 at the provider"]] == ["platform in USD"]


async def test_fee_is_told_of_and_booked_when_it_lands_longer_than_a_day_after_the_seller_left(world: World) -> None:
    await leave_unsettled(world)
    capture = await one("SELECT * FROM capture")

    waits = await sync_capture(world.gateways, capture["id"])
    untold = (await the_order())["review_reason"]
    await fetch("UPDATE capture SET created_at = created_at - interval '25 hours'")
    told = await sync_capture(world.gateways, capture["id"])

    fee = Money((await the_payment())["fee"], "USD")
    assert (waits, untold, told) == (False, "", True)
    found = await check_reviews()
    assert f"our fee of {fee} has not come to us yet" in found.detail
    await fetch(found.detail.partition(", then ")[2])
    assert await sync_capture(world.gateways, capture["id"])
    assert (await the_order())["review_reason"] == "", "a person is asked once"
    await world.advance(20)
    await world.worker.drain(sweep=True)
    assert await value("SELECT fee_ref FROM capture") == "", "it is looked for once a day from then on"

    await world.advance(DAY)
    await world.settle()

    assert await value("SELECT amount FROM ledger_entry WHERE account = 'provider:stripe:platform'") == fee.amount
    assert await value("SELECT settle_at FROM capture") is None
    assert await find_broken(world) == {}


@pytest.mark.leaves_broken({"I11"}, "the fee lands with us after all, longer than a month after the charge")
async def test_looking_ends_when_the_fee_has_not_landed_in_a_month(world: World) -> None:
    await leave_unsettled(world)
    await fetch("UPDATE capture SET created_at = created_at - interval '31 days'")

    await sync_capture(world.gateways, await value("SELECT id FROM capture"))

    assert "has not come to us yet" in (await the_order())["review_reason"]
    assert await value("SELECT settle_at FROM capture") is None


@pytest.mark.parametrize("doors", [2, 10])
async def test_one_line_is_written_when_many_doors_find_it_at_once(world: World, doors: int) -> None:
    await leave_unsettled(world)
    await world.advance(20)
    capture = await value("SELECT id FROM capture")

    ended = await asyncio.gather(*(sync_capture(world.gateways, capture) for _ in range(doors)))

    assert set(ended) == {True}
    assert await value("SELECT count(*) FROM ledger_tx WHERE kind = 'application_fee'") == 1
    assert await value("SELECT count(*) FROM order_event WHERE text LIKE '%look by a person%'") == 1
