"""Where a payment of each charge type lives, who hears of it, and what the platform's books see of it."""

from __future__ import annotations

import re

import pytest

from tests.facts import posted, the_order, the_payment, value
from tests.payments.buying import LAMP, MUG, NOTEBOOK, RAILS, SESSIONS, STOOL, THROW, place
from tests.refunds.refunding import buy, refund_there, take_late
from tests.world import World, rows

# Application fees, transfers and accounts are the platform's own, whatever account they concern.
OF_THE_PAYMENT = re.compile(r"/v1/(checkout/sessions|payment_intents|charges|refunds|coupons|promotion_codes)\b")
TOUCHES_PLATFORM = """
SELECT DISTINCT tx.kind FROM ledger_entry AS entry JOIN ledger_tx AS tx ON tx.id = entry.tx
WHERE entry.account = 'provider:stripe:platform'
"""
HEARD = """
SELECT DISTINCT endpoint, account FROM inbox_event WHERE type LIKE 'checkout.session.%' OR type LIKE 'charge.%'
"""
FEE = "payment_intent_data[application_fee_amount]"
DESTINATION = "payment_intent_data[transfer_data][destination]"


async def vendors_account(sku: str) -> str:
    return str(
        await value(
            "SELECT vendor.account_ref FROM vendor JOIN product ON product.vendor = vendor.id"
            " JOIN variant ON variant.product = product.id WHERE variant.sku = $1",
            sku,
        )
    )


async def asked_of(world: World) -> dict[str, set[str]]:
    """Path without ids → the accounts in whose name it was asked for, "" for the platform."""
    found: dict[str, set[str]] = {}
    for request in await world.truth("requests"):
        if match := OF_THE_PAYMENT.match(request["path"]):
            found.setdefault(match[1], set()).add(request["account"] or "")
    return found


@pytest.mark.parametrize("sku", [LAMP, THROW, STOOL])
async def test_every_call_carries_the_vendors_account_when_a_charge_is_direct(world: World, sku: str) -> None:
    account = await vendors_account(sku)

    await take_late(world, sku)
    await world.worker.drain()
    await world.settle()

    assert (await the_payment())["account_ref"] == account
    assert await value("SELECT status FROM refund") == "succeeded"
    asked = await asked_of(world)
    assert asked == {path: {account} for path in ("checkout/sessions", "charges", "refunds")}
    there = world.sandbox.state.worlds.demo
    for kind in ("checkout.session", "payment_intent", "charge", "refund"):
        owners = {owner for owner, _ in there.find_owned(None, kind)}
        assert owners == {account}, kind


async def test_our_coupon_is_made_on_the_vendors_account_when_a_charge_is_direct(world: World) -> None:
    ada = world.browser()
    await ada.add(LAMP)
    assert (await ada.post("/cart/promotion", code="WELCOME10")).status_code == 303

    await world.pay(await ada.check_out())
    await world.settle()

    assert (await asked_of(world))["coupons"] == {await vendors_account(LAMP)}


@pytest.mark.parametrize(("sku", "direct"), [(LAMP, True), (THROW, True), (MUG, False)])
async def test_events_come_to_the_endpoint_of_the_side_that_is_charged(world: World, sku: str, direct: bool) -> None:
    await world.pay((await place(world, sku))[1])
    await world.settle()

    assert await rows(HEARD) == [
        {"endpoint": "connect", "account": await vendors_account(sku)}
        if direct
        else {"endpoint": "account", "account": ""}
    ]


@pytest.mark.parametrize("rail", ["direct", "direct in EUR", "direct in JPY"])
async def test_platform_is_touched_by_the_application_fee_alone_when_a_sale_is_direct(world: World, rail: str) -> None:
    _, capture = await buy(world, RAILS[rail])
    sold = await rows(TOUCHES_PLATFORM)

    await refund_there(world, capture, refund_application_fee="true")
    await world.settle()

    assert sold == [{"kind": "application_fee"}]
    assert {row["kind"] for row in await rows(TOUCHES_PLATFORM)} == {"application_fee", "fee_refund"}


async def test_exchange_rate_is_the_providers_when_a_fee_lands_in_our_currency(world: World) -> None:
    """What the ledger has in both currencies is what the fee's balance transaction says."""
    await buy(world, THROW)

    headers = {"Authorization": "Bearer sk_test_overprint"}
    answer = await world.console.get("/v1/application_fees?expand[]=data.balance_transaction", headers=headers)
    (fee,) = answer.json()["data"]
    landed = fee["balance_transaction"]
    assert (fee["currency"], landed["currency"], landed["exchange_rate"]) == ("eur", "usd", 1.08)
    booked = await rows(
        "SELECT account, currency, amount FROM ledger_entry JOIN ledger_tx ON ledger_tx.id = tx"
        " WHERE kind = 'application_fee' ORDER BY currency, amount"
    )
    vendors = f"provider:stripe:{await vendors_account(THROW)}"
    assert [(row["account"], row["currency"], row["amount"]) for row in booked] == [
        (vendors, "EUR", -fee["amount"]),
        ("exchange", "EUR", fee["amount"]),
        ("exchange", "USD", -landed["amount"]),
        ("provider:stripe:platform", "USD", landed["amount"]),
    ]


async def test_destination_and_fee_are_asked_for_on_the_platform_when_one_vendor_is_paid_by_us(world: World) -> None:
    await place(world, MUG)

    (asked,) = await posted(world, SESSIONS)
    assert asked["account"] in (None, "", world.platform)
    assert (asked["params"][DESTINATION], asked["params"][FEE]) == (await vendors_account(MUG), "240")


async def test_neither_destination_nor_fee_is_asked_for_when_several_vendors_are_paid_at_once(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(NOTEBOOK)
    await ada.check_out()

    (asked,) = await posted(world, SESSIONS)
    order = await the_order()
    assert not {DESTINATION, FEE} & set(asked["params"])
    assert asked["params"]["payment_intent_data[transfer_group]"] == str(order["id"])
    assert order["charge_type"] == "separate"


async def test_fee_is_the_vendors_of_the_day_when_it_changes_after_the_order(world: World) -> None:
    """Basis points and the fixed part are frozen at checkout, and with them what the request asks for."""
    await place(world, MUG)
    before = await value("SELECT fee FROM orders")

    await rows("UPDATE vendor SET fee_basis_points = 5000, fee_fixed = 99 RETURNING id")
    await world.pay((await the_payment())["redirect_url"])
    await world.settle()

    order = await the_order()
    assert (order["payment_state"], order["fee"]) == ("paid", before)
    assert await value("SELECT -sum(amount)::bigint FROM ledger_entry WHERE account = 'income:fees'") == 240
