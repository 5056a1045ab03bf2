"""Deliveries: who gets what, signed how, repeated when, and that none is lost."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import httpx
import pytest
import stripe

from store.sandbox.recipients import BACK_OFF
from store.sandbox.stripe.pages import ANSWER_SECONDS
from tests.sandbox.conftest import SHOP, Sandbox, Shop, composed

COMPLETED = "checkout.session.completed"


async def test_each_attempt_is_signed_with_the_endpoints_own_secret_when_delivered(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint()
    session = await sandbox.open_session()

    await sandbox.submit(session["id"])
    await sandbox.app.state.deliveries.run_due()

    assert {"payment_intent.succeeded", "charge.succeeded", COMPLETED} <= set(sandbox.shop.types())
    for request in sandbox.shop.received:
        assert stripe.WebhookSignature.verify_header(
            request.content.decode(), request.headers["stripe-signature"], endpoint["secret"], 300
        )


async def test_signature_uses_wall_time_when_the_clock_was_advanced(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint()
    await sandbox.tell("clock", advance=86400 * 40)

    await sandbox.submit((await sandbox.open_session())["id"])

    signed_at = int(sandbox.shop.received[0].headers["stripe-signature"].split(",")[0].removeprefix("t="))
    assert abs(signed_at - time.time()) < 60


async def test_only_subscribed_types_arrive_when_the_endpoint_names_them(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))

    await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.app.state.deliveries.run_due()

    assert sandbox.shop.types() == [COMPLETED]


async def test_connected_accounts_events_go_to_connect_endpoints_when_scopes_differ(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.add_endpoint((COMPLETED,), connect=True, url=SHOP + "/webhooks/stripe/connect")

    await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.submit((await sandbox.open_session(account=account))["id"])

    own, connected = sandbox.shop.received
    assert own.url.path == "/webhooks/stripe"
    assert "account" not in json.loads(own.content)
    assert connected.url.path == "/webhooks/stripe/connect"
    assert json.loads(connected.content)["account"] == account
    assert json.loads(connected.content)["api_version"] == "2026-10-28.endive"


async def test_delivery_is_repeated_later_with_the_same_body_when_the_answer_is_not_2xx(
    sandbox: Sandbox,
) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    answers = [httpx.Response(500, text="database down"), httpx.Response(302), httpx.Response(204)]
    sandbox.shop.answer = lambda request: answers.pop(0)
    await sandbox.submit((await sandbox.open_session())["id"])
    deliveries, records = sandbox.app.state.deliveries, sandbox.app.state.records

    waits = []
    for _ in range(2):
        (row,) = records.execute("SELECT due, attempts FROM deliveries").fetchall()
        waits.append(round(row["due"] - time.time()))
        assert await deliveries.run_due() == 0
        records.execute("UPDATE deliveries SET due = 0")
        assert await deliveries.run_due() == 1

    (entry,) = deliveries.list_log()
    assert (entry["state"], entry["attempts"]) == ("delivered", 3)
    assert [attempt["status"] for attempt in entry["log"]] == [500, 302, 204]
    assert entry["log"][0]["answer"] == "database down"
    assert waits == list(BACK_OFF[:2])
    assert len({request.content for request in sandbox.shop.received}) == 1


async def test_delivery_is_given_up_when_every_try_failed(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    sandbox.shop.answer = lambda request: httpx.Response(503)
    await sandbox.submit((await sandbox.open_session())["id"])

    for _ in BACK_OFF:
        sandbox.app.state.records.execute("UPDATE deliveries SET due = 0")
        await sandbox.app.state.deliveries.run_due()

    (entry,) = sandbox.app.state.deliveries.list_log()
    assert (entry["state"], entry["attempts"]) == ("failed", len(BACK_OFF) + 1)


async def test_delivery_waits_for_another_try_when_the_connection_breaks(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    sandbox.shop.answer = refuse
    await sandbox.submit((await sandbox.open_session())["id"])

    (entry,) = sandbox.app.state.deliveries.list_log()
    assert (entry["state"], entry["last_status"]) == ("waiting", None)
    assert "refused" in entry["last_error"]


async def test_nothing_is_lost_when_the_sandbox_stops_before_delivering(tmp_path: Path) -> None:
    async with composed(tmp_path, Shop()) as first:
        await first.add_endpoint((COMPLETED,))
        session = await first.open_session()
        await first.tell("webhooks", action="delay", seconds=3600)
        await first.submit(session["id"])
        assert first.shop.received == []
        # What a crash between the event's commit and its planning leaves behind:
        first.app.state.records.executescript("DELETE FROM deliveries; DELETE FROM planned")

    async with composed(tmp_path, Shop()) as second:
        second.app.state.deliveries.plan_missed()
        await second.app.state.deliveries.run_due()

    assert second.shop.types() == [COMPLETED]


async def test_events_that_nobody_wanted_are_not_sent_when_an_endpoint_came_later(tmp_path: Path) -> None:
    async with composed(tmp_path, Shop()) as first:
        await first.submit((await first.open_session())["id"])
        await first.add_endpoint()

    async with composed(tmp_path, Shop()) as second:
        second.app.state.deliveries.plan_missed()
        await second.app.state.deliveries.run_due()

    assert second.shop.received == []


async def test_delivery_fails_for_good_when_its_endpoint_is_deleted(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="hold")
    await sandbox.submit((await sandbox.open_session())["id"])
    assert (await sandbox.call("DELETE", f"/v1/webhook_endpoints/{endpoint['id']}")).status_code == 200

    await sandbox.tell("webhooks", action="release")
    await sandbox.app.state.deliveries.run_due()

    (entry,) = sandbox.app.state.deliveries.list_log()
    assert entry["state"] == "failed"
    assert sandbox.shop.received == []


async def test_pending_webhooks_counts_down_when_endpoints_answer(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="hold")
    await sandbox.submit((await sandbox.open_session())["id"])

    async def pending() -> int:
        listed = (await sandbox.call("GET", "/v1/events", {"type": COMPLETED})).json()["data"]
        return int(listed[0]["pending_webhooks"])

    before = await pending()
    await sandbox.tell("webhooks", action="release")
    await sandbox.app.state.deliveries.run_due()

    assert (before, await pending()) == (1, 0)


async def test_one_slow_endpoint_does_not_stop_the_others_when_both_are_due(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,), url=SHOP + "/slow")
    await sandbox.add_endpoint((COMPLETED,), url=SHOP + "/fast")
    await sandbox.tell("webhooks", action="hold")
    await sandbox.submit((await sandbox.open_session())["id"])
    fast_done, slow_may_end = asyncio.Event(), asyncio.Event()

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/slow":
                await slow_may_end.wait()
            else:
                fast_done.set()
            return httpx.Response(200)

    deliveries = sandbox.app.state.deliveries
    deliveries.release()
    sandbox.shop.handle_async_request = Slow().handle_async_request  # type: ignore[method-assign]
    running = asyncio.create_task(deliveries.run_due())

    await asyncio.wait_for(fast_done.wait(), 5)
    assert deliveries.measure()["under_way"] == 1
    slow_may_end.set()
    assert await running == 2


@pytest.mark.parametrize("answer", [200, 500])
async def test_page_waits_for_the_endpoints_answer_when_paid(sandbox: Sandbox, answer: int) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    sandbox.shop.answer = lambda request: httpx.Response(answer)
    session = await sandbox.open_session()

    left = await sandbox.submit(session["id"])

    assert left.status_code == 303
    assert sandbox.shop.types() == [COMPLETED]


async def test_waiting_ends_when_the_time_is_up(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    session = await sandbox.open_session()
    asked, never = asyncio.Event(), asyncio.Event()

    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.set()
            await never.wait()
            raise AssertionError("never answered")

    await sandbox.tell("webhooks", action="hold")
    await sandbox.submit(session["id"])
    deliveries = sandbox.app.state.deliveries
    deliveries.release()
    sandbox.shop.handle_async_request = Silent().handle_async_request  # type: ignore[method-assign]

    await deliveries.await_answer(COMPLETED, session["id"], 0.05)

    assert ANSWER_SECONDS == 10  # what the page gives it: the provider's own limit
    assert asked.is_set()
    assert deliveries.measure() | {"under_way": 0} == {
        "waiting": 1, "held": 0, "delivered": 0, "failed": 0, "dropped": 0, "under_way": 0
    }  # fmt: skip
    assert deliveries.measure()["under_way"] == 1
