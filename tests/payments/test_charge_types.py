"""Three charge types to the cent: what buyer, sellers, platform and provider end with, here and at the provider.

The table is `charge_table.py`. What our account needs beforehand (to pay sellers what a code of ours is worth to them)
comes from an earlier sale; compared is what changes by the order itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from store.doctor import checks
from store.doctor.invariants import INVARIANTS
from tests.facts import assert_books_agree, ledger_balances, provider_balances, the_order
from tests.invariants import check_after
from tests.payments.charge_table import AMOUNTS, CASES, CODES, FEES, HOMES, PLAIN, PRICES, Case
from tests.payments.markets import Stand, open_stand
from tests.promotions.promoting import make_code
from tests.world import World, build_world, rows

Amounts = dict[tuple[str, str], int]
PLAIN_CASES = [case for case in CASES if case.code == PLAIN]
LEDGER = "SELECT account, currency, sum(amount)::bigint AS amount FROM ledger_entry GROUP BY 1, 2"


@pytest.fixture
async def market(db: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The platform of the row's country, without shelves."""
    country = request.node.callspec.params["case"].country
    async with build_world(tmp_path, platform=country, shelves=False) as world:
        yield world
        await check_after(request, world)


async def open_market(world: World, case: Case) -> dict[str, Stand]:
    """The row's sellers at their prices, and its code."""
    kind = "direct" if case.kind == "direct" else "destination"
    stands = {}
    for name in case.vendors:
        price, _, delivery = PRICES[case.currency][name]
        country = HOMES[case.currency]
        stands[name] = await open_stand(world, name, country, kind, price=price, delivery_price=delivery, **FEES[name])
    if case.code in CODES:
        await make_code(code="BOWL", **CODES[case.code])
    elif case.code != PLAIN:
        amount = AMOUNTS[case.code][case.currency]
        await make_code(code="BOWL", amount=amount, currency=case.currency, funded_by="platform")
    return stands


async def fill_balance(world: World, case: Case) -> None:
    """An earlier sale of which all but Stripe's part is ours, and available by now."""
    stand = await open_stand(
        world, "cedar", case.country, "destination", price=50_000, delivery_price=0, fee_basis_points=10_000
    )
    ada = world.browser()
    await ada.add(stand.sku)
    await world.pay(await ada.check_out())
    await world.settle()
    await world.advance(3 * 86400)
    await world.settle()


async def buy(world: World, case: Case, stands: dict[str, Stand]) -> None:
    """Ada buys what the row says, with its code."""
    ada = world.browser()
    for name, stand in stands.items():
        await ada.add(stand.sku, PRICES[case.currency][name][1])
    if case.code != PLAIN:
        assert (await ada.post("/cart/promotion", code="BOWL")).status_code == 303
    paid = await world.pay(await ada.check_out())
    assert paid.status_code == 303, paid.text
    await world.settle()


async def refund(world: World, case: Case, amount: int) -> None:
    """Somebody gives a part back at the provider, and with it what was passed on."""
    headers = {"Authorization": f"Bearer {world.settings.stripe_secret_key}"}
    capture = (await rows("SELECT * FROM capture ORDER BY created_at DESC LIMIT 1"))[0]
    form = {"charge": capture["capture_ref"], "amount": str(amount)}
    if case.kind == "direct":
        headers["Stripe-Account"] = capture["account_ref"]
    if case.kind == "destination":
        form["reverse_transfer"] = "true"
    if case.kind != "separate":
        form["refund_application_fee"] = "true"
    made = await world.console.post("/v1/refunds", data=form, headers=headers)
    assert made.status_code == 200, made.text
    await world.settle()


async def read_ledger() -> Amounts:
    """Every account of the ledger."""
    return {(row["account"], row["currency"]): row["amount"] for row in await rows(LEDGER)}


def change(before: Amounts, after: Amounts) -> Amounts:
    """What has been added, zeros left out."""
    moved = {name: after.get(name, 0) - before.get(name, 0) for name in before.keys() | after.keys()}
    return {name: amount for name, amount in moved.items() if amount}


def without_zeros(amounts: Amounts) -> Amounts:
    return {name: amount for name, amount in amounts.items() if amount}


def held(case: Case, stands: dict[str, Stand]) -> Amounts:
    """The row as balances at the provider, by holder and currency."""
    vendors = {(stands[name].account, case.currency): amount for name, amount in case.vendors.items()}
    return without_zeros({("platform", case.platform_currency): case.platform, **vendors})


