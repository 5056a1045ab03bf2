"""Calls of PayPal's APIs fail as the rules say, in PayPal's own shapes, and by themselves when they are meant alone."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.sandbox.paypal.conftest import UNIT, PayPal

ORDERS = "/v2/checkout/orders"
NEW = {"intent": "CAPTURE", "purchase_units": [UNIT]}


def count(paypal: PayPal, kind: str) -> int:
    return len(paypal.app.world.find(paypal.app.merchant_id, kind))


async def let_fail(paypal: PayPal, **fault: Any) -> None:
    rule = {"method": "*", "path": "*", "when": "before", "provider": "paypal", **fault}
    answer = await paypal.sandbox.tell("faults", **rule)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("status", "name"),
    [(429, "RATE_LIMIT_REACHED"), (500, "INTERNAL_SERVER_ERROR"), (503, "SERVICE_UNAVAILABLE")],
)
async def test_the_error_has_paypals_shape_when_a_call_fails(paypal: PayPal, status: int, name: str) -> None:
    await let_fail(paypal, method="POST", path=f"{ORDERS}*", action="status", status=status)

    answer = await paypal.call("POST", ORDERS, NEW)

    assert (answer.status_code, answer.json()["name"]) == (status, name)
    assert answer.json()["debug_id"] == answer.headers["paypal-debug-id"]
    assert count(paypal, "paypal_order") == 0
    assert (await paypal.call("POST", ORDERS, NEW)).status_code == 201


async def test_nothing_but_a_status_comes_when_the_body_is_empty(paypal: PayPal) -> None:
    await let_fail(paypal, action="empty", status=502)

    # By a client that does not hold every answer against PayPal's schema: this one is nobody's.
    answer = await paypal.sandbox.client.post(ORDERS, json=NEW, auth=("overprint", "overprint-secret"))

    assert (answer.status_code, answer.content) == (502, b"")
    assert count(paypal, "paypal_order") == 0


async def test_money_is_taken_once_when_the_answer_of_a_capture_is_lost(paypal: PayPal) -> None:
    order = await paypal.open_order()
    await paypal.sandbox.tell("paypal", action="approve", id=order["id"])
    path = f"{ORDERS}/{order['id']}/capture"
    await let_fail(paypal, method="POST", path=path, when="after", action="reset")

    with pytest.raises(httpx.RemoteProtocolError):
        await paypal.call("POST", path, {}, key="cap-1")
    again = await paypal.call("POST", path, {}, key="cap-1")

    assert (again.status_code, again.json()["status"]) == (200, "COMPLETED")
    assert count(paypal, "paypal_capture") == 1


async def test_stripe_answers_when_paypal_alone_is_down(paypal: PayPal) -> None:
    await let_fail(paypal, path="/v*", action="status", status=503, count=0)

    assert (await paypal.call("GET", "/v1/notifications/webhooks")).status_code == 503
    assert (await paypal.sandbox.call("GET", "/v1/customers")).status_code == 200


async def test_paypal_answers_when_stripe_alone_is_down(paypal: PayPal) -> None:
    await let_fail(paypal, provider="stripe", path="/v1/*", action="status", status=503, count=0)

    assert (await paypal.call("GET", "/v1/notifications/webhooks")).status_code == 200
    assert (await paypal.sandbox.call("GET", "/v1/customers")).status_code == 503


async def test_both_providers_fail_when_the_form_is_sent_as_it_stands(paypal: PayPal) -> None:
    page = (await paypal.sandbox.client.get("/console/faults")).text
    path = re.findall(r'name="path"[^>]* value="([^"]*)"', page)[0]
    rule = {"method": "*", "provider": "", "path": path, "when": "before", "action": "status", "count": "0"}

    await paypal.sandbox.client.post("/console/faults/requests", data=rule)

    assert (await paypal.call("GET", f"{ORDERS}/5O190127TN364715T")).status_code == 500
    assert (await paypal.call("GET", "/v1/notifications/webhooks")).status_code == 500
    assert (await paypal.sandbox.call("GET", "/v1/customers")).status_code == 500
    assert "Stars stand for anything: /v1/refunds*, /v2/checkout/orders/*" in page
    assert '<option value="PATCH">' in page


async def test_a_failed_request_is_in_the_books_when_a_fault_answered_it(paypal: PayPal) -> None:
    await let_fail(paypal, action="status", status=503)
    await paypal.call("POST", ORDERS, NEW, key="order-1")

    [row] = [one for one in await paypal.sandbox.truth("requests") if one["path"] == ORDERS]

    assert (row["provider"], row["fault"], row["idempotency_key"]) == ("paypal", "before:status", "order-1")


async def test_one_objects_calls_fail_when_a_rule_names_it(paypal: PayPal) -> None:
    hit, other = await paypal.open_order(), await paypal.open_order()
    await let_fail(paypal, action="status", status=500, object=hit["id"], count=0)

    assert (await paypal.call("GET", f"{ORDERS}/{hit['id']}")).status_code == 500
    assert (await paypal.call("GET", f"{ORDERS}/{other['id']}")).status_code == 200
