"""The one way out to Stripe: bounded, tried again under the same key, and never calling unknown what failed."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from store.gateways.pace import Pace
from store.gateways.port import CheckoutItem, CheckoutRequest, Declined, GatewayBug, Unavailable
from store.gateways.stripe.checkout import freeze_checkout, open_checkout
from store.gateways.stripe.client import (
    ANSWER_BYTES,
    CONCURRENT_CALLS,
    RATE_TRIES,
    RETRIES,
    TIMEOUT_SECONDS,
    StripeCalls,
)
from store.kit import clock
from store.kit.metrics import REGISTRY
from tests.world import SANDBOX

Answer = Callable[[httpx.Request], httpx.Response]
SESSION = {"id": "cs_1", "object": "checkout.session", "url": "http://x/cs_1"}
ERRORS: list[tuple[int, dict[str, Any], type[Exception]]] = [
    (400, {"type": "invalid_request_error", "message": "No"}, GatewayBug),
    (400, {"type": "invalid_request_error", "code": "amount_too_small", "message": "Too little."}, Declined),
    (400, {"type": "invalid_request_error", "code": "email_invalid", "message": "That is no address."}, Declined),
    (400, {"type": "idempotency_error", "message": "Other parameters"}, Unavailable),
    (401, {"type": "invalid_request_error", "message": "No such key"}, Unavailable),
    (402, {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}, Declined),
    (403, {"type": "invalid_request_error", "message": "Not yours"}, GatewayBug),
    (404, {"type": "invalid_request_error", "code": "resource_missing", "message": "No such session"}, GatewayBug),
    (409, {"type": "invalid_request_error", "code": "idempotency_key_in_use", "message": "Running"}, Unavailable),
    (429, {"type": "invalid_request_error", "code": "rate_limit", "message": "Slower"}, Unavailable),
    (500, {"type": "api_error", "message": "Oops"}, Unavailable),
    (503, {"type": "api_error", "message": "Oops"}, Unavailable),
]


class Scripted(httpx.AsyncBaseTransport):
    """Answers each request with the next of `answers`, the last one for ever; remembers what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def error(status: int, body: dict[str, Any]) -> httpx.Response:
    """An error as Stripe sends it; never tried again unless a test wants to see that."""
    headers = {"stripe-should-retry": "false", "request-id": "req_7"}
    return httpx.Response(status, json={"error": body}, headers=headers)


def frozen() -> str:
    """A request for a session."""
    request = CheckoutRequest(
        payment_id="payment-1",
        order_id="order-1",
        order_number="OP-TEST2",
        charge_type="direct",
        account_ref="acct_1",
        currency="USD",
        total=2400,
        fee=240,
        items=(CheckoutItem("Mug", 2400, 1),),
        email="ada@example.com",
        success_url="http://localhost/r?session_id={CHECKOUT_SESSION_ID}",
        cancel_url="http://localhost/o",
        descriptor_suffix="OP-TEST2",
        expires_at=clock.now() + timedelta(minutes=45),
    )
    return freeze_checkout(request)


async def open_through(transport: Scripted) -> Any:
    """Ask for a session through this transport."""
    calls = StripeCalls("sk_test_x", SANDBOX, transport, pace=Pace(sleep=at_once))
    return await open_checkout(calls, frozen(), "acct_1", "payment-1")


async def at_once(seconds: float) -> None:
    """Instead of waiting."""


@pytest.mark.parametrize(("status", "body", "meaning"), ERRORS, ids=[f"{s}-{b.get('code')}" for s, b, _ in ERRORS])
async def test_error_has_one_of_three_meanings_when_the_provider_answers_badly(
    status: int, body: dict[str, Any], meaning: type[Exception]
) -> None:
    transport = Scripted(error(status, body))

    with pytest.raises(meaning) as caught:
        await open_through(transport)

    assert type(caught.value) is meaning
    assert body["message"] in str(caught.value)
    assert ("req_7" in str(caught.value)) == (meaning is not Declined)
    assert len(transport.asked) == (RATE_TRIES if status == 429 else 1)


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("no answer"),
        httpx.ConnectTimeout("no connection"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(409, json={"error": {"message": "in progress", "code": "idempotency_key_in_use"}}),
    ],
    ids=lambda lost: type(lost).__name__ + str(getattr(lost, "status_code", "")),
)
async def test_same_request_goes_out_again_when_an_answer_is_lost(lost: Any) -> None:
    transport = Scripted(lost, SESSION)

    opened = await open_through(transport)

    assert opened.ref == "cs_1"
    first, second = transport.asked
    assert first.content == second.content
    for request in transport.asked:
        assert request.headers["idempotency-key"] == "payment-1"
        assert request.headers["stripe-account"] == "acct_1"


async def test_outcome_is_unknown_when_every_try_times_out() -> None:
    transport = Scripted(httpx.ReadTimeout("no answer"))

    with pytest.raises(Unavailable):
        await open_through(transport)

    assert len(transport.asked) == RETRIES + 1


