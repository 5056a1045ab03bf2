"""Traps that other shops fell into, by their number on the fact page: each is one short test of ours."""

from __future__ import annotations

import asyncio
import json

import pytest
import stripe

from store.gateways.port import SnapshotStatus
from store.gateways.stripe.client import options
from store.gateways.stripe.translate import payment_snapshot
from store.kit.db import fetch
from store.kit.money import Money
from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import (
    NEVER,
    ONCE,
    count_effects,
    ledger_balances,
    one,
    path_of,
    posted,
    provider_balances,
    stock_of,
    the_order,
    the_payment,
    value,
)
from tests.gateways.test_translate import session
from tests.payments.buying import LAMP, MUG, NOTEBOOK, SESSIONS, pay_unheard, place
from tests.payments.unanswered import sessions_of
from tests.refunds.refunding import refund_there
from tests.shelves import read_words
from tests.stall import Stall
from tests.world import CHALLENGED, SANDBOX, SHOP, World, rows


async def test_pitfall_1_a_real_answer_is_read_though_it_is_no_dict(world: World) -> None:
    """Tests made of dicts hid it: since SDK 15 its objects have no `.get` and are not mappings."""
    _, url = await place(world)
    await pay_unheard(world, url)
    ref = (await the_payment())["provider_ref"]
    answer = await world.gateways.stripe._calls.client.v1.checkout.sessions.retrieve_async(ref, {}, options())  # type: ignore[attr-defined]

    assert isinstance(answer, stripe.StripeObject)
    assert not isinstance(answer, dict)
    with pytest.raises(AttributeError):
        _ = answer.get
    assert (await world.gateways.stripe.fetch_payment(ref, "")).status == SnapshotStatus.SUCCEEDED


async def test_pitfall_2_fees_wait_until_the_provider_has_settled_the_charge(world: World) -> None:
    """Right after success the balance transaction is null: nothing is guessed, and nothing is forgotten."""
    _, url = await place(world)
    await world.pay(url)
    await world.deliver()
    kinds = "SELECT string_agg(kind, ' ' ORDER BY kind) FROM ledger_tx"
    assert await value(kinds) == "capture"

    await world.settle()

    assert await value(kinds) == "application_fee capture provider_fee transfer"


async def test_pitfall_5_message_and_redirect_make_one_order_paid_whoever_comes_first_or_not_at_all(
    world: World,
) -> None:
    ada, url = await place(world)
    back = await pay_unheard(world, url)
    await world.tell("webhooks", action="release")
    await world.sandbox.state.deliveries.run_due()

    await asyncio.gather(ada.get(back), world.worker.process_events(), ada.get(back))
    await world.worker.drain()

    assert await count_effects() == ONCE
    bea, url = await place(world)
    await pay_unheard(world, url)
    await world.advance(11)
    await world.worker.drain(sweep=True)
    assert await bea.status(await path_of()) == "Paid"


async def test_pitfall_7_a_late_failure_does_not_take_a_paid_order_back(stall: Stall) -> None:
    ada = stall.browser()
    await ada.add(MUG)
    ref = (await ada.check_out()).rpartition("/")[2]
    stall.fake.pay(ref)
    await stall.look()

    stall.fake.refuse(ref)
    for door in (Door.WEBHOOK, Door.SWEEP, Door.CHECK):
        await stall.look(door=door)

    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE


async def test_pitfall_8_goods_are_ours_to_hold_and_an_open_tab_can_pay_nothing_after_the_end(world: World) -> None:
    """Expiry cannot be under 30 minutes and does not tell the buyer's tab: the hold ends when the provider says so."""
    ada, url = await place(world)
    opened = (
        json.loads((await the_payment())["request"])["expires_at"] - (await the_payment())["created_at"].timestamp()
    )
    assert opened >= 30 * 60
    assert await stock_of(MUG) == (40, 1, 0)

    await ada.post(f"{await path_of()}/cancel")

    assert await stock_of(MUG) == (40, 0, 0)
    assert (await world.pay(url)).status_code != 303
    await world.settle()
    assert await count_effects() == NEVER


