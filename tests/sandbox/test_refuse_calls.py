"""Refusals that no operation gives: of a fault rule, of a body too large, of a method, of a sandbox that broke down.

They say what any refusal says: type, message, where the code and where this very request is explained; the headers name
the request and the version.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from store.sandbox.app import MAX_API_BODY
from store.sandbox.kernel.world import API_VERSION
from store.sandbox.stripe.keys import SECRET_KEY
from tests.sandbox.conftest import SANDBOX, Sandbox

CUSTOMERS = "/v1/customers"


async def assert_whole(sandbox: Sandbox, answer: httpx.Response) -> None:
    """Check the fields and the headers, and that the page of the request opens."""
    error, name = answer.json()["error"], answer.headers["request-id"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["stripe-version"] == API_VERSION
    assert name.startswith("req_")
    assert error["type"] == ("invalid_request_error" if answer.status_code < 500 else "api_error")
    assert error["message"]
    assert error["request_log_url"] == f"{SANDBOX}/console/requests/{name}"
    assert (await sandbox.client.get(error["request_log_url"])).status_code == 200


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500, 503])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_refusal_is_whole_when_a_fault_rule_gives_it(sandbox: Sandbox, when: str, status: int) -> None:
    rule = {"method": "POST", "path": CUSTOMERS, "when": when, "action": "status", "status": status}
    await sandbox.tell("faults", **rule, count=0)

    answers = [await sandbox.call("POST", CUSTOMERS, {"name": "Ada"}, key=f"k{number}") for number in range(3)]

    for number, answer in enumerate(answers):
        await assert_whole(sandbox, answer)
        assert (answer.status_code, answer.headers["idempotency-key"]) == (status, f"k{number}")
    assert len({answer.headers["request-id"] for answer in answers}) == 3


async def test_refusal_names_its_code_s_page_when_a_rule_plays_a_rate_limit(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="GET", path=CUSTOMERS, when="before", action="status", status=429)

    error = (await sandbox.call("GET", CUSTOMERS)).json()["error"]

    assert error["code"] == "rate_limit"
    assert error["doc_url"] == "https://stripe.com/docs/error-codes/rate-limit"


async def test_page_of_the_request_shows_what_took_effect_when_the_answer_was_lost(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path=CUSTOMERS, when="after", action="status", status=500)

    answer = await sandbox.call("POST", CUSTOMERS, {"name": "Ada"})

    shown = (await sandbox.client.get(f"/console/requests/{answer.headers['request-id']}.json")).json()["call"]
    assert (shown["fault"], shown["status"], shown["answer"]["name"]) == ("after:status", 200, "Ada")


async def test_version_is_echoed_when_a_fault_rule_refuses(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="GET", path=CUSTOMERS, when="before", action="status")

    answer = await sandbox.client.get(CUSTOMERS, headers={"Stripe-Version": "2024-04-10"})

    assert (answer.status_code, answer.headers["stripe-version"]) == (500, "2024-04-10")


async def test_ids_differ_when_answers_are_cut_in_half(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="GET", path=CUSTOMERS, when="before", action="truncate", count=0)

    answers = [await sandbox.call("GET", CUSTOMERS) for _ in range(2)]

    assert len({answer.headers["request-id"] for answer in answers}) == 2
    assert {answer.headers["stripe-version"] for answer in answers} == {API_VERSION}


async def test_refusal_leads_to_no_page_when_the_request_was_no_call(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.tell("faults", method="GET", path="/c/pay/*", when="before", action="status")

    answer = await sandbox.client.get(f"/c/pay/{session['id']}")

    assert answer.status_code == 500
    assert set(answer.json()["error"]) == {"type", "message"}


@pytest.mark.parametrize(
    ("method", "path", "size", "status"),
    [
        ("POST", CUSTOMERS, MAX_API_BODY + 1, 413),
        ("TRACE", CUSTOMERS, 0, 405),
        ("GET", "/v1", 0, 404),
        ("PUT", CUSTOMERS, 0, 404),
    ],
)
async def test_refusal_is_whole_when_no_operation_was_reached(
    sandbox: Sandbox, method: str, path: str, size: int, status: int
) -> None:
    key = {"Authorization": f"Bearer {SECRET_KEY}"}

    answers = [await sandbox.client.request(method, path, content=b"x" * size, headers=key) for _ in range(2)]

    for answer in answers:
        assert answer.status_code == status
        await assert_whole(sandbox, answer)
    assert len({answer.headers["request-id"] for answer in answers}) == 2
    assert sandbox.world.find(None, "customer") == []


async def test_refusal_is_whole_when_the_sandbox_breaks_down_on_the_way(sandbox: Sandbox, tmp_path: Path) -> None:
    # Where the files of other platforms go there is a file.
    (tmp_path / "sandbox" / "platforms").write_text("")

    answer = await sandbox.client.get(CUSTOMERS, headers={"Authorization": "Bearer sk_test_other"})

    assert answer.status_code == 500
    await assert_whole(sandbox, answer)
