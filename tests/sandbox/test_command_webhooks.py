"""`POST /_sandbox/webhooks`: hold, release, drop, duplicate, delay, resend, clear."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Sandbox

COMPLETED = "checkout.session.completed"


async def _pay(sandbox: Sandbox, times: int = 1) -> None:
    for _ in range(times):
        await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.app.state.deliveries.run_due()


async def test_held_deliveries_arrive_when_released(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="hold", type=COMPLETED)
    await _pay(sandbox, 2)
    held = sandbox.shop.types()

    answer = await sandbox.tell("webhooks", action="release")
    await sandbox.app.state.deliveries.run_due()
    await _pay(sandbox)

    assert held == []
    assert answer.json()["touched"] == 2
    assert sandbox.shop.types() == [COMPLETED] * 3


async def test_other_types_pass_when_one_is_held(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED, "charge.succeeded"))
    await sandbox.tell("webhooks", action="hold", type="checkout.session.*")

    await _pay(sandbox)

    assert sandbox.shop.types() == ["charge.succeeded"]


@pytest.mark.parametrize(("count", "arrived"), [({}, 2), ({"count": 2}, 1), ({"count": 0}, 0)])
async def test_matching_deliveries_never_arrive_when_dropped(
    sandbox: Sandbox, count: dict[str, int], arrived: int
) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="drop", **count)

    await _pay(sandbox, 3)

    assert len(sandbox.shop.received) == arrived
    assert sandbox.app.state.deliveries.measure()["dropped"] == 3 - arrived


async def test_the_same_event_arrives_twice_when_duplicated(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="duplicate", type=COMPLETED)

    await _pay(sandbox, 2)

    bodies = [request.content for request in sandbox.shop.received]
    assert len(bodies) == 3
    assert len(set(bodies)) == 2


async def test_delivery_is_not_due_when_delayed(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="delay", seconds=600)
    await _pay(sandbox)
    early = len(sandbox.shop.received)

    sandbox.app.state.records.execute("UPDATE deliveries SET due = due - 600")
    await sandbox.app.state.deliveries.run_due()

    assert (early, len(sandbox.shop.received)) == (0, 1)


async def test_delivered_event_arrives_again_when_resent(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await _pay(sandbox, 2)
    event = (await sandbox.truth("events"))[0]["ref"]

    by_id = await sandbox.tell("webhooks", action="resend", event=event)
    await sandbox.app.state.deliveries.run_due()
    by_type = await sandbox.tell("webhooks", action="resend", type=COMPLETED, count=0)
    await sandbox.app.state.deliveries.run_due()

    assert (by_id.json()["touched"], by_type.json()["touched"]) == (1, 2)
    assert len(sandbox.shop.received) == 5
    assert sandbox.shop.received[2].content == sandbox.shop.received[1].content


async def test_dropped_event_arrives_when_resent(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="drop", count=0)
    await _pay(sandbox)

    await sandbox.tell("webhooks", action="resend", type=COMPLETED)
    await sandbox.app.state.deliveries.run_due()

    assert sandbox.shop.types() == [COMPLETED]


async def test_rules_end_and_held_deliveries_arrive_when_cleared(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="hold")
    await _pay(sandbox)
    await sandbox.tell("webhooks", action="drop", count=0)

    await sandbox.tell("webhooks", action="clear")
    await sandbox.app.state.deliveries.run_due()
    await _pay(sandbox)

    assert sandbox.shop.types() == [COMPLETED, COMPLETED]


async def test_quiet_is_409_only_while_a_delivery_waits(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    nothing = await sandbox.client.get("/_sandbox/quiet")
    await sandbox.tell("webhooks", action="hold")
    await sandbox.submit((await sandbox.open_session())["id"])
    held = await sandbox.client.get("/_sandbox/quiet")

    await sandbox.tell("webhooks", action="release")
    due = await sandbox.client.get("/_sandbox/quiet")
    await sandbox.app.state.deliveries.run_due()
    done = await sandbox.client.get("/_sandbox/quiet")

    assert [answer.status_code for answer in (nothing, held, due, done)] == [200, 200, 409, 200]
    assert due.json()["deliveries"]["waiting"] == 1


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ({}, "action"),
        ({"action": "explode"}, "explode"),
        ({"action": "drop", "count": -1}, "count"),
        ({"action": "drop", "count": "two"}, "count"),
        ({"action": "drop", "typ": "charge.*"}, "typ"),
        ({"action": "delay"}, "seconds"),
        ({"action": "hold", "seconds": 3}, "seconds"),
        ({"action": "resend"}, "event"),
        ({"action": "release", "count": 2}, "count"),
        ({"action": "clear", "type": "charge.*"}, "filter"),
    ],
)
async def test_answer_is_400_and_says_why_when_the_command_is_wrong(
    sandbox: Sandbox, command: dict[str, Any], reason: str
) -> None:
    answer = await sandbox.client.post("/_sandbox/webhooks", json=command)

    assert answer.status_code == 400
    assert reason in answer.json()["error"]["message"]
    assert sandbox.app.state.faults.deliveries == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null"])
async def test_answer_is_400_when_the_body_is_no_json_object(sandbox: Sandbox, body: bytes) -> None:
    answer = await sandbox.client.post("/_sandbox/webhooks", content=body)

    assert answer.status_code == 400
    assert "Not a usable body" in answer.json()["error"]["message"]


async def test_answer_is_413_when_the_body_is_too_large(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post("/_sandbox/webhooks", content=b" " * 70_000)

    assert answer.status_code == 413


async def test_event_arrives_again_when_resent_while_an_attempt_is_under_way(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    deliveries = sandbox.app.state.deliveries

    def ask_meanwhile(request: httpx.Request) -> httpx.Response:
        if len(sandbox.shop.received) == 1:
            deliveries.resend(COMPLETED, None, None, 1)
        return httpx.Response(200)

    sandbox.shop.answer = ask_meanwhile
    await sandbox.submit((await sandbox.open_session())["id"])

    await deliveries.run_due()

    assert sandbox.shop.types() == [COMPLETED, COMPLETED]
    assert deliveries.measure()["delivered"] == 1
