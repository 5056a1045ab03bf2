"""A refund of a direct charge is heard of when its account has let us go: the event ends, and a person is asked."""

from __future__ import annotations

import pytest

from store.doctor.checks import check_queue, check_reviews
from store.kit.db import fetch
from tests.facts import one, the_order, value
from tests.invariants import find_broken
from tests.payments.buying import LAMP, place
from tests.payouts.passing import change_account
from tests.refunds.refunding import buy, refund_there
from tests.refunds.test_failed_refund import PENDING
from tests.signing import sign_headers
from tests.world import World, rows

CONNECT = "/webhooks/stripe/connect"


async def leave(world: World) -> None:
    """The account lets us go, and no event of it comes any more."""
    await world.tell("webhooks", action="drop", count=0)
    await change_account(world, await value("SELECT account_ref FROM capture"), "deauthorized")


async def hear_of_refund(world: World, event: str = "evt_1") -> None:
    """The one event that was on its way when the account let us go."""
    capture = await one("SELECT * FROM capture")
    what = {"resource": "re_1", "charge": capture["capture_ref"], "account": capture["account_ref"]}
    body, headers = sign_headers(world.settings, CONNECT, event=event, type="refund.created", **what)
    assert (await world.browser().client.post(CONNECT, content=body, headers=headers)).status_code == 200
    await world.worker.drain()


async def test_event_ends_and_a_person_is_asked_when_the_account_has_left(world: World) -> None:
    _, capture = await buy(world, LAMP)
    await leave(world)

    await hear_of_refund(world)

    event = await one("SELECT state, outcome FROM inbox_event WHERE event_id = 'evt_1'")
    assert event == {"state": "done", "outcome": "applied"}
    assert (await check_queue("inbox")).ok
    order = await the_order()
    assert order["payment_state"] == "paid"
    assert order["review_reason"].startswith(f"{capture['capture_ref']}: something of it goes back to the buyer")
    told = await check_reviews()
    assert "ask the seller" in told.detail
    assert await value("SELECT refunds_at FROM capture") is None
    assert await value("SELECT state FROM vendor WHERE slug = 'lumen-works'") == "disconnected"
    assert await rows("SELECT 1 FROM refund") == []
    assert await find_broken(world) == {}
    await fetch(told.detail.partition(", then ")[2])
    assert (await check_reviews()).ok


async def test_nobody_is_asked_when_nothing_is_known_to_go_back(world: World) -> None:
    await buy(world, LAMP)
    await leave(world)

    await world.advance(26 * 3600)
    await world.worker.drain(sweep=True)

    assert await value("SELECT refunds_at FROM capture") is None
    assert (await the_order())["review_reason"] == ""


async def test_refund_is_kept_as_it_is_and_a_person_asked_when_it_was_on_its_way(world: World) -> None:
    _, url = await place(world, LAMP)
    assert (await world.pay(url, number=PENDING)).status_code == 303
    await world.settle()
    await refund_there(world, await one("SELECT * FROM capture"), amount=500)
    await world.deliver()
    assert await value("SELECT status FROM refund") == "pending"
    await leave(world)

    await world.advance(26 * 3600)
    await world.worker.drain(sweep=True)

    assert await value("SELECT status FROM refund") == "pending"
    assert "cannot see what becomes of it" in (await the_order())["review_reason"]
    assert await find_broken(world) == {}


@pytest.mark.parametrize("ours", [True, False])
async def test_words_of_another_review_stay_when_an_event_tells_of_it(world: World, ours: bool) -> None:
    await buy(world, LAMP)
    await leave(world)
    if ours:
        await fetch("UPDATE orders SET review_reason = 'another'")

    await hear_of_refund(world)
    first = (await the_order())["review_reason"]
    await hear_of_refund(world, "evt_2")

    assert (first == "another") is ours
    assert (await the_order())["review_reason"] == first != ""
