"""429: the same request again, at the pace the provider asks for, a bounded number of times, never all at once."""

from __future__ import annotations

import httpx
import pytest

from store.gateways.pace import FIRST_SECONDS, LONGEST_WAIT, Pace, TooFast
from store.gateways.port import Unavailable
from store.gateways.stripe.checkout import open_checkout
from store.gateways.stripe.client import RATE_TRIES, StripeCalls
from tests.gateways.test_breaker import Watch
from tests.gateways.test_call import SESSION, Scripted, frozen
from tests.world import SANDBOX


class Waits:
    """Instead of sleeping: remembers how long, and moves the watch."""

    def __init__(self) -> None:
        self.watch, self.slept = Watch(), []

    slept: list[float]

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.watch.seconds += seconds


def slower(**headers: str) -> httpx.Response:
    """429 as Stripe sends it."""
    error = {"type": "invalid_request_error", "code": "rate_limit", "message": "Slower"}
    return httpx.Response(429, json={"error": error}, headers=headers)


def make_calls(transport: Scripted, waits: Waits) -> StripeCalls:
    """The way out with these waits."""
    return StripeCalls("sk_test_x", SANDBOX, transport, pace=Pace(waits, waits.watch))


async def test_same_request_goes_out_again_after_a_wait_when_the_provider_says_429() -> None:
    waits, transport = Waits(), Scripted(slower(), SESSION)

    opened = await open_checkout(make_calls(transport, waits), frozen(), "acct_1", "payment-1")

    assert opened.ref == "cs_1"
    first, second = transport.asked
    assert first.content == second.content
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "payment-1"
    (slept,) = waits.slept
    assert FIRST_SECONDS <= slept <= 1.5 * FIRST_SECONDS


async def test_waits_grow_and_end_when_the_provider_keeps_saying_429() -> None:
    waits, transport = Waits(), Scripted(slower())

    with pytest.raises(Unavailable):
        await open_checkout(make_calls(transport, waits), frozen(), "acct_1", "payment-1")

    assert len(transport.asked) == RATE_TRIES
    assert [FIRST_SECONDS * 2**n <= slept for n, slept in enumerate(waits.slept)] == [True] * (RATE_TRIES - 1)


async def test_wait_is_what_the_provider_asked_for_when_it_says_how_long() -> None:
    waits, transport = Waits(), Scripted(slower(**{"retry-after": "3"}), SESSION)

    await open_checkout(make_calls(transport, waits), frozen(), "acct_1", "payment-1")

    (slept,) = waits.slept
    assert 3 <= slept <= 4.5


async def test_nothing_is_sent_and_nobody_waits_when_the_provider_asks_for_more_than_a_buyer_would() -> None:
    waits, transport = Waits(), Scripted(slower(**{"retry-after": "60"}), SESSION)
    calls = make_calls(transport, waits)

    for _ in range(2):
        with pytest.raises(TooFast):
            await open_checkout(calls, frozen(), "acct_1", "payment-1")

    assert (len(transport.asked), waits.slept) == (1, [])
    waits.watch.seconds += 90
    assert (await open_checkout(calls, frozen(), "acct_1", "payment-1")).ref == "cs_1"


async def test_other_calls_wait_too_when_one_was_told_to_slow_down() -> None:
    waits = Waits()
    pace = Pace(waits, waits.watch)

    pace.slow_down(1, "2")
    await pace.take_turn()
    await pace.take_turn()

    assert len(waits.slept) == 1
    assert 2 <= waits.slept[0] <= 3


def test_waits_differ_when_many_are_told_to_slow_down_at_once() -> None:
    waits = []
    for _ in range(20):
        pace = Pace(now=lambda: 0.0)
        pace.slow_down(1, "2")
        waits.append(pace._not_before)

    assert len(set(waits)) > 1
    assert LONGEST_WAIT >= max(waits) > min(waits) >= 2