@pytest.mark.parametrize(
    "garbage",
    [b'{"id": "cs_', b"<html>", b"", gzip.compress(b"0" * 5_000_000, mtime=0), b"\xff\xfe\x00"],
    ids=lambda b: str(b[:6]),
)
async def test_outcome_is_unknown_when_the_answer_cannot_be_read(garbage: bytes) -> None:
    with pytest.raises(Unavailable):
        await open_through(Scripted(httpx.Response(200, content=garbage)))


async def test_every_request_has_an_end_when_it_is_sent() -> None:
    transport = Scripted(SESSION)

    await open_through(transport)

    bounds = transport.asked[0].extensions["timeout"]
    assert set(bounds.values()) == {TIMEOUT_SECONDS}


async def test_calls_wait_their_turn_when_there_are_very_many() -> None:
    full, free, most = asyncio.Event(), asyncio.Event(), 0

    class Counting(httpx.AsyncBaseTransport):
        running = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal most
            self.running += 1
            most = max(most, self.running)
            if self.running == CONCURRENT_CALLS:
                full.set()
            await free.wait()
            self.running -= 1
            return httpx.Response(200, json=SESSION)

    calls = StripeCalls("sk_test_x", SANDBOX, Counting())
    asked = [asyncio.create_task(open_checkout(calls, frozen(), "acct_1", str(n))) for n in range(60)]
    await full.wait()
    free.set()
    await asyncio.gather(*asked)

    assert most == CONCURRENT_CALLS


class Silent(httpx.AsyncBaseTransport):
    """Takes requests and answers none before `free`; `asked` is let go each time one arrives."""

    def __init__(self) -> None:
        self.free, self.asked = asyncio.Event(), asyncio.Semaphore(0)
        self.count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        self.asked.release()
        await self.free.wait()
        return httpx.Response(200, json=SESSION)


async def test_outcome_is_unknown_when_a_call_takes_longer_than_it_may() -> None:
    calls = StripeCalls("sk_test_x", SANDBOX, Silent(), seconds=0.01)

    with pytest.raises(Unavailable, match="no answer in time"):
        await open_checkout(calls, frozen(), "acct_1", "payment-1")


async def test_wait_for_a_turn_counts_when_the_provider_has_gone_silent() -> None:
    """Otherwise buyers would queue up behind a silent provider, each for as long as all before him."""
    silent = Silent()
    calls = StripeCalls("sk_test_x", SANDBOX, silent, seconds=60)
    asked = [asyncio.create_task(open_checkout(calls, frozen(), "acct_1", str(n))) for n in range(CONCURRENT_CALLS)]
    for _ in asked:
        await silent.asked.acquire()
    calls.seconds = 0.01

    with pytest.raises(Unavailable, match="no answer in time"):
        await open_checkout(calls, frozen(), "acct_1", "one more")

    assert silent.count == CONCURRENT_CALLS
    silent.free.set()
    assert {opened.ref for opened in await asyncio.gather(*asked)} == {"cs_1"}


class Endless(httpx.AsyncByteStream):
    """A body that never ends; `given` counts its bytes."""

    given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += 2**20
            yield b" " * 2**20


async def test_reading_stops_when_an_answer_is_too_large() -> None:
    body = Endless()

    with pytest.raises(Unavailable):
        await open_through(Scripted(httpx.Response(200, stream=body)))

    assert body.given <= (ANSWER_BYTES + 2**20) * (RETRIES + 1)


async def test_answer_is_not_unpacked_when_it_comes_packed() -> None:
    """A small packed answer may unpack to any size; we ask for none."""
    packed = httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b'{"id": "cs_1"}'))
    )
    transport = Scripted(packed)

    with pytest.raises(Unavailable):
        await open_through(transport)

    assert {request.headers["accept-encoding"] for request in transport.asked} == {"identity"}


async def test_call_is_counted_by_what_came_of_it_when_it_ends() -> None:
    def counted(outcome: str) -> float:
        labels = {"provider": "stripe", "call": "checkout.sessions.create", "outcome": outcome}
        return REGISTRY.get_sample_value("overprint_provider_calls_total", labels) or 0.0

    before = {outcome: counted(outcome) for outcome in ("ok", "unavailable", "gatewaybug")}

    await open_through(Scripted(SESSION))
    for status, meaning in ((429, Unavailable), (404, GatewayBug)):
        with pytest.raises(meaning):
            await open_through(Scripted(error(status, {"message": "x"})))

    assert {outcome: counted(outcome) - was for outcome, was in before.items()} == {
        "ok": 1,
        "unavailable": 1,
        "gatewaybug": 1,
    }


async def test_ended_session_has_no_address_when_a_key_replays_it() -> None:
    opened = await open_through(Scripted({**SESSION, "url": None}))

    assert (opened.ref, opened.redirect_url) == ("cs_1", "")


async def test_error_of_ours_is_not_hidden_when_it_is_not_the_providers() -> None:
    calls = StripeCalls("sk_test_x", SANDBOX, Scripted(SESSION))

    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await calls.call("x", broken)
