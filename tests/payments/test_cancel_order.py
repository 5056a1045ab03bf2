"""Cancel before payment: the intent first, the stock only when the provider says that nobody can pay any more."""

from __future__ import annotations

import asyncio

import pytest

from store.gateways.port import Unavailable
from store.payments.service import cancel_order
from store.payments.states import Door
from tests.facts import (
    ONCE,
    assert_books_agree,
    count_effects,
    mails,
    path_of,
    posted,
    stock_of,
    the_order,
    the_payment,
    timeline,
)
from tests.payments.buying import LAMP, MUG, PaysBeforeExpiry, break_calls, mend, pay_unheard, place
from tests.world import World

SESSIONS = "/v1/checkout/sessions"


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_session_is_expired_and_stock_given_back_when_the_buyer_cancels(world: World, sku: str) -> None:
    ada, url = await place(world, sku)
    payment = await the_payment()
    on_hand = (await stock_of(sku))[0]

    answer = await ada.post(f"{await path_of()}/cancel")

    assert answer.headers["location"] == await path_of()
    assert await ada.status(await path_of()) == "Canceled"
    (expired,) = await posted(world, f"{SESSIONS}/{payment['provider_ref']}/expire")
    assert (expired["account"], expired["status"]) == (payment["account_ref"] or None, 200)
    assert (await the_payment())["status"] == "expired"
    assert await stock_of(sku) == (on_hand, 0, 0)
    assert await ada.groups()
    assert (await world.pay(url)).status_code == 200
    await world.settle()
    assert await ada.status(await path_of()) == "Canceled"
    assert await mails() == []


async def test_payment_counts_when_it_was_faster_than_the_cancellation(world: World) -> None:
    ada, url = await place(world)
    await pay_unheard(world, url)

    await ada.post(f"{await path_of()}/cancel")

    assert await ada.status(await path_of()) == "Paid"
    assert not await posted(world, f"{SESSIONS}/{(await the_payment())['provider_ref']}/expire")
    await world.tell("webhooks", action="clear")
    await world.settle()
    assert await count_effects() == ONCE
    await assert_books_agree(world)


async def test_payment_counts_when_it_comes_between_the_look_and_the_expiry(world: World) -> None:
    """The provider refuses to expire what is complete: then we look again and apply what is there."""
    ada, url = await place(world)
    payment = await the_payment()
    paying = PaysBeforeExpiry(world, url)

    await cancel_order(paying.gateways, payment["order"], Door.CHECK)

    (refused,) = await posted(world, f"{SESSIONS}/{payment['provider_ref']}/expire")
    assert refused["status"] == 400
    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE


@pytest.mark.parametrize("when", ["before", "after"])
async def test_stock_stays_held_when_the_provider_does_not_answer(world: World, when: str) -> None:
    ada, _ = await place(world)
    await break_calls(world, f"{SESSIONS}/*/expire", when=when)

    answer = await ada.post(f"{await path_of()}/cancel")

    assert answer.status_code == 303
    assert await ada.status(await path_of()) == "Being canceled"
    assert await stock_of(MUG) == (40, 1, 0)
    order = await the_order()
    assert (order["payment_state"], order["cancel_requested"]) == ("awaiting_payment", True)
    await mend(world)
    await world.advance(11)
    await world.worker.drain(sweep=True)
    assert await ada.status(await path_of()) == "Canceled"
    assert await stock_of(MUG) == (40, 0, 0)


async def test_buyer_cannot_pay_again_when_canceling_is_under_way(world: World) -> None:
    ada, _ = await place(world)
    await break_calls(world, f"{SESSIONS}/*/expire")
    await ada.post(f"{await path_of()}/cancel")

    page = await ada.get(await path_of())

    for verb in ("pay", "cancel"):
        assert f'action="{await path_of()}/{verb}"' not in page.text
    assert (await ada.post(f"{await path_of()}/pay")).headers["location"] == (await the_payment())["redirect_url"]


async def test_order_ends_once_when_it_is_cancelled_many_times_at_once(world: World) -> None:
    ada, _ = await place(world)
    order = await the_order()

    await asyncio.gather(*(cancel_order(world.gateways, order["id"], Door.CHECK) for _ in range(10)))

    assert await ada.status(await path_of()) == "Canceled"
    assert await stock_of(MUG) == (40, 0, 0)
    assert [text for _, text in await timeline()].count("Canceled before anything was paid.") == 1


async def test_one_side_wins_when_paying_and_canceling_meet(world: World) -> None:
    ada, url = await place(world)
    order = await the_order()

    await asyncio.gather(world.pay(url), cancel_order(world.gateways, order["id"], Door.CHECK))
    await world.settle()

    assert await ada.status(await path_of()) in ("Paid", "Canceled")
    await assert_books_agree(world)


async def test_nothing_changes_when_a_paid_order_is_cancelled(world: World) -> None:
    ada = world.browser()
    order = await ada.buy(MUG)

    await ada.post(f"{order}/cancel")

    assert await ada.status(order) == "Paid"
    assert not (await the_order())["cancel_requested"]


async def test_caller_hears_of_it_when_the_outcome_is_unknown(world: World) -> None:
    await place(world)
    order = await the_order()
    await break_calls(world, f"{SESSIONS}/*/expire")

    with pytest.raises(Unavailable):
        await cancel_order(world.gateways, order["id"], Door.CHECK)


async def test_order_ends_at_once_when_no_attempt_is_live(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await break_calls(world, SESSIONS, count=1)
    await ada.post("/checkout", **(await ada.checkout_form()))
    await world.advance(13 * 60)
    await world.worker.drain(sweep=True)
    assert (await the_payment())["status"] == "abandoned"

    await ada.post(f"{await path_of()}/cancel")

    assert await ada.status(await path_of()) == "Canceled"
    assert await stock_of(MUG) == (40, 0, 0)
