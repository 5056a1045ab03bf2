"""Web server, worker and provider disagree about the time, or it leaps back: the provider decides what is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from store.kit import clock
from store.settings import Settings
from tests.facts import ONCE, count_effects, path_of, stock_of, the_order, the_payment
from tests.faults.child import FORM, VISITOR, Errand, Request, jar, run_errand
from tests.faults.serving import served
from tests.payments.buying import MUG, pay_unheard, place
from tests.payments.unanswered import created_on_the_wire, leave_unknown, sessions_of
from tests.world import World, rows

WRONG = pytest.mark.parametrize("minutes", [-10, 10])


@WRONG
async def test_goods_are_kept_until_the_provider_says_so_when_a_workers_clock_is_wrong(
    world: World, minutes: int
) -> None:
    """Ten minutes before its end an order is over by the worker's clock, or half an hour after it still young."""
    ada, url = await place(world)
    await world.advance(36 * 60)
    async with served(world.sandbox) as base:
        assert await run_errand(with_clock(world, minutes), base, Errand(sweep=True)) == 0
        assert (await the_order())["payment_state"] == "awaiting_payment"
        assert (await stock_of(MUG))[1] == 1

        await pay_unheard(world, url)
        assert await run_errand(with_clock(world, minutes), base, Errand(sweep=True)) == 0
        await world.advance(3600)
        assert await run_errand(with_clock(world, minutes), base, Errand(sweep=True)) == 0

    assert await ada.status(await path_of()) == "Paid"
    assert (await stock_of(MUG))[1:] == (0, 1)


async def test_nothing_is_undone_when_the_clock_leaps_back(world: World) -> None:
    await world.advance(20 * 60)
    ada, url = await place(world)
    (world.settings.data / "clock").write_text("0")

    await pay_unheard(world, url)
    await world.settle()
    await world.settle()

    assert await ada.status(await path_of()) == "Paid"
    assert (await stock_of(MUG))[1:] == (0, 1)


async def test_what_is_over_stays_over_when_the_clock_leaps_back(world: World) -> None:
    _, url = await place(world)
    await world.pay(url)
    await world.settle()
    await place(world)
    await world.advance(46 * 60)
    await world.settle()
    _, url = await place(world)
    before = await states()

    put_off(world, -10)
    await world.settle()
    unpaid = await states()
    await world.pay(url)
    await world.settle()

    assert before == unpaid == ["paid", "expired", "awaiting_payment"]
    assert await states() == ["paid", "expired", "paid"]
    assert await count_effects() == {name: 2 * count for name, count in ONCE.items()}
    assert (await stock_of(MUG))[1:] == (0, 2)


@WRONG
@pytest.mark.parametrize("pays", [True, False])
async def test_order_ends_once_when_a_web_servers_clock_is_wrong(world: World, minutes: int, pays: bool) -> None:
    """It writes by its own clock when the order began and is to end; worker and provider go by the right one."""
    ada = world.browser()
    await ada.add(MUG)
    send = Request("POST", "/checkout", FORM, urlencode(await ada.checkout_form()).encode(), jar(ada))
    async with served(world.sandbox) as base:
        assert await run_errand(with_clock(world, minutes), base, Errand((send,), work=False)) == 0
        payment = await the_payment()
        off = payment["created_at"] - clock.now()
        await world.advance((34 + minutes) * 60)
        await world.worker.drain(sweep=True)
        kept = (await the_order())["payment_state"], (await stock_of(MUG))[1]

        if pays:
            come = Request("GET", await pay_unheard(world, payment["redirect_url"]), VISITOR, cookies=jar(ada))
            assert await run_errand(with_clock(world, minutes), base, Errand((come,), work=False)) == 0
    await world.advance(30 * 60)
    await world.tell("webhooks", action="release")
    await world.settle()

    assert abs(off - timedelta(minutes=minutes)) < timedelta(minutes=2)
    assert payment["status"] == "pending"
    assert kept == ("awaiting_payment", 1)
    assert await ada.status(await path_of()) == ("Paid" if pays else "Checkout expired")
    assert (await stock_of(MUG))[1:] == ((0, 1) if pays else (0, 0))
    assert len(await world.truth("captures")) == int(pays)


@WRONG
async def test_order_ends_when_the_provider_says_so_though_all_our_clocks_are_wrong(world: World, minutes: int) -> None:
    put_off(world, minutes)
    ada, url = await place(world)
    _, _, session = world.sandbox.state.world.lookup((await the_payment())["provider_ref"])
    left = session["expires_at"] - world.sandbox.state.clock.now()

    await world.advance(left - 120)
    put_off(world, 2 * minutes)
    await world.worker.drain(sweep=True)
    kept = (await the_order())["payment_state"], (await stock_of(MUG))[1]
    await pay_unheard(world, url)
    await world.worker.drain(sweep=True)
    await ada.post(f"{await path_of()}/check")

    assert round(left / 60) == 45 + minutes
    assert kept == ("awaiting_payment", 1)
    assert await ada.status(await path_of()) == "Paid"
    assert (await stock_of(MUG))[1:] == (0, 1)


@WRONG
async def test_lost_session_is_found_when_the_providers_clock_differs(world: World, minutes: int) -> None:
    """The provider's list is asked from a moment before the request on, by our clock."""
    put_off(world, minutes)
    await leave_unknown(world, "after")
    await world.advance(13 * 60)
    put_off(world, minutes)

    await world.worker.drain(sweep=True)

    payment, (session,) = await the_payment(), await sessions_of(world)
    assert (payment["status"], payment["provider_ref"]) == ("pending", session["id"])
    assert len(created_on_the_wire(world)) == 1


async def states() -> list[str]:
    """The state of every order, oldest first."""
    return [row["payment_state"] for row in await rows("SELECT payment_state FROM orders ORDER BY placed_at")]


def put_off(world: World, minutes: int) -> None:
    """Let every clock of the shop's, and not the provider's, be so much later from now on."""
    off = world.settings.data / "off"
    off.write_text(str(world.sandbox.state.clock.offset + minutes * 60))
    clock.use_offset_file(off)


def with_clock(world: World, minutes: int) -> Settings:
    """The settings of a process whose business clock differs by `minutes` from everybody else's."""
    theirs = world.sandbox.state.clock.offset
    own = world.settings.data / "skewed"
    own.mkdir(exist_ok=True)
    (own / "clock").write_text(str(theirs + minutes * 60))
    return replace(world.settings, data=own)
