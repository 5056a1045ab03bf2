"""What the provider keeps and passes on is booked when it says so, once, and then ledger and balances agree (I11)."""

from __future__ import annotations

import asyncio

import pytest

from store.ledger.queries import read_journals
from store.payments.service import sync_capture
from tests.facts import assert_books_agree, ledger_balances, provider_balances, the_order, value
from tests.payments.buying import MUG, NOTEBOOK, RAILS, break_calls, pay_unheard, place
from tests.world import World, rows


async def kinds() -> list[str]:
    """The kinds of journal, oldest first."""
    return [row["kind"] for row in await rows("SELECT kind FROM ledger_tx ORDER BY id")]


async def test_only_the_capture_is_posted_when_the_payment_is_confirmed(world: World) -> None:
    ada, url = await place(world)

    await ada.get(await pay_unheard(world, url))

    assert await kinds() == ["capture"]
    order = await the_order()
    (entries,) = (await read_journals(str(order["id"]))).values()
    assert sorted((e.account.split(":")[0], e.amount) for e in entries) == [
        ("income", -240),
        ("payable", -2760),
        ("provider", 3000),
    ]
    assert not await value("SELECT settled FROM capture")


@pytest.mark.parametrize("rail", RAILS)
async def test_ledger_equals_the_providers_balances_when_all_has_settled(world: World, rail: str) -> None:
    await world.pay((await place(world, RAILS[rail]))[1])
    await world.settle()

    assert await value("SELECT settled FROM capture")
    await assert_books_agree(world)
    expected = {"capture", "provider_fee", "application_fee"} | ({"transfer"} if rail == "destination" else set())
    assert set(await kinds()) == expected
    exchanged = await rows("SELECT 1 FROM ledger_entry WHERE account = 'exchange'")
    assert bool(exchanged) == (rail in ("direct in EUR", "direct in JPY"))


async def test_ledger_equals_the_providers_balances_when_several_vendors_were_paid_at_once(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(NOTEBOOK)
    await world.pay(await ada.check_out())

    await world.settle()

    await assert_books_agree(world)
    assert set(await kinds()) == {"capture", "provider_fee", "transfer"}


async def test_sweep_books_the_fee_when_the_message_never_comes(world: World) -> None:
    await world.tell("webhooks", action="drop", type="charge.updated", count=0)
    await world.pay((await place(world))[1])
    await world.deliver()
    await world.advance(20)

    await world.worker.drain(sweep=True)

    assert await value("SELECT settled FROM capture")
    await assert_books_agree(world)


async def test_nothing_is_booked_when_the_provider_is_not_done(world: World) -> None:
    await world.pay((await place(world))[1])
    await world.deliver()
    capture = await value("SELECT id FROM capture")

    assert not await sync_capture(world.gateways, capture)

    assert await kinds() == ["capture"]
    assert not await value("SELECT settled FROM capture")


async def test_fee_is_booked_once_when_many_look_at_once(world: World) -> None:
    await world.tell("webhooks", action="drop", type="charge.updated", count=0)
    await world.pay((await place(world))[1])
    await world.deliver()
    await world.advance(20)
    capture = await value("SELECT id FROM capture")

    done = await asyncio.gather(*(sync_capture(world.gateways, capture) for _ in range(10)))

    assert set(done) == {True}
    assert sorted(await kinds()) == ["application_fee", "capture", "provider_fee", "transfer"]
    assert await ledger_balances() == await provider_balances(world)


async def test_provider_is_not_asked_again_when_a_capture_has_settled(world: World) -> None:
    await world.pay((await place(world))[1])
    await world.settle()
    await break_calls(world, "/v1/charges/*", method="GET")

    assert await sync_capture(world.gateways, await value("SELECT id FROM capture"))
