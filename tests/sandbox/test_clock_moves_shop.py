"""What the sandbox's clock moves in the shop, and what stays on wall time there, as far as no other test shows it.

Each probe does something, moves the clock by 40 days and tells whether that brought it about. The sandbox's own half is
in `test_clock_moves.py`; `docs/testing.md` has both tables and names a test for each row.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from store.accounts.service import keep_messages, take_messages
from store.doctor.checks import check_attempts, check_queue
from store.gateways.breaker import FAILURES, Breaker
from store.gateways.build import build_gateways
from store.gateways.pace import Pace
from store.kit import clock, queue
from store.kit.db import engine, fetch, fetch_value, transaction
from store.kit.errors import TooMany
from store.kit.web.limits import RateLimits
from store.operations.service import enqueue
from store.orders import service as orders
from store.webhooks.service import back_fill
from tests.facts import path_of, posted, the_order
from tests.payments.buying import MUG, place
from tests.promotions.promoting import make_code
from tests.shelves import read_words
from tests.signing import make_event, sign_body
from tests.world import Browser, World

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


async def code_begins(world: World) -> bool:
    await make_code(starts_at=clock.wall() + timedelta(days=39))
    ada = await _fill_cart(world)
    early = await ada.post("/cart/promotion", code="TENOFF")
    assert "can be used from" in early.text
    await world.advance(DAYS_40)
    await ada.post("/cart/promotion", code="TENOFF")
    return "Discount TENOFF" in read_words(await ada.get("/cart"))


async def code_ends(world: World) -> bool:
    await make_code(ends_at=clock.wall() + timedelta(days=39))
    ada = await _fill_cart(world)
    await ada.post("/cart/promotion", code="TENOFF")
    assert "Discount TENOFF" in read_words(await ada.get("/cart"))
    await world.advance(DAYS_40)
    return "TENOFF was valid until" in (await ada.get("/cart")).text


async def check_is_free_again(world: World) -> bool:
    await place(world, MUG)
    order = (await the_order())["id"]
    assert await orders.claim_check(order, 5)
    assert not await orders.claim_check(order, 5)
    await world.advance(DAYS_40)
    return await orders.claim_check(order, 5)


async def doctor_names_the_attempt(world: World) -> bool:
    await place(world, MUG)
    assert (await check_attempts()).ok
    await world.advance(DAYS_40)
    return not (await check_attempts()).ok


async def events_are_fetched_from_later(world: World) -> bool:
    await world.advance(DAYS_40)
    await back_fill(world.gateways, "")
    (asked,) = await posted(world, "/v1/events", "GET")
    return bool(int(asked["params"]["created[gte]"]) > time.time())


async def breaker_asks_again(world: World) -> bool:
    breaker = Breaker("Stripe")
    for _ in range(FAILURES):
        breaker.failed()
    assert breaker.is_open
    await world.advance(DAYS_40)
    return breaker.is_due


async def pace_is_forgotten(world: World) -> bool:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    pace = Pace(sleep=note)
    pace.slow_down(1, "4")
    await world.advance(DAYS_40)
    await pace.take_turn()
    return not waited


async def silent_provider_is_given_up(world: World) -> bool:
    silent = Silent()
    asking = asyncio.create_task(build_gateways(world.settings, silent).stripe.ping())
    await silent.asked.wait()
    await world.advance(DAYS_40)
    for _ in range(50):
        await asyncio.sleep(0)
    over = asking.done()
    asking.cancel()
    return over


async def doctor_names_the_queue(world: World) -> bool:
    async with transaction():
        await enqueue("back_fill", "platform@clock", {"account": ""})
    assert (await check_queue("outbox")).ok
    await world.advance(DAYS_40)
    return not (await check_queue("outbox")).ok


BUSINESS: tuple[Probe, ...] = (
    order_expires,
    attempt_is_looked_at,
    order_is_dated_later,
    code_begins,
    code_ends,
    check_is_free_again,
    doctor_names_the_attempt,
    events_are_fetched_from_later,
)
WALL: tuple[Probe, ...] = (
    true_signature_is_refused,
    signature_of_the_moved_time_is_taken,
    lease_ends,
    back_off_ends,
    session_is_forgotten,
    cookie_lives_another_time,
    limit_is_forgotten,
    breaker_asks_again,
    pace_is_forgotten,
    silent_provider_is_given_up,
    doctor_names_the_queue,
)


@pytest.mark.parametrize("probe", BUSINESS, ids=lambda probe: probe.__name__)
async def test_it_comes_about_when_the_clock_moves(world: World, probe: Probe) -> None:
    assert await probe(world)


@pytest.mark.parametrize("probe", WALL, ids=lambda probe: probe.__name__)
async def test_it_stays_with_the_wall_when_the_clock_moves(world: World, probe: Probe) -> None:
    assert not await probe(world)


class Silent(httpx.AsyncBaseTransport):
    """A provider that takes a request and says nothing."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.set()
        return await asyncio.Future()


async def _fill_cart(world: World) -> Browser:
    ada = world.browser()
    await ada.add(MUG)
    return ada


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
