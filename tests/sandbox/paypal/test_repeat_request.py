"""`PayPal-Request-Id`: a repeat makes nothing and is answered with the latest state; keys live by the clock."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from store.sandbox.paypal.approval import approve
from store.sandbox.paypal.settings import change_settings
from store.sandbox.paypal.tokens import issue_token
from tests.sandbox.paypal.conftest import UNIT, PayPal

ORDERS = "/v2/checkout/orders"
ORDER = {"intent": "CAPTURE", "purchase_units": [UNIT]}
OTHER = {"intent": "CAPTURE", "purchase_units": [{"amount": {"currency_code": "USD", "value": "25.00"}}]}


def count(paypal: PayPal, kind: str) -> int:
    return len(paypal.app.world.find(paypal.app.merchant_id, kind))


def issue_of(answer: Any) -> str:
    return str(answer.json()["details"][0]["issue"])


def later(paypal: PayPal, seconds: int) -> None:
    paypal.advance(seconds)
    paypal.client.headers["Authorization"] = f"Bearer {issue_token(paypal.app)}"


async def refund(paypal: PayPal, key: str, **headers: str) -> Any:
    captures = paypal.app.world.find(paypal.app.merchant_id, "paypal_capture")
    return await paypal.call("POST", f"/v2/payments/captures/{captures[0]['id']}/refund", {}, key=key, **headers)


async def test_a_repeat_shows_the_latest_state_with_200(paypal: PayPal):
    first = await paypal.call("POST", ORDERS, ORDER, key="order:1")
    approve(paypal.app, first.json()["id"], "balance")

    again = await paypal.call("POST", ORDERS, ORDER, key="order:1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert (first.json()["status"], again.json()["status"]) == ("CREATED", "APPROVED")
    assert count(paypal, "paypal_order") == 1


async def test_a_repeat_is_as_short_as_its_caller_prefers(paypal: PayPal):
    first = await paypal.call("POST", ORDERS, ORDER, key="order:1")

    again = await paypal.call("POST", ORDERS, ORDER, key="order:1", Prefer="return=minimal")

    assert "purchase_units" in first.json()
    assert set(again.json()) == {"id", "status", "links"}


async def test_a_capture_takes_money_once_when_it_is_repeated(paypal: PayPal):
    order = await paypal.approve()
    first = await paypal.settle(order, key="cap:1")
    again = await paypal.settle(order, key="cap:1")
    other = await paypal.settle(order, key="cap:2")

    statuses = [first.status_code, again.status_code, other.status_code]
    assert statuses == [201, 200, 422]
    assert issue_of(other) == "ORDER_ALREADY_CAPTURED"
    assert count(paypal, "paypal_capture") == 1


async def test_a_refund_is_made_once_when_it_is_repeated(paypal: PayPal):
    await paypal.settle(await paypal.approve())

    first, again = await refund(paypal, "ref:1"), await refund(paypal, "ref:1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert count(paypal, "paypal_refund") == 1


async def test_every_repeat_is_new_when_it_has_no_key(paypal: PayPal):
    for _ in range(2):
        await paypal.call("POST", ORDERS, ORDER)

    assert count(paypal, "paypal_order") == 2


async def test_a_refusal_is_not_kept(paypal: PayPal):
    order = await paypal.approve("declined")
    declined = await paypal.settle(order, key="cap:1")
    approve(paypal.app, order["id"], "balance")

    captured = await paypal.settle(order, key="cap:1")

    assert (declined.status_code, captured.status_code) == (422, 201)


async def test_paypal_pitfall_20_one_key_for_another_request_gets_the_first_resource_and_a_loud_warning(
    paypal: PayPal, caplog: pytest.LogCaptureFixture
):
    first = await paypal.call("POST", ORDERS, ORDER, key="order:1")

    with caplog.at_level(logging.WARNING):
        other = await paypal.call("POST", ORDERS, OTHER, key="order:1")

    assert (other.status_code, other.json()["id"]) == (200, first.json()["id"])
    assert "used before for ANOTHER request" in caplog.text


async def test_one_key_for_another_request_is_refused_when_the_account_is_set_so(paypal: PayPal):
    change_settings(paypal.app, reused_key="refuse")
    await paypal.call("POST", ORDERS, ORDER, key="order:1")

    other = await paypal.call("POST", ORDERS, OTHER, key="order:1")
    same = await paypal.call("POST", ORDERS, ORDER, key="order:1")

    assert (other.status_code, issue_of(other)) == (422, "PAYPAL_REQUEST_ID_PREVIOUSLY_USED")
    assert same.status_code == 200
    assert count(paypal, "paypal_order") == 1


async def test_a_key_counts_for_one_operation(paypal: PayPal):
    order = (await paypal.call("POST", ORDERS, ORDER, key="same")).json()
    approve(paypal.app, order["id"], "balance")

    captured = await paypal.settle(order, key="same")

    assert captured.status_code == 201


async def test_a_key_is_new_again_when_its_time_is_up(paypal: PayPal):
    change_settings(paypal.app, order_seconds=99 * 86400)
    await paypal.call("POST", ORDERS, ORDER, key="order:1")
    await paypal.settle(await paypal.approve())
    half = {"amount": {"currency_code": "USD", "value": "1.00"}}
    capture = paypal.app.world.find(paypal.app.merchant_id, "paypal_capture")[0]
    path = f"/v2/payments/captures/{capture['id']}/refund"
    await paypal.call("POST", path, half, key="ref:1")

    later(paypal, 6 * 3600 - 1)
    await paypal.call("POST", ORDERS, ORDER, key="order:1")
    before = count(paypal, "paypal_order")
    later(paypal, 1)
    await paypal.call("POST", ORDERS, ORDER, key="order:1")
    after = count(paypal, "paypal_order")
    later(paypal, 45 * 86400 - 6 * 3600 - 1)
    known = await paypal.call("POST", path, half, key="ref:1")
    later(paypal, 1)
    new = await paypal.call("POST", path, half, key="ref:1")

    assert (before, after) == (2, 3)
    assert (known.status_code, new.status_code) == (200, 201)


async def test_a_key_is_refused_when_it_is_too_long(paypal: PayPal):
    longest = await paypal.call("POST", ORDERS, ORDER, key="k" * 108)
    longer = await paypal.call("POST", ORDERS, ORDER, key="k" * 109)

    assert longest.status_code == 201
    assert (longer.status_code, issue_of(longer)) == (400, "INVALID_STRING_LENGTH")


async def test_a_payment_in_one_step_needs_a_key(paypal: PayPal):
    body = ORDER | {"payment_source": {"card": {"number": "4012888888881881", "expiry": "2040-01"}}}

    without = await paypal.call("POST", ORDERS, body)
    with_key = await paypal.call("POST", ORDERS, body, key="order:1")

    assert (without.status_code, issue_of(without)) == (400, "PAYPAL_REQUEST_ID_REQUIRED")
    assert (with_key.status_code, issue_of(with_key)) == (422, "NOT_ENABLED_FOR_CARD_PROCESSING")


@pytest.mark.parametrize("verb", ["refund", "create"])
async def test_the_second_of_two_at_once_is_told_so(paypal: PayPal, verb: str):
    await paypal.settle(await paypal.approve())
    before = count(paypal, "paypal_order"), count(paypal, "paypal_refund")

    def ask() -> Any:
        return refund(paypal, "k1") if verb == "refund" else paypal.call("POST", ORDERS, ORDER, key="k1")

    path = "/v2/payments/captures/*/refund" if verb == "refund" else ORDERS
    await paypal.sandbox.tell("faults", method="POST", path=path, when="before", action="slow", seconds=600)
    first = asyncio.create_task(ask())
    for _ in range(1000):
        await asyncio.sleep(0)
    assert len(paypal.app.world.running) == 1

    second = await ask()
    paypal.sandbox.app.state.closing.set()

    assert (second.status_code, issue_of(second)) == (409, "PREVIOUS_REQUEST_IN_PROGRESS")
    assert (await first).status_code == 503
    assert (count(paypal, "paypal_order"), count(paypal, "paypal_refund")) == before
    assert paypal.app.world.running == set()


async def test_a_void_says_nothing_again_when_it_is_repeated(paypal: PayPal):
    order = await paypal.create("POST", ORDERS, ORDER | {"intent": "AUTHORIZE"})
    approve(paypal.app, order["id"], "balance")
    authorized = (await paypal.settle(order, "authorize")).json()
    id = authorized["purchase_units"][0]["payments"]["authorizations"][0]["id"]
    path = f"/v2/payments/authorizations/{id}/void"

    first = await paypal.call("POST", path, key="void:1", Prefer="return=minimal")
    again = await paypal.call("POST", path, key="void:1", Prefer="return=minimal")
    whole = await paypal.call("POST", path, key="void:1")

    assert [first.status_code, again.status_code, whole.status_code] == [204, 204, 200]
    assert whole.json()["status"] == "VOIDED"
