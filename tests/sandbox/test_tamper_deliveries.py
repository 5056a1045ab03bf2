"""`reorder | forge | old_timestamp | wrong_secret | disable`: what a receiver must refuse, survive, or do without."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpx
import pytest
import stripe

from store.sandbox.recipients import BACK_OFF
from tests.sandbox.conftest import Sandbox, Shop, composed

COMPLETED = "checkout.session.completed"
PAID = ("charge.succeeded", "payment_intent.succeeded", COMPLETED)


class Receiver:
    """The merchant's end as the SDK makes it: 400 for what does not verify."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.refused: list[httpx.Request] = []
        self.taken: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        text = request.content.decode()
        try:
            stripe.WebhookSignature.verify_header(text, request.headers["stripe-signature"], self.secret, 300)
        except stripe.SignatureVerificationError:
            self.refused.append(request)
            return httpx.Response(400)
        self.taken.append(json.loads(text)["id"])
        return httpx.Response(200)


async def _run(sandbox: Sandbox) -> None:
    """Make every attempt there is, back-off or not."""
    deliveries = sandbox.app.state.deliveries
    while deliveries.measure()["waiting"]:
        sandbox.app.state.records.execute("UPDATE deliveries SET due = 0 WHERE state = 'waiting'")
        await deliveries.run_due()


async def _pay(sandbox: Sandbox) -> None:
    await sandbox.submit((await sandbox.open_session())["id"])
    await _run(sandbox)


