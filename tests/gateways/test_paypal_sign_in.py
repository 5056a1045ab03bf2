"""PayPal's token: one for everybody for as long as PayPal says, and another when it is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from store.gateways.port import Unavailable
from tests.gateways.paypal_wire import TOKEN_PATH, Script, Waits, make_calls
from tests.gateways.test_paypal_call import GOOD, PATH, post


async def test_token_is_fetched_once_when_many_calls_start_at_once() -> None:
    script = Script({PATH: GOOD})
    calls = make_calls(script)

    await asyncio.gather(*(calls.call("things.get", "GET", PATH) for _ in range(50)))

    (asked,) = script.of(TOKEN_PATH)
    assert asked.content == b"grant_type=client_credentials"
    assert asked.headers["authorization"].startswith("Basic ")
    assert {one.headers["authorization"] for one in script.of(PATH)} == {"Bearer token-1"}


@pytest.mark.parametrize(("lives", "later", "tokens"), [(32400, 32300, 1), (32400, 32341, 2), (30, 14, 1), (30, 16, 2)])
async def test_token_is_kept_for_its_own_life_less_a_margin_when_calls_follow(
    lives: int, later: int, tokens: int
) -> None:
    waits, script = Waits(), Script({PATH: GOOD}, lives=lives)
    calls = make_calls(script, waits)
    await calls.call("things.get", "GET", PATH)

    waits.seconds = later
    await calls.call("things.get", "GET", PATH)

    assert len(script.of(TOKEN_PATH)) == tokens


async def test_another_token_is_fetched_once_when_one_is_refused() -> None:
    script = Script({PATH: [httpx.Response(401, json={"error": "invalid_token"}), GOOD]})

    assert await post(script) == GOOD

    assert [one.headers["authorization"] for one in script.of(PATH)] == ["Bearer token-1", "Bearer token-2"]


async def test_one_new_token_serves_all_when_an_old_one_is_refused_many_times() -> None:
    class Revoked(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            return httpx.Response(401) if request.headers["authorization"] == "Bearer token-1" else answer

    script = Revoked({PATH: GOOD})
    calls = make_calls(script)

    await asyncio.gather(*(calls.call("things.get", "GET", PATH) for _ in range(15)))

    assert len(script.of(TOKEN_PATH)) == 2


async def test_outcome_is_unknown_when_a_fresh_token_is_refused_too() -> None:
    script = Script({PATH: httpx.Response(401, json={"error": "invalid_token"})})

    with pytest.raises(Unavailable, match="invalid_token"):
        await post(script)

    assert (len(script.of(PATH)), len(script.of(TOKEN_PATH))) == (2, 2)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": "invalid_client", "error_description": "Client Authentication failed"}),
        {"expires_in": 5},
        {"access_token": "x"},
        {"access_token": 1, "expires_in": 5},
        {"access_token": "", "expires_in": 5},
    ],
    ids=range(5),
)
async def test_nothing_is_sent_when_no_token_is_given(answer: Any) -> None:
    script = Script({TOKEN_PATH: answer, PATH: GOOD})

    with pytest.raises(Unavailable):
        await post(script)

    assert script.of(PATH) == []


async def test_new_token_is_kept_when_the_old_one_is_refused_late() -> None:
    """Otherwise each late refusal would throw away what the one before has just fetched."""
    held, asked = asyncio.Event(), asyncio.Event()

    class Late(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if request.headers["authorization"] != "Bearer token-1":
                return answer
            if request is self.of(PATH)[0]:
                asked.set()
                await held.wait()
            return httpx.Response(401)

    script = Late({PATH: GOOD})
    calls = make_calls(script)
    late = asyncio.create_task(calls.call("things.get", "GET", PATH))
    await asked.wait()
    await calls.call("things.get", "GET", PATH)

    held.set()

    assert await late == GOOD
    assert len(script.of(TOKEN_PATH)) == 2
