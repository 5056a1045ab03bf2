"""`/_sandbox/faults`: before or after the effect; as a status, a break, or late, half, senseless or no answers."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from store.sandbox.fault_layer import ConnectionCut
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


@pytest.mark.parametrize(("when", "made"), [("before", 1), ("after", 1)])
async def test_true_answer_comes_late_when_slow(sandbox: Sandbox, when: str, made: int) -> None:
    await sandbox.tell("faults", method="POST", path=SESSIONS, when=when, action="slow", seconds=0.01)

    answer = await sandbox.call("POST", SESSIONS, _params())

    assert answer.json()["object"] == "checkout.session"
    assert await _sessions(sandbox) == made
    assert (await sandbox.truth("requests"))[0]["fault"] == f"{when}:slow"


async def test_others_are_answered_meanwhile_when_one_is_slow(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path=SESSIONS, when="before", action="slow", seconds=600)

    slow = asyncio.create_task(sandbox.call("POST", SESSIONS, _params()))
    other = await sandbox.call("GET", "/v1/events", {"limit": 1})

    assert (other.status_code, slow.done(), await _sessions(sandbox)) == (200, False, 0)
    sandbox.app.state.closing.set()
    await asyncio.gather(slow, return_exceptions=True)
    noted = [(row["path"], row["fault"]) for row in await sandbox.truth("requests")]
    assert (SESSIONS, "before:slow") in noted
    assert await _sessions(sandbox) == 0


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_answer_is_half_a_document_when_truncated(sandbox: Sandbox, when: str, made: int) -> None:
    await sandbox.tell("faults", method="POST", path=SESSIONS, when=when, action="truncate")

    answer = await sandbox.call("POST", SESSIONS, _params())

    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        answer.json()
    assert await _sessions(sandbox) == made


@pytest.mark.parametrize(("status", "sent"), [({}, 502), ({"status": 200}, 200)])
@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_answer_is_a_page_of_html_when_garbage(
    sandbox: Sandbox, when: str, made: int, status: dict[str, int], sent: int
) -> None:
    await sandbox.tell("faults", method="POST", path=SESSIONS, when=when, action="garbage", **status)

    answer = await sandbox.call("POST", SESSIONS, _params())

    assert (answer.status_code, answer.headers["content-type"]) == (sent, "text/html; charset=utf-8")
    assert answer.text.startswith("<!doctype html>")
    assert await _sessions(sandbox) == made


async def test_only_that_account_meets_the_fault_when_one_is_named(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()
    await sandbox.tell("faults", method="*", path="/v1/*", when="before", action="status", count=0, account=account)

    platform = await sandbox.call("GET", "/v1/events", {"limit": 1})
    connected = await sandbox.call("GET", "/v1/events", {"limit": 1}, account=account)

    assert (platform.status_code, connected.status_code) == (200, 500)


async def test_only_that_platform_meets_the_fault_when_its_account_is_named(sandbox: Sandbox) -> None:
    rule = {"method": "*", "path": "/v1/*", "when": "before", "action": "status", "count": 0}
    await sandbox.tell("faults", **rule, account=sandbox.world.platform)
    other = {"Authorization": "Bearer sk_test_somebody_else"}

    ours = await sandbox.call("GET", "/v1/events", {"limit": 1})
    theirs = await sandbox.client.get("/v1/events", headers=other)

    assert (ours.status_code, theirs.status_code) == (500, 200)


async def test_only_requests_about_that_object_meet_the_fault_when_one_is_named(sandbox: Sandbox) -> None:
    one, other = [await sandbox.create("/v1/customers", {"email": "ada@example.test"}) for _ in range(2)]
    rule = {"method": "*", "path": "/v1/*", "when": "before", "action": "status", "count": 0}
    await sandbox.tell("faults", **rule, object=one["id"])

    by_path = await sandbox.call("GET", f"/v1/customers/{one['id']}")
    by_query = await sandbox.call("GET", SESSIONS, {"customer": one["id"]})
    by_body = await sandbox.call("POST", SESSIONS, _params() | {"customer": one["id"]})
    others = [
        await sandbox.call("GET", f"/v1/customers/{other['id']}"),
        await sandbox.call("POST", SESSIONS, _params() | {"customer": other["id"]}),
    ]

    assert [answer.status_code for answer in (by_path, by_query, by_body)] == [500, 500, 500]
    assert [answer.status_code for answer in others] == [200, 200]


async def test_same_requests_fail_when_the_seed_is_the_same(sandbox: Sandbox) -> None:
    async def fail_some(**dice: Any) -> list[int]:
        rule = {"method": "GET", "path": "/v1/events", "when": "before", "action": "status", "count": 0}
        await sandbox.tell("faults", **rule, **dice)
        answers = [(await sandbox.call("GET", "/v1/events", {"limit": 1})).status_code for _ in range(40)]
        await sandbox.client.delete("/_sandbox/faults")
        return answers

    first, again, other = [await fail_some(probability=0.5, seed=seed) for seed in (7, 7, 8)]

    assert first == again != other
    assert {200, 500} == set(first) == set(other)


async def test_seed_is_told_when_none_was_given(sandbox: Sandbox) -> None:
    answer = await sandbox.tell(
        "faults", method="GET", path="/v1/*", when="before", action="status", count=0, probability=0.5
    )

    (rule,) = answer.json()["data"]
    assert isinstance(rule["seed"], int)


async def test_probability_does_not_use_up_the_count_when_it_spares_a_request(sandbox: Sandbox) -> None:
    await sandbox.tell(
        "faults", method="GET", path="/v1/events", when="before", action="status", count=2, probability=0.3, seed=1
    )

    answers = [(await sandbox.call("GET", "/v1/events", {"limit": 1})).status_code for _ in range(40)]

    assert answers.count(500) == 2
    assert answers[:2] != [500, 500]


async def test_pages_of_the_tester_stay_up_when_everything_fails(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="*", path="*", when="before", action="reset", count=0)

    for path in ("/", "/console/faults", "/mailbox", "/assets/sandbox.css"):
        assert (await sandbox.client.get(path)).status_code == 200, path


async def test_large_body_reaches_the_api_whole_when_a_rule_looked_at_it(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path="/v1/*", when="before", action="status", object="cus_none")
    note = "n" * 450

    made = await sandbox.create("/v1/customers", {f"metadata[note{n}]": note for n in range(40)})

    assert len(made["metadata"]) == 40
    assert made["metadata"]["note39"] == note


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
        ({"action": "truncate", "status": 500}, "status"),
        ({"action": "reset", "seconds": 3}, "seconds"),
        ({"probability": 0}, "probability"),
        ({"probability": 1.5}, "probability"),
        ({"seed": 1}, "probability"),
        ({"probability": 0.5, "seed": -1}, "seed"),
        ({"account": ""}, "account"),
        ({"object": 5}, "object"),
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


async def test_second_request_with_a_key_is_told_so_when_the_first_is_slow(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path="/v1/customers", when="before", action="slow", seconds=600)
    first = asyncio.create_task(sandbox.call("POST", "/v1/customers", {"name": "Ada"}, key="k1"))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert {key for _, key in sandbox.world.running} == {"k1"}

    second = await sandbox.call("POST", "/v1/customers", {"name": "Ada"}, key="k1")
    other = await sandbox.call("POST", "/v1/customers", {"name": "Ada"}, key="k2")
    sandbox.app.state.closing.set()

    assert (second.status_code, second.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert other.status_code == 200
    assert (await first).status_code == 503
    assert [customer["id"] for customer in sandbox.world.find(None, "customer")] == [other.json()["id"]]
    assert sandbox.world.running == set()
