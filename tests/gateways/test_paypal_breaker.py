"""PayPal down: left alone after a while, asked again later, and never mistaken for one that refuses."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from store.gateways.breaker import FAILURES, Breaker, Refused
from store.gateways.port import GatewayBug, Unavailable
from tests.gateways.paypal_wire import Script, fault, make_calls
from tests.gateways.test_breaker import Watch
from tests.gateways.test_paypal_call import GOOD, PATH


async def test_provider_is_left_alone_when_it_was_down_many_times_and_asked_again_later() -> None:
    watch = Watch()
    script = Script({PATH: [httpx.Response(503)] * FAILURES + [GOOD]})
    calls = make_calls(script, breaker=Breaker("PayPal", watch))
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await calls.call("things.create", "POST", PATH, body={})

    with pytest.raises(Refused):
        await calls.call("things.create", "POST", PATH, body={})
    assert len(script.of(PATH)) == FAILURES
    watch.seconds += 3600
    assert await calls.call("things.create", "POST", PATH, body={}) == GOOD
    assert not calls.breaker.is_open


async def test_breaker_stays_closed_when_the_provider_refuses() -> None:
    calls = make_calls(Script({PATH: fault(422, "UNPROCESSABLE_ENTITY", "AMOUNT_MISMATCH")}))

    for _ in range(FAILURES + 1):
        with pytest.raises(GatewayBug):
            await calls.call("things.create", "POST", PATH, body={})

    assert not calls.breaker.is_open


@pytest.mark.parametrize("end", [asyncio.CancelledError(), ZeroDivisionError()])
async def test_next_call_is_the_probe_when_one_went_away(end: BaseException) -> None:
    class Away(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise end

    watch = Watch()
    breaker = Breaker("PayPal", watch)
    for _ in range(FAILURES):
        breaker.failed()
    watch.seconds += 3600

    with pytest.raises(type(end)):
        await make_calls(Away(), breaker=breaker).call("things.get", "GET", PATH)

    assert breaker.is_due


async def test_call_that_went_away_leaves_a_closed_breaker_alone() -> None:
    class Away(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise asyncio.CancelledError

    calls = make_calls(Away())

    with pytest.raises(asyncio.CancelledError):
        await calls.call("things.get", "GET", PATH)

    assert not calls.breaker.is_open
