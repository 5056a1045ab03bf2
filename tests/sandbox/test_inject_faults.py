"""`/_sandbox/faults`: before or after the effect, as status, hang or broken connection."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from store.sandbox.faults import ConnectionCut
from tests.sandbox.conftest import Sandbox

SESSIONS = "/v1/checkout/sessions"


async def _sessions(sandbox: Sandbox) -> int:
    return len(sandbox.world.find(None, "checkout.session"))


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_effect_happens_only_after_when_a_status_is_injected(sandbox: Sandbox, when: str, made: int) -> None:
    await sandbox.tell("faults", method="POST", path=SESSIONS, when=when, action="status", status=503)

    answer = await sandbox.call("POST", SESSIONS, {"mode": "payment"} if when == "before" else _params(), key="k1")

    assert answer.status_code == 503
    assert answer.json()["error"]["type"] == "api_error"
    assert await _sessions(sandbox) == made


async def test_same_key_gets_the_first_result_when_the_answer_was_lost(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path="/v1/*", when="after", action="reset")
    with pytest.raises(ConnectionCut):
        await sandbox.call("POST", SESSIONS, _params(), key="k1")

    answer = await sandbox.call("POST", SESSIONS, _params(), key="k1")

    assert answer.headers["idempotent-replayed"] == "true"
    assert await _sessions(sandbox) == 1


async def test_nothing_happens_when_the_connection_breaks_before(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="*", path="/v1/*", when="before", action="reset")

    with pytest.raises(httpx.TransportError):
        await sandbox.call("POST", SESSIONS, _params())

    assert await _sessions(sandbox) == 0


async def test_answer_never_comes_when_it_hangs(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path=SESSIONS, when="after", action="hang", seconds=0.01)

    with pytest.raises(ConnectionCut):
        await sandbox.call("POST", SESSIONS, _params())

    assert await _sessions(sandbox) == 1


@pytest.mark.parametrize(("count", "failed"), [({}, 1), ({"count": 2}, 2), ({"count": 0}, 3)])
async def test_fault_is_used_up_when_it_acted_often_enough(
    sandbox: Sandbox, count: dict[str, int], failed: int
) -> None:
    await sandbox.tell("faults", method="GET", path="/v1/events", when="before", action="status", **count)

    answers = [(await sandbox.call("GET", "/v1/events", {"limit": 1})).status_code for _ in range(3)]

    assert answers == [500] * failed + [200] * (3 - failed)


async def test_other_requests_pass_when_method_or_path_differ(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path="/v1/refunds*", when="before", action="status", count=0)

    assert (await sandbox.call("GET", "/v1/events", {"limit": 1})).status_code == 200
    assert (await sandbox.call("POST", SESSIONS, _params())).status_code == 200
    assert (await sandbox.call("POST", "/v1/refunds/re_1", {})).status_code == 500


async def test_hosted_page_fails_too_when_the_path_says_so(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.tell("faults", method="POST", path="/c/pay/*", when="after", action="status", status=502)

    answer = await sandbox.submit(session["id"])

    assert answer.status_code == 502
    assert len(await sandbox.truth("captures")) == 1


async def test_control_api_stays_up_when_everything_fails(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="*", path="*", when="before", action="reset", count=0)

    cleared = await sandbox.client.delete("/_sandbox/faults")

    assert cleared.json() == {"data": []}
    assert (await sandbox.call("GET", "/v1/events", {"limit": 1})).status_code == 200


async def test_rules_are_listed_with_what_is_left_when_asked(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="post", path="/v1/*", when="after", action="status", status=500, count=3)

    (rule,) = (await sandbox.client.get("/_sandbox/faults")).json()["data"]

    assert (rule["method"], rule["left"], rule["status"]) == ("POST", 3, 500)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"method": None}, "method"),
        ({"path": ""}, "path"),
        ({"when": "during"}, "during"),
        ({"action": "explode"}, "explode"),
        ({"status": 200}, "status"),
        ({"status": "500"}, "status"),
        ({"action": "hang", "status": 500}, "status"),
        ({"seconds": 3}, "seconds"),
        ({"count": -1}, "count"),
        ({"kount": 1}, "kount"),
    ],
)
async def test_answer_is_400_and_says_why_when_the_rule_is_wrong(
    sandbox: Sandbox, change: dict[str, Any], reason: str
) -> None:
    rule = {"method": "POST", "path": "/v1/*", "when": "before", "action": "status", **change}

    answer = await sandbox.tell("faults", **{key: value for key, value in rule.items() if value is not None})

    assert answer.status_code == 400
    assert reason in answer.json()["error"]["message"]
    assert sandbox.app.state.faults.requests == []


def _params() -> dict[str, Any]:
    return {
        "mode": "payment",
        "success_url": "http://localhost:8000/return",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": 2400,
        "line_items[0][price_data][product_data][name]": "Riso print",
        "line_items[0][quantity]": 1,
    }
