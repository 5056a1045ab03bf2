"""What happens at PayPal's side is told to the webhooks that asked for it, signed, until it is heard."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from store.sandbox.paypal.app import name_app
from store.sandbox.paypal.events import emit
from store.sandbox.recipients import PAYPAL_BACK_OFF
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.telling import CAPTURE, EVENTS, URL, deliver, is_good, log_of, register, tell


async def test_an_event_arrives_signed_and_whole_when_a_webhook_asked_for_it(paypal: PayPal) -> None:
    webhook = await register(paypal, "PAYMENT.CAPTURE.COMPLETED")
    event = tell(paypal)

    [request] = await deliver(paypal)

    sent = json.loads(request.content)
    assert (request.method, f"{request.url}") == ("POST", URL)
    assert is_good(paypal, request, webhook)
    assert re.fullmatch(r"WH-[0-9A-Z]{17}-[0-9A-Z]{17}", event)
    assert sent == {
        "id": event,
        "event_version": "1.0",
        "create_time": sent["create_time"],
        "resource_type": "capture",
        "resource_version": "2.0",
        "event_type": "PAYMENT.CAPTURE.COMPLETED",
        "summary": "Payment completed",
        "resource": {"id": "2GG279541U471931P", "status": "COMPLETED"},
        "links": [
            {"href": f"http://127.0.0.1:8001{EVENTS}/{event}", "rel": "self", "method": "GET"},
            {"href": f"http://127.0.0.1:8001{EVENTS}/{event}/resend", "rel": "resend", "method": "POST"},
        ],
    }


async def test_the_certificate_is_served_where_a_delivery_says(paypal: PayPal) -> None:
    await register(paypal)
    tell(paypal)
    [request] = await deliver(paypal)

    # Whoever checks a signature has no token.
    answer = await paypal.sandbox.client.get(request.headers["paypal-cert-url"])

    assert answer.status_code == 200
    assert answer.text.count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE" not in answer.text
    for id in ("CERT-00000000-00000000-00000000", "issuer", "..%2Fpaypal-ca"):
        unknown = await paypal.sandbox.client.get(f"/v1/notifications/certs/{id}")
        assert (unknown.status_code, unknown.json()["name"]) == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize("types", [("PAYMENT.CAPTURE.PENDING",), ("CHECKOUT.ORDER.APPROVED", "PAYMENT.REFUND.FAILED")])
async def test_nothing_is_sent_when_no_webhook_asked_for_the_type(paypal: PayPal, types: tuple[str, ...]) -> None:
    await register(paypal, *types)
    tell(paypal)

    assert await deliver(paypal) == []


async def test_another_apps_webhook_hears_nothing_when_an_event_is_ours(paypal: PayPal) -> None:
    await register(paypal)
    other = name_app(paypal.sandbox.app.state.worlds.find("other"), "other")
    emit(other, "PAYMENT.CAPTURE.COMPLETED", CAPTURE, "capture")

    assert await deliver(paypal) == []


@pytest.mark.parametrize("status", [300, 404, 500])
async def test_a_delivery_is_tried_again_when_the_answer_is_not_2xx(paypal: PayPal, status: int) -> None:
    webhook = await register(paypal)
    event = tell(paypal)
    paypal.sandbox.shop.answer = lambda request: httpx.Response(status)

    await deliver(paypal)

    [waiting] = log_of(paypal, event)
    assert (waiting["state"], waiting["attempts"], waiting["last_status"]) == ("waiting", 1, status)
    assert waiting["due"] - waiting["log"][0]["at"] == PAYPAL_BACK_OFF[0]
    assert is_good(paypal, paypal.sandbox.shop.received[0], webhook)


async def test_a_delivery_has_failed_when_25_more_tries_were_refused(paypal: PayPal) -> None:
    webhook = await register(paypal)
    event = tell(paypal)
    paypal.sandbox.shop.answer = lambda request: httpx.Response(500)

    assert (len(PAYPAL_BACK_OFF), sum(PAYPAL_BACK_OFF) <= 3 * 86400) == (25, True)
    for _ in range(26):
        paypal.sandbox.app.state.records.execute("UPDATE deliveries SET due = 0")
        await deliver(paypal)

    [failed] = log_of(paypal, event)
    assert (failed["state"], failed["attempts"]) == ("failed", 26)
    # Unlike at Stripe, the webhook goes on.
    [kept] = paypal.app.world.find(paypal.app.merchant_id, "paypal_webhook")
    assert (kept["id"], kept["_status"]) == (webhook, "enabled")


async def test_a_failed_delivery_is_made_when_it_is_sent_again(paypal: PayPal) -> None:
    webhook = await register(paypal)
    await paypal.sandbox.tell("webhooks", action="drop")
    event = tell(paypal)
    assert await deliver(paypal) == []

    answer = await paypal.call("POST", f"{EVENTS}/{event}/resend", {"webhook_ids": [webhook]})
    [request] = await deliver(paypal)

    assert (answer.status_code, answer.json()["id"]) == (202, event)
    assert json.loads(request.content)["id"] == event
    assert is_good(paypal, request, webhook)


async def test_an_event_reaches_a_later_webhook_when_it_is_sent_again(paypal: PayPal) -> None:
    event = tell(paypal)
    webhook = await register(paypal)

    await paypal.create("POST", f"{EVENTS}/{event}/resend")
    [request] = await deliver(paypal)

    assert is_good(paypal, request, webhook)


async def test_a_pending_delivery_is_let_be_when_its_event_is_sent_again(paypal: PayPal) -> None:
    await register(paypal)
    await paypal.sandbox.tell("webhooks", action="hold")
    event = tell(paypal)

    await paypal.create("POST", f"{EVENTS}/{event}/resend")

    assert [one["state"] for one in log_of(paypal, event)] == ["held"]


async def test_resending_is_refused_when_event_or_webhook_is_not_ours(paypal: PayPal) -> None:
    event = tell(paypal)

    unknown = await paypal.call("POST", f"{EVENTS}/WH-0G2756385H040842W-5Y612302CV158622M/resend")
    nobody = await paypal.call("POST", f"{EVENTS}/{event}/resend", {"webhook_ids": ["1JE4291016473214C"]})

    assert (unknown.status_code, unknown.json()["name"]) == (404, "RESOURCE_NOT_FOUND")
    assert (nobody.status_code, nobody.json()["details"][0]["field"]) == (400, "/webhook_ids/0")


async def test_events_come_in_pages_when_they_are_listed(paypal: PayPal) -> None:
    told = []
    for _ in range(5):
        told.append(tell(paypal))
        paypal.advance(10)

    first = await paypal.create("GET", f"{EVENTS}?page_size=2&event_type=PAYMENT.CAPTURE.COMPLETED")
    second = await paypal.create("GET", first["links"][0]["href"])
    last = await paypal.create("GET", second["links"][0]["href"])
    back = await paypal.create("GET", last["links"][0]["href"])

    assert [one["id"] for one in first["events"]] == told[:2:-1]
    assert first["count"] == 2
    assert [one["rel"] for one in first["links"]] == ["next"]
    assert [one["rel"] for one in second["links"]] == ["next", "previous"]
    assert [one["id"] for one in last["events"]] == told[:1]
    assert [one["rel"] for one in last["links"]] == ["previous"]
    assert back["events"] == second["events"]


async def test_events_are_left_out_when_a_filter_does_not_fit(paypal: PayPal) -> None:
    old = tell(paypal, "PAYMENT.CAPTURE.PENDING")
    paypal.advance(3600)
    refund = {"id": "1JU08902781691411", "links": [{"href": "http://x/v2/payments/captures/2GG279541U471931P"}]}
    late = tell(paypal, "PAYMENT.CAPTURE.REFUNDED", refund)
    moment = paypal.app.world.find(paypal.app.merchant_id, "paypal_event")[0]["create_time"]

    async def ids(**query: str) -> list[str]:
        answer = await paypal.client.get(EVENTS, params=query)
        return [one["id"] for one in answer.raise_for_status().json()["events"]]

    assert await ids(start_time=moment) == [late]
    assert await ids(end_time="2013-03-06T11:00:00Z") == []
    assert await ids(event_type="PAYMENT.CAPTURE.PENDING") == [old]
    assert await ids(transaction_id="2GG279541U471931P") == [late, old]
    assert await ids(transaction_id="1JU08902781691411") == [late]
    wrong = await paypal.client.get(EVENTS, params={"start_time": "yesterday"})
    assert (wrong.status_code, wrong.json()["details"][0]["location"]) == (400, "query")
    assert (await paypal.client.get(EVENTS, params={"page_size": "0"})).status_code == 400


async def test_one_event_is_shown_as_it_was_told(paypal: PayPal) -> None:
    event = tell(paypal)

    shown = await paypal.create("GET", f"{EVENTS}/{event}")

    assert (shown["id"], shown["resource"]) == (event, {"id": "2GG279541U471931P", "status": "COMPLETED"})
