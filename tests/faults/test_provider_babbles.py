"""The provider did what was asked for and says nonsense: the next knock finds out what it was, and nothing doubles."""

from __future__ import annotations

import pytest

from tests.facts import ONCE, count_effects, path_of, the_order, the_payment, value
from tests.payments.buying import MUG, SESSIONS, break_calls, mend
from tests.refunds.refunding import REFUNDS, take_late
from tests.world import World

NONSENSE = ["garbage", "truncate", "reset"]


@pytest.mark.parametrize("action", NONSENSE)
async def test_same_order_goes_on_when_the_answer_to_checkout_is_nonsense(world: World, action: str) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await break_calls(world, SESSIONS, when="after", action=action)

    unknown = await ada.post("/checkout", **form)
    await mend(world)
    again = await ada.post("/checkout", **form)

    assert unknown.status_code == 503
    assert (await the_order())["number"] in unknown.text
    assert again.status_code == 303
    assert await value("SELECT count(*) FROM orders") == 1
    assert len(world.sandbox.state.world.find_owned(None, "checkout.session")) == 1
    paid = await world.pay(again.headers["location"])
    assert paid.status_code == 303
    await world.settle()
    assert await count_effects() == ONCE
    assert await ada.status(await path_of()) == "Paid"


@pytest.mark.parametrize("action", NONSENSE)
async def test_order_is_not_given_up_when_the_answer_to_a_look_is_nonsense(world: World, action: str) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await world.pay(await ada.check_out())
    await break_calls(world, f"{SESSIONS}/*", method="GET", action=action)
    await world.deliver()
    before = (await the_payment())["status"]

    await mend(world)
    await world.advance(60)
    await world.settle()

    assert before == "pending"
    assert await count_effects() == ONCE


@pytest.mark.parametrize("action", NONSENSE)
async def test_money_goes_back_once_when_the_answer_to_a_refund_is_nonsense(world: World, action: str) -> None:
    await take_late(world)
    await break_calls(world, REFUNDS, when="after", action=action)
    await world.worker.drain()
    state = await value("SELECT state FROM operation")

    await mend(world)

    assert state == "waiting"
    assert len(await world.truth("refunds")) == 1
