"""The one way out to PayPal: signed in once, bounded, repeated under the same key, and never calling unknown failed."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from store.gateways.pace import LONGEST_WAIT
from store.gateways.paypal.client import ANSWER_BYTES, CONCURRENT_CALLS, RATE_TRIES, RETRIES, TIMEOUT_SECONDS
from store.gateways.paypal.faults import PayPalFault, find_fault
from store.gateways.port import Declined, GatewayBug, GatewayError, Unavailable
from store.kit.metrics import REGISTRY
from tests.gateways.paypal_wire import TOKEN_PATH, Script, Waits, fault, make_calls

PATH = "/v2/things"
GOOD = {"id": "1"}
MEANINGS: list[tuple[httpx.Response, type[GatewayError]]] = [
    (fault(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER"), GatewayBug),
    (fault(403, "NOT_AUTHORIZED", "PERMISSION_DENIED"), GatewayBug),
    (fault(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"), GatewayBug),
    (fault(409, "RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS"), Unavailable),
    (fault(422, "UNPROCESSABLE_ENTITY", "AMOUNT_MISMATCH"), GatewayBug),
    (fault(422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED"), Declined),
    (fault(422, "UNPROCESSABLE_ENTITY", "PAYMENT_DENIED"), Declined),
    (fault(429, "RATE_LIMIT_REACHED"), Unavailable),
    (fault(500, "INTERNAL_SERVER_ERROR"), Unavailable),
    (httpx.Response(503), Unavailable),
    (httpx.Response(403, text="<html>Access denied</html>"), Unavailable),
    (httpx.Response(404), Unavailable),
    (httpx.Response(302, headers={"location": "https://elsewhere.example/"}), Unavailable),
]


async def post(script: httpx.AsyncBaseTransport, key: str = "key-1", waits: Waits | None = None) -> Any:
    """One POST through this transport."""
    return await make_calls(script, waits).call("things.create", "POST", PATH, body={"a": 1}, key=key)


@pytest.mark.parametrize(("answer", "meaning"), MEANINGS, ids=[f"{a.status_code}-{m.__name__}" for a, m in MEANINGS])
async def test_error_has_one_of_three_meanings_when_the_provider_answers_badly(
    answer: httpx.Response, meaning: type[GatewayError]
) -> None:
    with pytest.raises(meaning) as caught:
        await post(Script({PATH: answer}))

    assert type(caught.value) is meaning
    cause = find_fault(caught.value)
    assert cause is not None
    assert cause.status == answer.status_code
    assert ("d1e2b3" in str(caught.value)) == (meaning is not Declined and b"debug_id" in answer.content)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff",
        b'{"details": "none"}',
        b'{"details": [1, {}]}',
        b"[" * 20_000,
        b'{"name": 5, "details": [{"issue": 7, "field": 8}], "links": [1, {"href": 2}], "message": ["x"]}',
    ],
    ids=range(9),
)
async def test_refusal_is_told_in_words_when_its_body_is_empty_or_odd(body: bytes) -> None:
    with pytest.raises(Unavailable) as caught:
        await post(Script({PATH: httpx.Response(500, content=body)}))

    assert "HTTP 500" in str(caught.value)
    assert "no debug id" in str(caught.value)


async def test_refusal_carries_issue_field_and_debug_id_when_it_has_them() -> None:
    field = {"issue": "DECIMAL_PRECISION", "field": "/purchase_units/@reference_id=='default'/amount/value"}
    answer = httpx.Response(422, json={"name": "U", "details": [field]}, headers={"paypal-debug-id": "abc123"})

    with pytest.raises(GatewayBug, match=r"DECIMAL_PRECISION at /purchase_units.*abc123") as caught:
        await post(Script({PATH: answer}))

    cause = find_fault(caught.value)
    assert cause is not None
    assert (cause.issue, cause.debug_id, cause.field) == ("DECIMAL_PRECISION", "abc123", field["field"])


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("no answer"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(500),
        httpx.Response(201),
        httpx.Response(200, content=b"<html>"),
        fault(409, "RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS"),
        fault(429, "RATE_LIMIT_REACHED"),
    ],
    ids=lambda lost: type(lost).__name__ + str(getattr(lost, "status_code", "")),
)
async def test_same_request_goes_out_again_when_an_answer_is_lost(lost: Any) -> None:
    script = Script({PATH: [lost, GOOD]})

    assert await post(script) == GOOD

    first, second = script.of(PATH)
    assert first.content == second.content == b'{"a":1}'
    assert [one.headers["paypal-request-id"] for one in (first, second)] == ["key-1", "key-1"]
    assert {one.headers["prefer"] for one in (first, second)} == {"return=representation"}


async def test_outcome_is_unknown_when_every_try_times_out() -> None:
    script = Script({PATH: httpx.ReadTimeout("no answer")})

    with pytest.raises(Unavailable):
        await post(script)

    assert len(script.of(PATH)) == RETRIES + 1


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("no answer"), httpx.Response(500)])
async def test_request_goes_out_once_when_it_has_no_key(lost: Any) -> None:
    script = Script({PATH: lost})

    with pytest.raises(Unavailable):
        await post(script, key="")

    assert len(script.of(PATH)) == 1


async def test_question_goes_out_again_when_it_changes_nothing() -> None:
    script = Script({PATH: [httpx.ReadTimeout("no answer"), GOOD]})

    assert await make_calls(script).call("things.get", "GET", PATH, query={"page": "2"}) == GOOD

    (_, second) = script.of(PATH)
    assert second.url.query == b"page=2"
    assert "prefer" not in second.headers


async def test_waits_grow_and_keep_to_what_was_asked_for_when_the_provider_is_down() -> None:
    waits = Waits()
    script = Script({PATH: [httpx.Response(503), httpx.Response(503, headers={"retry-after": "3"}), GOOD]})

    await post(script, waits=waits)

    first, second = waits.slept
    assert 0 < first < second
    assert second >= 3


async def test_provider_is_not_asked_again_when_it_wants_more_patience_than_a_buyer_has() -> None:
    waits = Waits()
    script = Script({PATH: httpx.Response(503, headers={"retry-after": str(int(LONGEST_WAIT) + 1)})})

    with pytest.raises(Unavailable):
        await post(script, waits=waits)

    assert (len(script.of(PATH)), waits.slept) == (1, [])


async def test_call_is_sent_a_bounded_number_of_times_when_the_provider_keeps_saying_429() -> None:
    waits, script = Waits(), Script({PATH: fault(429, "RATE_LIMIT_REACHED", headers={"retry-after": "1"})})

    with pytest.raises(Unavailable):
        await post(script, key="", waits=waits)

    assert len(script.of(PATH)) == RATE_TRIES
    assert all(slept >= 1 for slept in waits.slept)


async def test_answer_without_content_is_no_loss_when_it_says_so() -> None:
    assert await post(Script({PATH: httpx.Response(204)})) == {}


async def test_body_goes_out_as_it_is_when_it_is_text() -> None:
    script = Script({PATH: GOOD})
    for body in ('{"a" :1}', b'{"b" :2}'):
        await make_calls(script).call("things.create", "POST", PATH, body=body, key="k")

    assert [one.content for one in script.of(PATH)] == [b'{"a" :1}', b'{"b" :2}']


async def test_every_request_has_an_end_when_it_is_sent() -> None:
    script = Script({PATH: GOOD})

    await post(script)

    assert {value for one in script.asked for value in one.extensions["timeout"].values()} == {TIMEOUT_SECONDS}


class Silent(httpx.AsyncBaseTransport):
    """Takes requests and answers none before `free`; `asked` is let go each time one arrives."""

    def __init__(self) -> None:
        self.free, self.asked = asyncio.Event(), asyncio.Semaphore(0)
        self.running = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN_PATH:
            return httpx.Response(200, json={"access_token": "t", "expires_in": 100})
        self.running += 1
        self.most = max(self.most, self.running)
        self.asked.release()
        await self.free.wait()
        self.running -= 1
        return httpx.Response(200, json=GOOD)


async def test_outcome_is_unknown_when_a_call_takes_longer_than_it_may() -> None:
    with pytest.raises(Unavailable, match="no answer in time"):
        await make_calls(Silent(), seconds=0.01).call("things.get", "GET", PATH)


async def test_calls_wait_their_turn_when_there_are_very_many() -> None:
    silent = Silent()
    calls = make_calls(silent, seconds=60)
    asked = [asyncio.create_task(calls.call("things.get", "GET", PATH)) for _ in range(60)]
    for _ in range(CONCURRENT_CALLS):
        await silent.asked.acquire()

    silent.free.set()
    await asyncio.gather(*asked)

    assert silent.most == CONCURRENT_CALLS


class Endless(httpx.AsyncByteStream):
    """A body that never ends; `given` counts its bytes."""

    given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += 2**20
            yield b" " * 2**20


async def test_reading_stops_when_an_answer_is_too_large() -> None:
    bodies = [Endless() for _ in range(RETRIES + 1)]

    with pytest.raises(Unavailable):
        await post(Script({PATH: [httpx.Response(200, stream=body) for body in bodies]}))

    assert 0 < max(body.given for body in bodies) <= ANSWER_BYTES + 2**20


async def test_answer_is_not_unpacked_when_it_comes_packed() -> None:
    packed = httpx.ByteStream(gzip.compress(b'{"id": "1"}'))
    script = Script({PATH: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=packed)})

    with pytest.raises(Unavailable):
        await post(script)

    assert {one.headers["accept-encoding"] for one in script.asked} == {"identity"}


async def test_debug_id_is_logged_and_no_secret_when_answers_come() -> None:
    answers = [httpx.Response(200, json=GOOD, headers={"paypal-debug-id": "good-1"}), fault(404, "RESOURCE_NOT_FOUND")]
    calls = make_calls(Script({PATH: answers}))

    with capture_logs() as logged:
        await calls.call("things.create", "POST", PATH, body={"a": 1}, key="k")
        with pytest.raises(GatewayBug):
            await calls.call("things.create", "POST", PATH, body={"a": 1}, key="k")

    assert [line["debug_id"] for line in logged] == ["", "good-1", "d1e2b3"]
    for secret in ("secret", "token-1"):
        assert secret not in repr(logged)


async def test_call_is_counted_by_what_came_of_it_when_it_ends() -> None:
    def counted(outcome: str) -> float:
        labels = {"provider": "paypal", "call": "things.create", "outcome": outcome}
        return REGISTRY.get_sample_value("overprint_provider_calls_total", labels) or 0.0

    before = {outcome: counted(outcome) for outcome in ("ok", "unavailable", "gatewaybug")}

    await post(Script({PATH: GOOD}))
    for answer, meaning in ((httpx.Response(500), Unavailable), (fault(404, "X"), GatewayBug)):
        with pytest.raises(meaning):
            await post(Script({PATH: answer}))

    assert [counted(outcome) - was for outcome, was in before.items()] == [1, 1, 1]


def test_links_are_found_once_each_when_a_refusal_has_them_in_two_places() -> None:
    first, second = {"rel": "self", "href": "https://x/1"}, {"rel": "self", "href": "https://x/2"}

    refused = PayPalFault(400, {"links": [first, second], "details": [{"link": [second]}]}, {})

    assert refused.links == {"self": "https://x/1"}
    assert refused.all_links == ("https://x/1", "https://x/2")
