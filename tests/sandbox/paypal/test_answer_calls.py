"""PayPal's paths on the shared port: refusals in PayPal's shape, one debug id, the request log, and faults."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest

from store.sandbox.paypal.errors import NAMES
from store.sandbox.paypal.settings import change_settings
from store.sandbox.stripe.keys import SECRET_KEY
from tests.sandbox.paypal.conftest import UNIT, PayPal

ORDERS = "/v2/checkout/orders"
ORDER = {"intent": "CAPTURE", "purchase_units": [UNIT]}
BASIC = ("overprint", "overprint-secret")


async def raw(paypal: PayPal, method: str, path: str, **sent: Any) -> httpx.Response:
    """A call whose answer is not held against PayPal's files."""
    return await paypal.sandbox.client.request(method, path, auth=BASIC, **sent)


async def list_noted(paypal: PayPal) -> list[dict[str, Any]]:
    answer = await paypal.sandbox.client.get("/console/requests.json")
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def count_orders(paypal: PayPal) -> int:
    return len(paypal.app.world.find(None, "paypal_order"))


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/v2/checkout/nothing", 404, "RESOURCE_NOT_FOUND"),
        ("DELETE", f"{ORDERS}/5O190127TN364715T", 405, "METHOD_NOT_SUPPORTED"),
        ("POST", "/v1/customer/disputes/PP-D-1/escalate", 404, "RESOURCE_NOT_FOUND"),
    ],
)
async def test_a_call_of_no_operation_is_refused_in_paypals_shape(
    paypal: PayPal, method: str, path: str, status: int, name: str
):
    answer = await raw(paypal, method, path)

    body = answer.json()
    assert (answer.status_code, body["name"]) == (status, name)
    assert body["debug_id"] == answer.headers["paypal-debug-id"]
    assert "request-id" not in answer.headers


async def test_stripe_answers_its_own_paths_as_before(paypal: PayPal):
    answer = await paypal.sandbox.client.get("/v1/customers", headers={"Authorization": f"Bearer {SECRET_KEY}"})
    wrong = await paypal.sandbox.client.get("/v1/customer", headers={"Authorization": f"Bearer {SECRET_KEY}"})

    assert (answer.status_code, answer.json()["object"]) == (200, "list")
    assert wrong.json()["error"]["type"] == "invalid_request_error"
    assert "paypal-debug-id" not in answer.headers


async def test_a_body_of_another_kind_is_refused(paypal: PayPal):
    answer = await raw(paypal, "POST", ORDERS, data={"intent": "CAPTURE"})

    assert (answer.status_code, answer.json()["name"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_body_is_refused_when_it_is_too_large(paypal: PayPal):
    answer = await raw(paypal, "POST", ORDERS, json={"intent": "x" * 2**20})

    assert (answer.status_code, answer.json()["name"]) == (413, NAMES[413][0])
    assert answer.json()["debug_id"] == answer.headers["paypal-debug-id"]


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        ("", "MISSING_REQUIRED_PARAMETER"),
        ("[]", "INVALID_PARAMETER_SYNTAX"),
        ("[" * 5000, "MALFORMED_REQUEST_JSON"),
        ('{"intent": "CAPTURE", "purchase_units": {}}', "INVALID_PARAMETER_SYNTAX"),
        ('{"intent": true, "purchase_units": []}', "INVALID_PARAMETER_SYNTAX"),
    ],
)
async def test_a_body_of_broken_types_is_refused_with_every_fault(paypal: PayPal, body: str, issue: str):
    answer = await paypal.client.post(ORDERS, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["name"]) == (400, "INVALID_REQUEST")
    assert answer.json()["details"][0]["issue"] == issue


async def test_a_return_url_has_to_be_a_whole_address(paypal: PayPal):
    wallet = {"paypal": {"experience_context": {"return_url": "/back", "cancel_url": "http://[::1/x y"}}}

    answer = await paypal.call("POST", ORDERS, ORDER | {"payment_source": wallet})

    at = "/payment_source/paypal/experience_context"
    details = [(detail["field"], detail["issue"]) for detail in answer.json()["details"]]
    assert details == [(f"{at}/{name}", "INVALID_PARAMETER_SYNTAX") for name in ("return_url", "cancel_url")]


async def test_a_version_one_api_calls_its_faults_a_validation_error(paypal: PayPal):
    answer = await paypal.call("POST", "/v1/payments/payouts", {"items": "none"})

    assert (answer.status_code, answer.json()["name"]) == (400, "VALIDATION_ERROR")


