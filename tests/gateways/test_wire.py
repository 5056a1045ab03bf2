"""Amounts on Stripe's wire: whole hundreds for two currencies without coins, steps of ten for three decimals."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.gateways.port import CheckoutItem, GatewayBug, SnapshotStatus
from store.gateways.stripe.checkout import freeze_checkout, freeze_discount
from store.gateways.stripe.translate import payment_snapshot, refund_snapshot
from store.gateways.stripe.wire import from_wire, read_money, to_wire
from store.kit.money import Money
from tests.gateways.benches import FakeBench, SandboxBench, open_sandbox_bench
from tests.gateways.checkouts import lives_on, make_request, open_it, pay_for, refund_of
from tests.gateways.test_translate import session


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[SandboxBench]:
    async with open_sandbox_bench(tmp_path) as built:
        yield built


STEPS = {"USD": 1, "EUR": 1, "JPY": 1, "HUF": 1, "ISK": 1, "UGX": 1, "KWD": 10, "BHD": 10, "TND": 10}


@given(count=st.integers(0, 10**7), currency=st.sampled_from(sorted(STEPS)))
def test_amount_comes_back_as_it_went_in_every_currency(count: int, currency: str) -> None:
    amount = count * STEPS[currency]

    sent = to_wire(amount, currency)

    assert from_wire(sent, currency) == from_wire(sent, currency.lower()) == amount
    assert read_money(sent, currency.lower()) == Money(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "sent"),
    [
        *((1234, "USD", 1234), (500, "JPY", 500), (17500, "HUF", 17500)),
        *((1500, "UGX", 150000), (1500, "ISK", 150000), (1230, "KWD", 1230)),
    ],
)
def test_amount_is_sent_as_the_provider_counts(amount: int, currency: str, sent: int) -> None:
    assert to_wire(amount, currency) == sent


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND"])
def test_amount_is_refused_in_words_when_its_third_decimal_is_not_zero(currency: str) -> None:
    with pytest.raises(GatewayBug, match=rf"1\.234 cannot be sent: in {currency} amounts go in steps of 10$"):
        to_wire(1234, currency)


@pytest.mark.parametrize("currency", ["isk", "UGX"])
def test_amount_is_not_guessed_when_the_provider_has_a_part_of_a_coin(currency: str) -> None:
    with pytest.raises(GatewayBug, match=f"Stripe has 150050 {currency}, which is no whole number of coins"):
        from_wire(150050, currency)


def test_every_amount_of_a_checkout_is_sent_in_the_providers_units() -> None:
    items = [CheckoutItem("Mug", 12000, 2), CheckoutItem("Delivery", 6000, 1)]
    request = make_request(FakeBench(), currency="UGX", total=30000, fee=3000, items=items)  # type: ignore[arg-type]

    body = json.loads(freeze_checkout(request))
    coupon = json.loads(freeze_discount(make_request(FakeBench(), currency="ISK", discount=700)))  # type: ignore[arg-type]

    assert [line["price_data"]["unit_amount"] for line in body["line_items"]] == [1200000, 600000]
    assert body["payment_intent_data"]["application_fee_amount"] == 300000
    assert coupon["amount_off"] == 70000


def test_every_amount_of_a_session_and_a_refund_is_read_in_ours() -> None:
    intent = {"id": "pi_1", "status": "succeeded", "application_fee_amount": 30000}
    details = {"amount_discount": 70000, "amount_shipping": 15000, "amount_tax": 5000}
    sums = {"amount_subtotal": 300000, "amount_total": 250000, "total_details": details}

    found = payment_snapshot(session(currency="ugx", payment_intent=intent, **sums), "")
    refund = refund_snapshot({"id": "re_1", "amount": 50000, "currency": "isk", "charge": "ch_1"})

    assert (found.subtotal, found.amount, found.fee) == (3000, 2500, 300)
    assert (found.discount, found.shipping, found.tax) == (700, 150, 50)
    assert refund.amount == Money(500, "ISK")


def test_payment_is_unclear_when_its_amount_is_no_whole_number_of_coins() -> None:
    found = payment_snapshot(session(currency="ugx", amount_subtotal=300050, amount_total=300050), "")

    assert (found.status, found.amount) == (SnapshotStatus.UNCLEAR, -1)
    assert found.remark == "Stripe has 300050 ugx, which is no whole number of coins"


def test_sums_of_a_session_of_zero_are_read_by_our_own_word_when_it_names_no_currency() -> None:
    sums = {"amount_subtotal": 300000, "amount_total": 0, "total_details": {"amount_discount": 300000}}

    found = payment_snapshot(session(currency=None, payment_intent=None, metadata={"currency": "UGX"}, **sums), "")

    assert (found.subtotal, found.discount, found.amount, found.currency) == (3000, 3000, 0, "")


@pytest.mark.parametrize("kind", ["direct", "destination"])
@pytest.mark.parametrize(("currency", "price"), [("UGX", 21000), ("ISK", 2100), ("KWD", 2100), ("USD", 2101)])
async def test_all_that_moves_comes_back_in_our_units(
    sandbox: SandboxBench, kind: str, currency: str, price: int
) -> None:
    items = [CheckoutItem("Mug", price, 3)]
    request = make_request(sandbox, kind, currency=currency, total=3 * price, fee=300, items=items)
    settle_in(sandbox, currency, request.account_ref)

    ref, charge = await pay_for(sandbox, request)
    await sandbox.settle(ref)
    part = price // 3 - price // 3 % STEPS[currency]
    await sandbox.gateway.refund(refund_of(request, charge, amount=part))
    await sandbox.gateway.refund(refund_of(request, charge, amount=request.total - part))

    paid = await sandbox.gateway.fetch_payment(ref, lives_on(request))
    moved = await sandbox.gateway.fetch_capture(charge, lives_on(request))
    assert (paid.amount, paid.subtotal, paid.fee, paid.currency) == (3 * price, 3 * price, 300, currency)
    assert moved.application_fee.amount == Money(300, currency)
    assert [refund.amount.amount for refund in moved.refunds] == [request.total - part, part]
    assert sum(back.amount.amount for back in moved.fee_refunds) == 300
    if kind == "destination":
        assert moved.transfer.amount == Money(3 * price, currency)
        assert sum(back.amount.amount for back in moved.transfer_reversals) == 3 * price


async def test_session_is_refused_before_it_is_sent_when_an_amount_cannot_be(sandbox: SandboxBench) -> None:
    request = make_request(sandbox, currency="KWD", total=3001, items=[CheckoutItem("Mug", 3001, 1)])

    with pytest.raises(GatewayBug, match="steps of 10"):
        await open_it(sandbox, request)


def settle_in(bench: SandboxBench, currency: str, *accounts: str) -> None:
    """Let these accounts and the platform settle in this currency, so that nothing is exchanged."""
    world = bench.sandbox.state.world
    for account in (*accounts, world.platform):
        known = world.get(world.platform, "account", account)
        world.put(world.platform, "account", known | {"default_currency": currency.lower()})