def booked(case: Case, stands: dict[str, Stand]) -> Amounts:
    """The row as accounts of our ledger, debit positive: what is not at the provider is who earned and bore what."""
    own = {(f"provider:stripe:{holder}", currency): amount for (holder, currency), amount in held(case, stands).items()}
    books = {
        **own,
        **{(f"payable:{stands[name].vendor}", case.currency): -amount for name, amount in case.vendors.items()},
        ("income:fees", case.currency): -case.fee,
        ("cost:promotions", case.currency): sum(case.owed.values()),
        # A direct seller pays Stripe itself.
        ("cost:provider_fees", case.currency): 0 if case.kind == "direct" else case.provider,
    }
    if case.currency != case.platform_currency:
        books |= {("exchange", case.currency): case.fee, ("exchange", case.platform_currency): -case.platform}
    return without_zeros(books)


async def provider_kept(world: World, case: Case) -> int:
    """What Stripe took of the newest charge, by its own word."""
    headers = {"Authorization": f"Bearer {world.settings.stripe_secret_key}"}
    capture = (await rows("SELECT * FROM capture ORDER BY created_at DESC LIMIT 1"))[0]
    if capture["account_ref"]:
        headers["Stripe-Account"] = capture["account_ref"]
    path = f"/v1/charges/{capture['capture_ref']}?expand[]=balance_transaction"
    charge: dict[str, Any] = (await world.console.get(path, headers=headers)).json()
    landed = charge["balance_transaction"]
    assert (charge["amount"], landed["currency"].upper()) == (case.buyer, case.currency)
    return sum(row["amount"] for row in landed["fee_details"] if row["type"] == "stripe_fee")


async def doctors_complaints(world: World) -> list[str]:
    """What `store doctor` says about money and books when it is not well."""
    own = [await checks.check_invariant(one) for one in INVARIANTS]
    return [
        f"{one.name}: {one.detail}"
        for one in [*own, *await checks.check_books(world.settings, world.wire)]
        if not one.ok
    ]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_everybody_ends_with_the_tables_amounts(market: World, case: Case) -> None:
    if case.owed:
        await fill_balance(market, case)
    stands = await open_market(market, case)
    at_provider, in_ledger = await provider_balances(market), await read_ledger()

    await buy(market, case, stands)

    order = await the_order()
    parts = {row["vendor"]: row for row in await rows('SELECT * FROM vendor_order WHERE "order" = $1', order["id"])}
    assert (order["charge_type"], order["payment_state"]) == (case.kind, "paid")
    assert (order["total"], order["fee"]) == (case.buyer, case.fee)
    assert {name: parts[stand.vendor]["owed"] for name, stand in stands.items()} == {
        name: case.owed.get(name, 0) for name in stands
    }
    assert await provider_kept(market, case) == case.provider
    assert change(at_provider, await provider_balances(market)) == held(case, stands)
    assert change(in_ledger, await read_ledger()) == booked(case, stands)
    assert await ledger_balances() == await provider_balances(market)
    await assert_books_agree(market)
    assert await doctors_complaints(market) == []


@pytest.mark.parametrize("case", PLAIN_CASES, ids=[case.name for case in PLAIN_CASES])
async def test_stripes_fee_alone_is_lost_when_everything_is_given_back_in_parts(market: World, case: Case) -> None:
    """Who paid Stripe has lost that and nobody anything else, however often a part was rounded and exchanged."""
    if case.kind == "separate":
        await fill_balance(market, case)
    stands = await open_market(market, case)
    at_provider, in_ledger = await provider_balances(market), await read_ledger()
    await buy(market, case, stands)

    for amount in (1001, 777, case.buyer - 1001 - 777):
        await refund(market, case, amount)

    payer = stands["anvil"].account if case.kind == "direct" else "platform"
    lost = {(payer, case.currency): -case.provider}
    assert (await the_order())["refunded"] == case.buyer
    assert change(at_provider, await provider_balances(market)) == lost
    borne_by = f"payable:{stands['anvil'].vendor}" if case.kind == "direct" else "cost:provider_fees"
    assert change(in_ledger, await read_ledger()) == {
        (f"provider:stripe:{payer}", case.currency): -case.provider,
        (borne_by, case.currency): case.provider,
    }
    assert await doctors_complaints(market) == []
