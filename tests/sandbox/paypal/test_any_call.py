"""Whatever a caller sends to Payments, Payouts and webhooks, the answer is one that PayPal's files allow."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.sandbox.kernel.worlds import Worlds
from store.sandbox.paypal import api
from store.sandbox.paypal.app import name_app
from store.sandbox.paypal.approval import approve
from tests.sandbox.paypal.conform import check
from tests.sandbox.paypal.issues.rows import usd
from tests.sandbox.paypal.test_any_body import BASIC, ORDERS, VALUES, places, send, spoil, worlds

__all__ = ["worlds"]  # the fixture
FEES = {"platform_fees": [{"amount": usd("0.00"), "payee": {"email_address": "vera@example.com"}}]}
TYPES = [{"name": "PAYMENT.CAPTURE.COMPLETED"}]
NOTIFICATIONS = "/v1/notifications"
# Operation, method, path and a body that is right; `{capture}` and such are ids of what is there.
CALLS: tuple[tuple[str, str, str, Any], ...] = (
    (
        "captures.refund",
        "POST",
        "/v2/payments/captures/{capture}/refund",
        {"amount": usd("0.01"), "invoice_id": "back-1", "note_to_payer": "Sorry", "payment_instruction": FEES},
    ),
    (
        "authorizations.capture",
        "POST",
        "/v2/payments/authorizations/{authorization}/capture",
        {"amount": usd("0.01"), "invoice_id": "OP-1", "final_capture": False, "payment_instruction": FEES},
    ),
    (
        "authorizations.reauthorize",
        "POST",
        "/v2/payments/authorizations/{authorization}/reauthorize",
        {"amount": usd("1.00")},
    ),
    (
        "orders.track.create",
        "POST",
        f"{ORDERS}/{{order}}/track",
        {"capture_id": "X", "tracking_number": "1", "carrier": "DHL", "items": [{"sku": "print-1", "quantity": "1"}]},
    ),
    (
        "payouts.post",
        "POST",
        "/v1/payments/payouts",
        {
            "sender_batch_header": {"sender_batch_id": "share-1", "email_subject": "Your share"},
            "items": [
                {
                    "recipient_type": "EMAIL",
                    "receiver": "vera@example.com",
                    "amount": {"currency": "USD", "value": "0.01"},
                    "sender_item_id": "share-1",
                }
            ],
        },
    ),
    (
        "webhooks.post",
        "POST",
        f"{NOTIFICATIONS}/webhooks",
        {"url": "https://shop.example.com/hook", "event_types": TYPES},
    ),
    (
        "webhooks.update",
        "PATCH",
        f"{NOTIFICATIONS}/webhooks/{{webhook}}",
        [
            {"op": "replace", "path": "/url", "value": "https://shop.example.com/other"},
            {"op": "replace", "path": "/event_types", "value": TYPES},
        ],
    ),
    ("webhooks-events.resend", "POST", f"{NOTIFICATIONS}/webhooks-events/{{event}}/resend", {"webhook_ids": ["X"]}),
    (
        "simulate-event.post",
        "POST",
        f"{NOTIFICATIONS}/simulate-event",
        {"event_type": "PAYMENT.CAPTURE.COMPLETED", "url": "https://shop.example.com/hook"},
    ),
)
PLACES = [(number, at) for number, call in enumerate(CALLS) for at in places(call[3])]
LISTS = (
    ("disputes.list", "/v1/customer/disputes", ("page_size", "next_page_token", "start_time", "update_time_before")),
    ("payouts.get", "/v1/payments/payouts/{batch}", ("page", "page_size", "fields", "total_required")),
    ("webhooks-events.list", f"{NOTIFICATIONS}/webhooks-events", ("page_size", "start_time", "index_id")),
)
ASKED = [(operation_id, path, name) for operation_id, path, names in LISTS for name in names]


@pytest.fixture(scope="module")
def ids(worlds: Worlds) -> dict[str, str]:
    """What is there: an order and its capture, an authorization, a webhook, an event, a batch."""

    def settle(intent: str, verb: str) -> Any:
        units = [{"amount": usd("100.00")}]
        order = send(worlds, "POST", ORDERS, "orders.create", {"intent": intent, "purchase_units": units})
        approve(name_app(worlds.demo), order["id"], "balance")
        return send(worlds, "POST", f"{ORDERS}/{order['id']}/{verb}", f"orders.{verb}", {})

    order, held = settle("CAPTURE", "capture"), settle("AUTHORIZE", "authorize")
    hook = {"url": "https://shop.example.com/first", "event_types": [{"name": "*"}]}
    events = send(worlds, "GET", f"{NOTIFICATIONS}/webhooks-events", "webhooks-events.list", {})["events"]
    batch = send(worlds, "POST", "/v1/payments/payouts", "payouts.post", CALLS[4][3])
    return {
        "order": order["id"],
        "capture": order["purchase_units"][0]["payments"]["captures"][0]["id"],
        "authorization": held["purchase_units"][0]["payments"]["authorizations"][0]["id"],
        "webhook": send(worlds, "POST", f"{NOTIFICATIONS}/webhooks", "webhooks.post", hook)["id"],
        "event": events[0]["id"],
        "batch": batch["batch_header"]["payout_batch_id"],
    }


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(PLACES), VALUES, st.booleans())
@example((4, ("sender_batch_header", "sender_batch_id")), "\ud800", False)
@example((6, (0, "value")), "https://a b/", False)
@example((6, (1, "value", 0, "name")), [], False)
def test_any_body_is_answered(
    worlds: Worlds, ids: dict[str, str], place: tuple[int, tuple[Any, ...]], value: Any, remove: bool
):
    operation_id, method, path, body = CALLS[place[0]]

    send(worlds, method, path.format(**ids), operation_id, spoil(body, place[1], value, remove))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(ASKED), st.from_regex(rb"[0-9a-zA-Z%:+-]{0,12}", fullmatch=True))
@example(ASKED[0], b"9" * 5000)
@example(ASKED[4], b"9" * 5000)
@example(ASKED[8], b"9" * 5000)
def test_any_question_is_answered(worlds: Worlds, ids: dict[str, str], asked: tuple[str, str, str], value: bytes):
    operation_id, path, name = asked
    query = name.encode() + b"=" + value

    sent = asyncio.run(api.handle(worlds, api.Request("GET", path.format(**ids), {"authorization": BASIC}, query, b"")))

    assert sent.status < 500, sent.body
    check(operation_id, sent.status, json.loads(sent.body))
