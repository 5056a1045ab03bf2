"""An attempt whose outcome is unknown is sent again, byte for byte, while it is young."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from store.gateways.port import GatewayBug, Unavailable
from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import ONCE, assert_books_agree, count_effects, path_of, posted, stock_of, the_order, the_payment
from tests.payments.buying import MUG, SESSIONS, break_calls, mend, place
from tests.payments.unanswered import created_on_the_wire, leave_unknown, sessions_of
from tests.world import SANDBOX, World, rows

# One try of ours is up to three of the SDK's, all with the same key.
ALL_TRIES = 3


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "fault", [{"action": "hang", "seconds": 0}, {"action": "reset"}, {"action": "status", "status": 500}], ids=str
)
async def test_buyer_notices_nothing_when_one_answer_is_lost(world: World, when: str, fault: dict[str, Any]) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await break_calls(world, SESSIONS, when=when, count=1, **fault)

    url = await ada.check_out()

    assert url.startswith(SANDBOX)
    first, second = created_on_the_wire(world)
    assert first == second
    assert first[0] == str((await the_payment())["id"])
    assert len(await sessions_of(world)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("seconds", [5, 60])
async def test_same_request_goes_out_again_when_the_buyer_tries_again(world: World, when: str, seconds: int) -> None:
    """What may still be under way is sent again; what is older is looked for first, and sent when it is not there."""
    ada = await leave_unknown(world, when, action="reset", count=ALL_TRIES)
    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert await stock_of(MUG) == (40, 1, 0)
    await world.advance(seconds)

    url = await ada.check_out()

    sent, looks = created_on_the_wire(world), await posted(world, SESSIONS, "GET")
    assert len(sent) == ALL_TRIES + (0 if (when, seconds) == ("after", 60) else 1)
    assert len(looks) == (1 if seconds == 60 else 0)
    assert len(set(sent)) == 1
    (session,) = await sessions_of(world)
    assert (session["url"], session["id"]) == (url, (await the_payment())["provider_ref"])
    await world.pay(url)
    await world.settle()
    assert await count_effects() == ONCE
    await assert_books_agree(world)


async def test_no_other_order_opens_when_the_older_ones_attempt_is_unknown(world: World) -> None:
    ada = await leave_unknown(world, "after", count=0)
    order = await the_order()

    answer = await ada.post("/checkout", **(await ada.checkout_form(city="Paris")))

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of(order))
    assert [row["id"] for row in await rows("SELECT id FROM orders")] == [order["id"]]
    assert len(await rows("SELECT 1 FROM payment")) == 1
    assert await stock_of(MUG) == (40, 1, 0)
    assert await ada.status(await path_of()) == "Being canceled"
    await mend(world)
    assert (await ada.check_out(city="Paris")).startswith(SANDBOX)
    assert len([one for one in await sessions_of(world) if one["status"] == "open"]) == 1


async def test_key_fails_when_the_request_is_made_anew(world: World) -> None:
    await place(world)
    payment = await the_payment()
    later = json.loads(payment["request"])
    later["expires_at"] += 1

    with pytest.raises(Unavailable, match="same parameters"):
        await world.gateways.stripe.open_checkout(json.dumps(later), "", str(payment["id"]))


@pytest.mark.parametrize("when", ["before", "after"])
async def test_sweep_finds_out_when_nobody_comes_back(world: World, when: str) -> None:
    await leave_unknown(world, when)
    await world.advance(11)

    await world.worker.drain(sweep=True)

    assert (await the_payment())["status"] == "pending"
    assert len(set(created_on_the_wire(world))) == 1
    assert len(await sessions_of(world)) == 1


async def test_one_session_is_adopted_when_many_doors_find_out_at_once(world: World) -> None:
    await leave_unknown(world, "after")
    payment = await the_payment()

    states = await asyncio.gather(*(sync_payment(world.gateways, payment["id"], Door.CHECK) for _ in range(8)))

    assert set(states) == {"pending"}
    assert len(await sessions_of(world)) == 1
    assert len(await rows("SELECT 1 FROM order_event WHERE key = 'opened:1'")) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(429, Unavailable), (503, Unavailable), (401, Unavailable), (400, GatewayBug)]
)
async def test_only_a_refusal_ends_the_order_when_the_provider_answers_badly(
    world: World, status: int, error: type[Exception]
) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await break_calls(world, SESSIONS, status=status)

    answer = await ada.post("/checkout", **(await ada.checkout_form()))

    assert answer.status_code == 503
    ended = error is not Unavailable
    assert (await the_order())["payment_state"] == ("canceled" if ended else "awaiting_payment")
    assert (await the_payment())["status"] == ("failed" if ended else "created")
    assert await stock_of(MUG) == (40, 0 if ended else 1, 0)