async def test_pitfall_9_a_direct_session_is_expired_in_its_own_account(world: World) -> None:
    ada, _ = await place(world, LAMP)
    payment = await the_payment()

    await ada.post(f"{await path_of()}/cancel")

    (expired,) = await posted(world, f"{SESSIONS}/{payment['provider_ref']}/expire")
    assert expired["account"] == payment["account_ref"] != ""
    assert (await the_order())["payment_state"] == "canceled"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("no_payment_required", SnapshotStatus.SUCCEEDED),
        ("paid", SnapshotStatus.SUCCEEDED),
        ("unpaid", SnapshotStatus.UNCLEAR),
    ],
)
def test_pitfall_10_nothing_due_is_paid_by_either_word_and_without_an_intent(said: str, status: SnapshotStatus) -> None:
    nothing_due = session(payment_status=said, amount_total=0, payment_intent=None)

    assert payment_snapshot(nothing_due, "").status == status


async def test_pitfall_18_no_fee_is_asked_for_without_an_account_or_a_destination(world: World) -> None:
    """Goods of several vendors in one payment: the platform keeps its part by not passing it on."""
    ada = world.browser()
    for sku in (MUG, NOTEBOOK):
        await ada.add(sku)

    await ada.check_out()

    payment = await the_payment()
    intent = json.loads(payment["request"])["payment_intent_data"]
    assert (payment["charge_type"], payment["fee"] > 0) == ("separate", True)
    assert "application_fee_amount" not in intent
    assert "transfer_data" not in intent


async def test_pitfall_22_another_attempt_has_a_key_of_its_own(world: World) -> None:
    """A key made of the order's id alone would bring back the session that has ended."""
    ada, first = await place(world)
    await world.advance(46 * 60)

    await ada.post(f"{await path_of()}/pay")
    second = await ada.check_out()

    assert first != second
    keys = [request["idempotency_key"] for request in await posted(world, SESSIONS)]
    assert len(keys) == len(set(keys)) == 2
    assert keys == [str(row["id"]) for row in await rows("SELECT id FROM payment ORDER BY created_at")]


async def test_pitfall_23_buyer_is_led_on_to_the_order_after_the_banks_question(world: World) -> None:
    ada, url = await place(world)
    asked = await world.pay(url, number=CHALLENGED)

    answered = await world.console.post(f"{SANDBOX}{asked.headers['location']}", data={"answer": "complete"})
    back = await ada.get(answered.headers["location"].removeprefix(SHOP))

    assert (back.status_code, back.headers["location"]) == (303, await path_of())
    assert await ada.status(await path_of()) == "Paid"


@pytest.mark.parametrize("currency", ["UGX", "ISK"])
async def test_pitfall_24_a_currency_without_coins_is_sent_a_hundredfold_and_read_back(
    world: World, currency: str
) -> None:
    await fetch("WITH goods AS (UPDATE product SET currency = $1) UPDATE vendor SET currency = $1", currency)
    ada, url = await place(world, LAMP)
    payment, there = await the_payment(), world.sandbox.state.world
    account = there.get(there.platform, "account", payment["account_ref"])
    there.put(there.platform, "account", account | {"default_currency": currency.lower()})
    await world.pay(url)
    await world.settle()
    capture = await one("SELECT * FROM capture")
    await refund_there(world, capture, amount=100000, refund_application_fee="true")
    await refund_there(world, capture, refund_application_fee="true")
    await world.settle()

    (charge,), order = await world.truth("captures"), await the_order()
    assert charge["amount"] == charge["refunded"] == capture["amount"] * 100
    assert (capture["amount"], capture["currency"], order["refunded"]) == (order["total"], currency, order["total"])
    refunds = await rows("SELECT amount FROM refund ORDER BY amount")
    assert [refund["amount"] for refund in refunds] == [1000, order["total"] - 1000]
    assert await ada.status(await path_of()) == "Refunded"
    ours, theirs = await ledger_balances(), await provider_balances(world)
    held = (payment["account_ref"], currency)
    assert ours[held] * 100 == theirs[held] < 0
    shown = read_words(await ada.get(await path_of()))
    assert f"Total, tax included {Money(order['total'], currency)}" in shown
    assert "." not in str(Money(order["total"], currency))


async def test_pitfall_25_the_first_session_is_expired_before_another_opens(world: World) -> None:
    """Two open sessions of one purchase could both be paid."""
    ada, first = await place(world)
    earlier = await the_payment()

    second = await ada.check_out(city="Paris")

    assert first != second
    states = {one["id"]: one["status"] for one in await sessions_of(world)}
    assert states.pop(earlier["provider_ref"]) == "expired"
    assert list(states.values()) == ["open"]
    assert (await world.pay(first)).status_code != 303
    assert await sync_payment(world.gateways, earlier["id"], Door.SWEEP) == "expired"
