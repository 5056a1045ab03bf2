"""A provider that is down is left alone, asked again by one call, and trusted again when it answers."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from store.gateways.breaker import FAILURES, LONGEST_SECONDS, PAUSE_SECONDS, Breaker, Refused
from store.gateways.pace import Pace
from store.gateways.port import Declined, GatewayBug, StoredFailure, Unavailable
from store.gateways.stripe.checkout import open_checkout
from store.gateways.stripe.client import StripeCalls
from tests.gateways.test_call import SESSION, Scripted, Silent, at_once, error, frozen
from tests.world import SANDBOX


class Watch:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def make_calls(transport: httpx.AsyncBaseTransport, watch: Watch | None = None, **bounds: float) -> StripeCalls:
    """The way out with a breaker on this watch, and no waiting."""
    breaker = Breaker("Stripe", now=watch or Watch())
    return StripeCalls("sk_test_x", SANDBOX, transport, breaker=breaker, pace=Pace(sleep=at_once), **bounds)


async def ask(calls: StripeCalls) -> Any:
    """One call."""
    return await open_checkout(calls, frozen(), "acct_1", "payment-1")


async def open_it(transport: Scripted, watch: Watch) -> StripeCalls:
    """A way out whose breaker has just opened."""
    calls = make_calls(transport, watch)
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await ask(calls)
    return calls


DOWN = error(503, {"type": "api_error", "message": "Down"})


async def test_breaker_opens_and_nothing_is_sent_when_a_provider_is_down() -> None:
    transport, watch = Scripted(DOWN), Watch()
    calls = make_calls(transport, watch)

    for count in range(1, FAILURES + 1):
        assert not calls.breaker.is_open
        with pytest.raises(Unavailable):
            await ask(calls)
        assert len(transport.asked) == count

    assert calls.breaker.is_open
    with pytest.raises(Refused, match="Stripe did not answer"):
        await ask(calls)
    assert len(transport.asked) == FAILURES


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
async def test_breaker_opens_when_nobody_answers(error: type[httpx.TransportError]) -> None:
    calls = await open_it(Scripted(error("gone")), Watch())

    assert calls.breaker.is_open


async def test_breaker_opens_when_no_answer_comes_in_time() -> None:
    calls = make_calls(Silent(), seconds=0.01)
    for _ in range(FAILURES):
        assert not calls.breaker.is_open
        with pytest.raises(Unavailable):
            await ask(calls)

    assert calls.breaker.is_open


async def test_breaker_closes_when_its_probe_is_answered() -> None:
    transport, watch = Scripted(*[DOWN] * FAILURES, SESSION), Watch()
    calls = await open_it(transport, watch)

    watch.seconds += PAUSE_SECONDS

    assert (await ask(calls)).ref == (await ask(calls)).ref == "cs_1"
    assert not calls.breaker.is_open


async def test_breaker_stays_open_longer_each_time_when_its_probe_fails() -> None:
    transport, watch = Scripted(DOWN), Watch()
    calls = await open_it(transport, watch)

    pause, sent = PAUSE_SECONDS, FAILURES
    for _ in range(6):
        watch.seconds += pause - 0.1
        with pytest.raises(Refused):
            await ask(calls)
        watch.seconds += 0.1
        with pytest.raises(Unavailable):
            await ask(calls)
        sent += 1
        assert len(transport.asked) == sent
        pause = min(pause * 2, LONGEST_SECONDS)

    assert pause == LONGEST_SECONDS


async def test_one_call_is_the_probe_when_many_come_at_once() -> None:
    watch, silent = Watch(), Silent()
    calls = make_calls(silent, watch)
    for _ in range(FAILURES):
        calls.breaker.failed()
    watch.seconds += PAUSE_SECONDS

    probe = asyncio.create_task(ask(calls))
    await silent.asked.acquire()
    for _ in range(3):
        with pytest.raises(Refused):
            await ask(calls)

    silent.free.set()
    assert (await probe).ref == "cs_1"
    assert silent.count == 1
    assert (await ask(calls)).ref == "cs_1"


async def test_another_call_is_the_probe_when_the_first_ones_caller_went_away() -> None:
    watch, silent = Watch(), Silent()
    calls = make_calls(silent, watch)
    for _ in range(FAILURES):
        calls.breaker.failed()
    watch.seconds += PAUSE_SECONDS
    probe = asyncio.create_task(ask(calls))
    await silent.asked.acquire()

    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)

    silent.free.set()
    assert (await ask(calls)).ref == "cs_1"


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (error(429, {"type": "invalid_request_error", "code": "rate_limit", "message": "Slower"}), Unavailable),
        (error(401, {"type": "invalid_request_error", "message": "No such key"}), Unavailable),
        (error(404, {"type": "invalid_request_error", "message": "No such session"}), GatewayBug),
        (error(402, {"type": "card_error", "message": "Declined."}), Declined),
        (
            httpx.Response(
                500,
                json={"error": {"type": "api_error", "message": "Oops"}},
                headers={"stripe-should-retry": "false", "idempotent-replayed": "true"},
            ),
            StoredFailure,
        ),
    ],
    ids=["429", "401", "404", "402", "stored 500"],
)
async def test_breaker_stays_closed_when_the_provider_answers_unkindly(
    answer: httpx.Response, meaning: type[Exception]
) -> None:
    calls = make_calls(Scripted(answer))

    for _ in range(2 * FAILURES):
        with pytest.raises(meaning):
            await ask(calls)

    assert not calls.breaker.is_open


async def test_breaker_stays_closed_when_failures_do_not_follow_each_other() -> None:
    calls = make_calls(Scripted(*[DOWN] * (FAILURES - 1), SESSION, *[DOWN] * (FAILURES - 1), SESSION))

    for _ in range(2):
        for _ in range(FAILURES - 1):
            with pytest.raises(Unavailable):
                await ask(calls)
        assert (await ask(calls)).ref == "cs_1"