async def test_calls_are_written_down_with_key_and_debug_id_and_without_secrets(paypal: PayPal):
    token = await paypal.sandbox.client.post("/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=BASIC)
    card = {"number": "4012888888881881", "expiry": "2040-01", "security_code": "123"}
    paid = ORDER | {"payment_source": {"card": card}}
    await paypal.call("POST", ORDERS, paid, key="order:1")
    await raw(paypal, "POST", ORDERS, content=b"{half", headers={"Content-Type": "application/json"})

    half, order, oauth = await list_noted(paypal)

    debug_id = token.headers["paypal-debug-id"]
    told = (await paypal.sandbox.client.get(f"/console/requests/{debug_id}.json")).text
    sent = (await paypal.sandbox.client.get(f"/console/requests/{order['id']}.json")).text
    assert (oauth["request_id"], oauth["status"], oauth["platform"]) == (debug_id, 200, paypal.app.world.platform)
    assert token.json()["access_token"] not in told
    assert (order["path"], order["idempotency_key"], order["status"]) == (ORDERS, "order:1", 422)
    assert "4012888888881881" not in sent
    assert "****" in sent
    assert half["status"] == 400


async def test_a_repeat_is_written_down_as_one(paypal: PayPal):
    for _ in range(2):
        await paypal.call("POST", ORDERS, ORDER, key="order:1")

    again, first = await list_noted(paypal)

    assert (again["replayed"], first["replayed"]) == (True, False)


async def test_a_token_of_nobody_is_written_down_for_nobody(paypal: PayPal):
    await paypal.call("GET", f"{ORDERS}/5O190127TN364715T", Authorization="Bearer nonsense")

    (noted,) = await list_noted(paypal)

    assert (noted["status"], noted["platform"]) == (401, "")


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_a_fault_speaks_as_paypal_does(paypal: PayPal, when: str, made: int):
    await paypal.sandbox.tell("faults", method="POST", path=ORDERS, when=when, action="status", status=503)

    answer = await raw(paypal, "POST", ORDERS, json=ORDER)

    assert (answer.status_code, answer.json()["name"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.json()["debug_id"] == answer.headers["paypal-debug-id"]
    assert count_orders(paypal) == made
    (noted, *_) = await list_noted(paypal)
    assert (noted["fault"], noted["request_id"]) == (f"{when}:status", answer.headers["paypal-debug-id"])


async def test_a_fault_may_be_for_what_a_json_body_names(paypal: PayPal):
    fault = {"method": "POST", "path": ORDERS, "when": "before", "action": "status", "status": 500, "object": "17"}
    await paypal.sandbox.tell("faults", **fault)
    named = {"intent": "CAPTURE", "purchase_units": [UNIT | {"custom_id": "17"}]}

    other = await raw(paypal, "POST", ORDERS, json=ORDER)
    struck = await raw(paypal, "POST", ORDERS, json=named)

    assert (other.status_code, struck.status_code) == (201, 500)


async def test_an_answer_is_lost_after_its_effect_when_a_fault_says_so(paypal: PayPal):
    await paypal.sandbox.tell("faults", method="POST", path=ORDERS, when="after", action="reset")

    with pytest.raises(httpx.RemoteProtocolError):
        await raw(paypal, "POST", ORDERS, json=ORDER)

    assert count_orders(paypal) == 1


async def test_nothing_happens_when_the_caller_of_a_slow_call_goes_away(paypal: PayPal):
    await paypal.sandbox.tell("faults", method="POST", path=ORDERS, when="before", action="slow", seconds=600)
    slow = asyncio.create_task(raw(paypal, "POST", ORDERS, json=ORDER))
    for _ in range(1000):
        await asyncio.sleep(0)
    paypal.sandbox.app.state.closing.set()

    answer = await slow

    assert (answer.status_code, count_orders(paypal)) == (503, 0)


async def test_a_failure_of_the_sandbox_is_a_500_of_paypals(paypal: PayPal, caplog: pytest.LogCaptureFixture):
    order = await paypal.open_order()
    paypal.app.world.put(paypal.app.merchant_id, "paypal_order", {"id": order["id"]})
    paypal.app.world.schedule(0, "no such job", paypal.app.merchant_id, "x")

    with caplog.at_level(logging.ERROR):
        answer = await raw(paypal, "GET", f"{ORDERS}/{order['id']}")

    assert answer.status_code == 500
    assert answer.json()["name"] == "INTERNAL_SERVER_ERROR"
    assert "failed on GET" in caplog.text
    assert "failed on what was due" in caplog.text


async def test_no_app_is_made_when_there_are_too_many_worlds(paypal: PayPal):
    paypal.sandbox.app.state.worlds._most = 0

    answer = await paypal.sandbox.client.get(f"{ORDERS}/5O190127TN364715T", auth=("other", "other-secret"))

    assert answer.status_code == 503
    assert "platforms" in answer.json()["message"]


async def test_an_account_that_is_closed_can_call_nothing(paypal: PayPal):
    order = await paypal.approve()
    change_settings(paypal.app, status="closed")

    answers = [
        await paypal.settle(order),
        await paypal.call("GET", f"{ORDERS}/{order['id']}"),
        await paypal.call("POST", f"{ORDERS}/{order['id']}/track", {"capture_id": "1", "tracking_number": "2"}),
        await paypal.call("GET", "/v2/payments/captures/5O190127TN364715T"),
        await paypal.call("POST", "/v1/payments/payouts", {"sender_batch_header": {}, "items": []}),
        await paypal.call("GET", "/v1/notifications/webhooks"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json()["name"] == "AUTHENTICATION_FAILURE"
    assert json.loads(answers[0].text)["details"][0]["issue"] == "INVALID_ACCOUNT_STATUS"