async def test_deliveries_arrive_in_reverse_when_reordered(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(PAID)

    await sandbox.tell("webhooks", action="reorder", count=3)
    await _pay(sandbox)

    newest_first = [entry["type"] for entry in sandbox.app.state.deliveries.list_log()]
    assert sandbox.shop.types() == newest_first
    assert sorted(newest_first) == sorted(PAID)


async def test_reordered_deliveries_arrive_one_after_the_other_when_they_are_refused(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(PAID)
    sandbox.shop.answer = lambda request: httpx.Response(500)
    await sandbox.tell("webhooks", action="reorder", count=3)

    await sandbox.submit((await sandbox.open_session())["id"])
    # The page itself waits for the newest one's first attempt.
    arrived = [len(sandbox.shop.received)]
    for _ in range(2):
        await sandbox.app.state.deliveries.run_due()
        arrived.append(len(sandbox.shop.received))

    assert arrived == [1, 2, 3]
    assert len(set(sandbox.shop.types())) == 3


async def test_nothing_is_sent_when_too_few_to_reorder_came_and_all_of_it_when_cleared(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(PAID)
    await sandbox.tell("webhooks", action="reorder", count=4)
    await _pay(sandbox)
    early, state = sandbox.shop.types(), (await sandbox.client.get("/_sandbox/webhooks")).json()

    await sandbox.tell("webhooks", action="clear")
    await _run(sandbox)

    assert early == []
    assert (state["data"][0]["left"], len(state["data"][0]["kept"]), state["deliveries"]["held"]) == (1, 3, 3)
    assert sorted(sandbox.shop.types()) == sorted(PAID)


async def test_kept_deliveries_arrive_when_released(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(PAID)
    await sandbox.tell("webhooks", action="reorder", count=4)
    await _pay(sandbox)

    await sandbox.tell("webhooks", action="release")
    await _run(sandbox)

    assert sorted(sandbox.shop.types()) == sorted(PAID)
    assert sandbox.app.state.faults.deliveries == []


@pytest.mark.parametrize("action", ["forge", "old_timestamp", "wrong_secret"])
async def test_receiver_refuses_and_the_true_delivery_follows_when_tampered_with(sandbox: Sandbox, action: str) -> None:
    receiver = Receiver((await sandbox.add_endpoint((COMPLETED,)))["secret"])
    sandbox.shop.answer = receiver
    await sandbox.tell("webhooks", action=action)

    await _pay(sandbox)

    (entry,) = sandbox.app.state.deliveries.list_log()
    assert receiver.taken == [entry["event"]]
    assert len(receiver.refused) == 1
    assert (entry["state"], entry["attempts"], entry["tampering"]) == ("delivered", 2, None)
    assert [attempt.get("tampering", "").partition(" ")[0] for attempt in entry["log"]] == [action, ""]
    assert [attempt["status"] for attempt in entry["log"]] == [400, 200]


async def test_true_delivery_follows_by_back_off_when_a_forged_one_was_believed(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="forge")

    await sandbox.submit((await sandbox.open_session())["id"])
    (waiting,) = sandbox.app.state.deliveries.list_log()
    await _run(sandbox)

    assert (waiting["state"], waiting["log"][0]["accepted"]) == ("waiting", True)
    assert waiting["due"] - waiting["log"][0]["at"] == BACK_OFF[0]
    forged, true = (json.loads(request.content) for request in sandbox.shop.received)
    assert forged["id"].startswith("evt_forged")
    assert (true["id"], true["data"]) == (waiting["event"], forged["data"])


async def test_signature_is_the_endpoints_own_and_just_too_old_when_the_timestamp_is(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="old_timestamp")

    await sandbox.submit((await sandbox.open_session())["id"])

    (request,) = sandbox.shop.received
    header = request.headers["stripe-signature"]
    assert 301 <= time.time() - int(header.split(",")[0].removeprefix("t=")) < 900
    assert stripe.WebhookSignature.verify_header(request.content.decode(), header, endpoint["secret"], 900)


async def test_body_is_the_true_one_and_signed_just_now_when_the_secret_is_wrong(sandbox: Sandbox) -> None:
    receiver = Receiver((await sandbox.add_endpoint((COMPLETED,)))["secret"])
    sandbox.shop.answer = receiver
    await sandbox.tell("webhooks", action="wrong_secret")

    await _pay(sandbox)

    wrong, true = sandbox.shop.received
    assert wrong is receiver.refused[0]
    assert {**json.loads(wrong.content), "pending_webhooks": 1} == {**json.loads(true.content), "pending_webhooks": 1}
    assert re.fullmatch(r"t=\d+,v1=[0-9a-f]{64}", header := wrong.headers["stripe-signature"])
    assert abs(time.time() - int(header.split(",")[0].removeprefix("t="))) < 300


async def test_only_matching_deliveries_are_tampered_with_when_a_filter_is_given(sandbox: Sandbox) -> None:
    receiver = Receiver((await sandbox.add_endpoint(PAID))["secret"])
    sandbox.shop.answer = receiver
    await sandbox.tell("webhooks", action="wrong_secret", type="checkout.*", count=0)

    await _pay(sandbox)

    assert [json.loads(request.content)["type"] for request in receiver.refused] == [COMPLETED]
    assert len(receiver.taken) == 3


async def test_nothing_is_planned_for_an_endpoint_when_it_is_disabled(sandbox: Sandbox) -> None:
    one, other = await sandbox.add_endpoint((COMPLETED,)), await sandbox.add_endpoint((COMPLETED,))

    answer = await sandbox.tell("webhooks", action="disable", endpoint=one["id"])
    await _pay(sandbox)

    assert answer.json()["touched"] == 1
    assert [entry["endpoint"] for entry in sandbox.app.state.deliveries.list_log()] == [other["id"]]
    shown = (await sandbox.call("GET", f"/v1/webhook_endpoints/{one['id']}")).json()
    assert shown["status"] == "disabled"


async def test_disabled_endpoint_gets_events_again_when_the_api_enables_it(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="disable")
    await _pay(sandbox)

    enabled = await sandbox.call("POST", f"/v1/webhook_endpoints/{endpoint['id']}", {"disabled": "false"})
    await _pay(sandbox)

    assert enabled.json()["status"] == "enabled"
    assert sandbox.shop.types() == [COMPLETED]


async def test_endpoint_is_disabled_by_itself_when_every_try_failed_for_long(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint((COMPLETED,))
    sandbox.shop.answer = lambda request: httpx.Response(503)

    await _pay(sandbox)

    assert len(sandbox.shop.received) == len(BACK_OFF) + 1
    (shown,) = (await sandbox.client.get("/_sandbox/webhooks")).json()["endpoints"]
    assert (shown["id"], shown["status"]) == (endpoint["id"], "disabled")


async def test_endpoint_stays_enabled_when_it_answered_another_delivery_meanwhile(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(("charge.succeeded", COMPLETED))
    sandbox.shop.answer = lambda request: httpx.Response(503 if COMPLETED.encode() in request.content else 200)

    await _pay(sandbox)

    assert sandbox.app.state.deliveries.measure()["failed"] == 1
    assert (await sandbox.client.get("/_sandbox/webhooks")).json()["endpoints"][0]["status"] == "enabled"


async def test_state_names_rules_counts_and_endpoints_when_asked(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="delay", seconds=20, count=3, type="charge.*")

    answer = await sandbox.client.get("/_sandbox/webhooks")

    (rule,) = answer.json()["data"]
    assert {name: rule[name] for name in ("action", "type", "event", "endpoint", "seconds", "left")} == {
        "action": "delay",
        "type": "charge.*",
        "event": None,
        "endpoint": None,
        "seconds": 20,
        "left": 3,
    }
    assert answer.json()["deliveries"]["waiting"] == 0
    assert answer.json()["endpoints"][0]["id"] == endpoint["id"]
    assert "whsec" not in answer.text


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ({"action": "reorder", "count": 1}, "2 or more"),
        ({"action": "reorder", "count": 0}, "2 or more"),
        ({"action": "old_timestamp", "seconds": 300}, "at least 301"),
        ({"action": "forge", "seconds": 3}, "seconds"),
        ({"action": "disable", "type": "charge.*"}, "endpoint"),
        ({"action": "disable", "count": 2}, "count"),
    ],
)
async def test_answer_is_400_and_says_why_when_the_command_is_wrong(
    sandbox: Sandbox, command: dict[str, Any], reason: str
) -> None:
    await sandbox.add_endpoint()

    answer = await sandbox.client.post("/_sandbox/webhooks", json=command)

    assert answer.status_code == 400
    assert reason in answer.json()["error"]["message"]
    assert sandbox.app.state.faults.deliveries == []


async def test_reordered_and_tampered_deliveries_are_kept_when_the_sandbox_starts_again(tmp_path: Any) -> None:
    async with composed(tmp_path, Shop()) as first:
        await first.add_endpoint(PAID)
        await first.tell("webhooks", action="reorder", count=3)
        await first.submit((await first.open_session())["id"])
        (planned, *_) = first.shop.types() or [None]

    async with composed(tmp_path, Shop()) as second:
        await _run(second)

    arrived = ([planned] if planned else []) + second.shop.types()
    assert sorted(arrived) == sorted(PAID)
