"""What the sandbox's clock moves in the shop, and what stays on wall time there: one row each, by name.

Each row does something, moves the clock by 40 days and tells whether that brought it about. The sandbox's own half is
in `test_clock_moves.py`; `docs/testing.md` has both lists.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from store.accounts.service import keep_messages, take_messages
from store.kit import clock, queue
from store.kit.db import engine, fetch, fetch_value
from store.kit.errors import TooMany
from store.kit.web.limits import RateLimits
from tests.facts import path_of, the_order
from tests.payments.buying import MUG, place
from tests.signing import make_event, sign_body
from tests.world import World

DAYS_40 = 40 * 86400
Probe = Callable[[World], Awaitable[bool]]


async def order_expires(world: World) -> bool:
    await world.tell("webhooks", action="drop", count=0)
    ada, _ = await place(world, MUG)
    await world.worker.drain(sweep=True)
    assert await ada.status(await path_of()) == "Waiting for payment"
    await world.advance(DAYS_40)
    await world.worker.drain(sweep=True)
    return await ada.status(await path_of()) == "Checkout expired"


async def attempt_is_looked_at(world: World) -> bool:
    await world.tell("webhooks", action="drop", count=0)
    ada, url = await place(world, MUG)
    await world.pay(url)
    await world.worker.drain(sweep=True)
    assert await ada.status(await path_of()) == "Waiting for payment"
    await world.advance(DAYS_40)
    await world.worker.drain(sweep=True)
    return await ada.status(await path_of()) == "Paid"


async def order_is_dated_later(world: World) -> bool:
    await world.advance(DAYS_40)
    await place(world, MUG)
    return bool((await the_order())["placed_at"].timestamp() > time.time() + DAYS_40 - 60)


async def true_signature_is_refused(world: World) -> bool:
    await world.advance(DAYS_40)
    return await _send_event(world, int(time.time())) != 200


async def signature_of_the_moved_time_is_taken(world: World) -> bool:
    await world.advance(DAYS_40)
    return await _send_event(world, int(time.time()) + DAYS_40) == 200


async def lease_ends(world: World) -> bool:
    async with _chore() as chore:
        assert len(await queue.claim(chore)) == 1
        await world.advance(DAYS_40)
        return bool(await queue.claim(chore))


async def back_off_ends(world: World) -> bool:
    async with _chore() as chore:
        for _ in range(9):
            await fetch(f"UPDATE {chore} SET run_at = $1", clock.wall())
            (claim,) = await queue.claim(chore)
            await queue.postpone(claim, "no luck", tries=99)
        await world.advance(DAYS_40)
        return bool(await queue.claim(chore))


async def session_is_forgotten(world: World) -> bool:
    session = await keep_messages(None, ["Hello"])
    await world.advance(DAYS_40)
    return await take_messages(session) == ()


async def cookie_lives_another_time(world: World) -> bool:
    lives = []
    for seconds in (0, DAYS_40):
        await world.advance(seconds)
        sku = await fetch_value("SELECT id FROM variant WHERE sku = $1", MUG)
        added = await world.browser().post("/cart/add", variant=str(sku), quantity=1)
        lives.append(re.findall("(?i)max-age=([0-9]+)", added.headers["set-cookie"]))
    assert lives[0]
    return lives[0] != lives[1]


async def limit_is_forgotten(world: World) -> bool:
    limits = RateLimits()
    await limits.take("clock", 1, 3600)
    await world.advance(DAYS_40)
    try:
        await limits.take("clock", 1, 3600)
    except TooMany:
        return False
    return True


BUSINESS: dict[str, Probe] = {
    "an order that nobody paid expires": order_expires,
    "a payment is looked for again": attempt_is_looked_at,
    "what is ordered is dated later": order_is_dated_later,
}
WALL: dict[str, Probe] = {
    "a webhook signed now": true_signature_is_refused,
    "a webhook signed at the moved time": signature_of_the_moved_time_is_taken,
    "the lease of a job": lease_ends,
    "the back-off of a job": back_off_ends,
    "a visitor's session": session_is_forgotten,
    "a cookie's life": cookie_lives_another_time,
    "a rate limit": limit_is_forgotten,
}


@pytest.mark.parametrize("what", BUSINESS)
async def test_it_comes_about_when_the_clock_moves(world: World, what: str) -> None:
    assert await BUSINESS[what](world)


@pytest.mark.parametrize("what", WALL)
async def test_it_stays_with_the_wall_when_the_clock_moves(world: World, what: str) -> None:
    assert not await WALL[what](world)


async def _send_event(world: World, signed_at: int) -> int:
    body = json.dumps(make_event(type="customer.created", resource="cus_1")).encode()
    headers = sign_body(body, world.settings.stripe_webhook_secrets[0], signed_at)
    return (await world.browser().client.post("/webhooks/stripe", content=body, headers=headers)).status_code


@asynccontextmanager
async def _chore() -> AsyncIterator[str]:
    """A queue with one job in it, due now; gone afterwards."""
    await engine().run_script("""
        CREATE TABLE clock_chore (id serial PRIMARY KEY, state text NOT NULL DEFAULT 'waiting',
                                  attempt integer NOT NULL DEFAULT 0, run_at timestamptz NOT NULL DEFAULT now(),
                                  lease_until timestamptz, last_error text NOT NULL DEFAULT '', done_at timestamptz)
    """)
    try:
        await fetch("INSERT INTO clock_chore (state) VALUES ('waiting')")
        yield "clock_chore"
    finally:
        await engine().run_script("DROP TABLE clock_chore")
