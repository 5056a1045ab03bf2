"""Expiry raced with payment: not our clock but the provider's object says which of the two was first.

The provider's clock stands still, so that a second lasts as long as a test needs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.kit import clock
from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import (
    NEVER,
    ONCE,
    assert_books_agree,
    assert_stock_adds_up,
    count_effects,
    path_of,
    stock_of,
    the_order,
    the_payment,
)
from tests.invariants import check_after
from tests.payments.buying import LAMP, MUG, pay_unheard, place
from tests.signing import sign_headers
from tests.still import StillClock
from tests.webhooks.test_receive import deliver
from tests.world import World, build_world

SKUS = pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])


@pytest.fixture
async def world(db: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The market, with a provider whose clock moves when it is told to and not by itself."""
    async with build_world(tmp_path, StillClock(tmp_path / "clock")) as built:
        yield built
        await check_after(request, built)


async def run_down_to(world: World, seconds_left: int) -> None:
    """Move the clock until the provider's session has exactly this long to live."""
    found = world.sandbox.state.world.lookup((await the_payment())["provider_ref"])
    await world.advance(found[2]["expires_at"] - world.sandbox.state.clock.now() - seconds_left)


def put_ahead(world: World, seconds: int) -> None:
    """Let the shop's clock, and not the provider's, be so much later."""
    ahead = world.settings.data / "ahead"
    ahead.write_text(str(world.sandbox.state.clock.offset + seconds))
    clock.use_offset_file(ahead)


@SKUS
async def test_payment_counts_when_it_was_made_in_the_last_second(world: World, sku: str) -> None:
    """T−0: our own clock has passed the deadline when anybody looks; the provider shows it paid."""
    before = await stock_of(sku)
    ada, url = await place(world, sku)
    await run_down_to(world, 1)
    await pay_unheard(world, url)
    await world.advance(10)

    await world.worker.drain(sweep=True)

    assert await ada.status(await path_of()) == "Paid"
    assert await stock_of(sku) == (before[0], 0, before[2] + 1)
    await world.tell("webhooks", action="release")
    await world.settle()
    assert await count_effects() == ONCE
    await assert_books_agree(world)


@SKUS
async def test_order_ends_when_the_session_ran_out_before_it_was_paid(world: World, sku: str) -> None:
    """T+0: the provider takes nothing any more, whatever the buyer's open tab says."""
    before = await stock_of(sku)
    ada, url = await place(world, sku)
    await run_down_to(world, 0)

    refused = await world.pay(url)

    assert refused.status_code != 303
    await world.worker.drain(sweep=True)
    assert await ada.status(await path_of()) == "Checkout expired"
    assert await stock_of(sku) == before
    await world.settle()
    assert await count_effects() == NEVER
    assert await world.truth("captures") == []
    await assert_stock_adds_up()


async def test_goods_stay_held_when_our_clock_is_ahead_of_the_providers(world: World) -> None:
    """Past our deadline the session is open there still: nothing ends, and the payment counts."""
    ada, url = await place(world)
    payment = await the_payment()
    await run_down_to(world, 1)
    put_ahead(world, 60)
    assert (await the_order())["hold_until"] < clock.now()
    await world.worker.drain(sweep=True)
    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert await stock_of(MUG) == (40, 1, 0)

    await world.pay(url)
    assert await sync_payment(world.gateways, payment["id"], Door.CHECK) == "succeeded"

    assert await ada.status(await path_of()) == "Paid"


@pytest.mark.parametrize("first", ["completed", "expired"])
async def test_state_is_the_objects_when_messages_of_both_kinds_arrive(world: World, first: str) -> None:
    """A message that says expired about a session that was paid changes nothing, in either order."""
    ada, url = await place(world)
    await pay_unheard(world, url)
    payment = await the_payment()
    for type in (first, {"completed": "expired", "expired": "completed"}[first]):
        await say(world, type, payment["provider_ref"])
        await world.worker.drain()

    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE


async def say(world: World, what: str, session: str) -> None:
    """A message of this kind about a session, as the provider signs it."""
    body, headers = sign_headers(
        world.settings, "/webhooks/stripe", event=f"evt_{what}", type=f"checkout.session.{what}", resource=session
    )
    assert (await deliver(world, body, headers)).status_code == 200
