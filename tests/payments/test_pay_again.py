"""Back to payment: the open session while there is one, a new attempt only when none can bring money any more."""

from __future__ import annotations

import asyncio

import pytest

from store.gateways.port import Unavailable
from store.payments.service import pay_again, sync_payment
from store.payments.states import Door
from tests.facts import count_effects, path_of, stock_of, the_order, the_payment, timeline, value
from tests.payments.buying import MUG, SOMEBODY, break_calls, mend, pay_unheard, place
from tests.world import CHALLENGED, DECLINED, SANDBOX, SHOP, World

SESSIONS = "/v1/checkout/sessions"


async def test_buyer_comes_back_to_the_same_session_when_it_is_open(world: World) -> None:
    ada, url = await place(world)

    answer = await ada.post(f"{await path_of()}/pay")

    assert answer.headers["location"] == url
    assert await value("SELECT count(*) FROM payment") == 1


async def test_order_stays_payable_and_says_why_when_the_card_is_declined(world: World) -> None:
    ada, url = await place(world)

    declined = await world.pay(url, number=DECLINED)
    await world.deliver()

    assert declined.status_code == 200
    assert await ada.status(await path_of()) == "Waiting for payment"
    page = (await ada.get(await path_of())).text
    assert "The bank declined the card. You were not charged" in page
    assert f'action="{await path_of()}/pay"' in page
    assert (await timeline())[-1] == ("webhook", "Payment declined: The bank declined the card.")
    assert await stock_of(MUG) == (40, 1, 0)
    assert await ada.groups()
    assert (await ada.post(f"{await path_of()}/pay")).headers["location"] == url


async def test_one_settling_capture_when_two_declines_come_before_success(world: World) -> None:
    ada, url = await place(world)
    await world.pay(url, number=DECLINED)
    await world.pay(url, number="4000 0000 0000 9995")
    await world.deliver()
    declines = [text for _, text in await timeline() if text.startswith("Payment declined")]
    assert declines[-1] == "Payment declined: The card has insufficient funds."

    await world.pay(url)
    await world.settle()

    assert await ada.status(await path_of()) == "Paid"
    assert (await count_effects())["captures"] == 1
    assert (await the_order())["failure_reason"] == ""


async def test_decline_is_told_once_when_its_message_comes_again(world: World) -> None:
    _, url = await place(world)
    await world.pay(url, number=DECLINED)
    await world.deliver()
    payment = await the_payment()

    for door in (Door.SWEEP, Door.CHECK, Door.WEBHOOK):
        await sync_payment(world.gateways, payment["id"], door)

    assert [text for _, text in await timeline()].count("Payment declined: The bank declined the card.") == 1


@pytest.mark.parametrize(("answer", "label"), [("complete", "Paid"), ("fail", "Waiting for payment")])
async def test_challenge_decides_when_the_bank_asks_for_one(world: World, answer: str, label: str) -> None:
    ada, url = await place(world)
    asked = await world.pay(url, number=CHALLENGED)
    challenge = f"{SANDBOX}{asked.headers['location']}"
    await world.deliver()
    assert await ada.status(await path_of()) == "Waiting for payment"

    await world.console.post(challenge, data={"answer": answer})
    await world.deliver()

    assert await ada.status(await path_of()) == label
    told = "The bank could not confirm that it was you" in (await ada.get(await path_of())).text
    assert told == (answer == "fail")
    assert await ada.groups() == ([] if label == "Paid" else ["platform-USD"])


async def test_no_other_attempt_opens_when_the_last_one_is_unknown(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await break_calls(world, SESSIONS)
    await ada.post("/checkout", **(await ada.checkout_form()))

    answer = await ada.post(f"{await path_of()}/pay")

    assert answer.headers["location"] == await path_of()
    assert await value("SELECT count(*) FROM payment") == 1
    assert "Stripe does not answer just now" in (await ada.get(await path_of())).text
    await mend(world)
    assert (await ada.post(f"{await path_of()}/pay")).headers["location"].startswith(SANDBOX)
    assert await value("SELECT count(*) FROM payment") == 1


async def test_payment_is_found_when_the_session_ran_out_meanwhile(world: World) -> None:
    """The last minute: paid at the provider, unheard here, and our own clock says that the time is up."""
    ada, url = await place(world)
    await pay_unheard(world, url)
    await world.advance(46 * 60)

    answer = await ada.post(f"{await path_of()}/pay")

    assert answer.headers["location"] == await path_of()
    assert await ada.status(await path_of()) == "Paid"


async def test_order_ends_when_the_session_has_run_out(world: World) -> None:
    ada, _ = await place(world)
    await world.advance(46 * 60)

    answer = await ada.post(f"{await path_of()}/pay")

    assert answer.headers["location"] == await path_of()
    assert await ada.status(await path_of()) == "Checkout expired"
    assert await stock_of(MUG) == (40, 0, 0)


async def test_order_ends_when_no_attempt_is_live_and_its_time_is_up(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await break_calls(world, SESSIONS, count=1)
    await ada.post("/checkout", **(await ada.checkout_form()))
    await world.advance(13 * 60)
    await world.worker.drain(sweep=True)
    await world.advance(46 * 60)

    await ada.post(f"{await path_of()}/pay")

    assert await ada.status(await path_of()) == "Checkout expired"
    assert await value("SELECT count(*) FROM payment") == 1


async def test_one_new_attempt_opens_when_many_want_to_pay_again_at_once(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await break_calls(world, SESSIONS, count=1)
    await ada.post("/checkout", **(await ada.checkout_form()))
    await world.advance(13 * 60)
    await world.worker.drain(sweep=True)
    order = await the_order()

    started = await asyncio.gather(*(pay_again(world.gateways, order["id"], SHOP, SOMEBODY) for _ in range(8)))

    assert len({one.redirect_url for one in started}) == 1
    assert await value("SELECT count(*) FROM payment") == 2


async def test_caller_hears_of_it_when_an_expired_session_cannot_be_looked_at(world: World) -> None:
    await place(world)
    await world.advance(46 * 60)
    await break_calls(world, f"{SESSIONS}/*", method="GET")

    with pytest.raises(Unavailable):
        await pay_again(world.gateways, (await the_order())["id"], SHOP, SOMEBODY)


async def test_order_page_is_the_answer_when_nothing_is_left_to_pay(world: World) -> None:
    ada = world.browser()
    order = await ada.buy(MUG)

    answer = await ada.post(f"{order}/pay")

    assert answer.headers["location"] == order
    assert await value("SELECT count(*) FROM payment") == 1
