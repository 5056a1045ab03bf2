"""An approved order is captured once, and what its buyer chose decides what becomes of the money."""

from __future__ import annotations

import pytest

from store.sandbox.paypal.approval import OUTCOMES, approve, cancel
from store.sandbox.paypal.errors import PayPalError
from store.sandbox.paypal.settings import change_settings
from tests.sandbox.paypal.conftest import UNIT, PayPal

ORDERS = "/v2/checkout/orders"


def capture_of(order):
    return order["purchase_units"][0]["payments"]["captures"][0]


def issue_of(answer):
    return answer.json()["details"][0]["issue"]


def told(direct: PayPal):
    return [event["event_type"] for event in direct.app.world.find(direct.app.merchant_id, "paypal_event")][::-1]


async def test_an_approved_order_is_captured_and_told_of(direct: PayPal):
    order = await direct.approve(unit=UNIT | {"custom_id": "17", "invoice_id": "OP-17-1"})

    answer = await direct.settle(order)
    again = await direct.settle(order)

    captured = answer.json()
    assert (answer.status_code, captured["status"], capture_of(captured)["status"]) == (201, "COMPLETED", "COMPLETED")
    assert capture_of(captured)["custom_id"] == "17"
    assert captured["payer"]["email_address"] == captured["payment_source"]["paypal"]["email_address"]
    assert (again.status_code, issue_of(again)) == (422, "ORDER_ALREADY_CAPTURED")
    assert told(direct) == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.COMPLETED"]


async def test_an_order_is_not_captured_when_its_buyer_has_not_approved(direct: PayPal):
    order = await direct.open_order()
    cancel(direct.app, order["id"])

    answer = await direct.settle(order)

    assert (answer.status_code, issue_of(answer)) == (422, "ORDER_NOT_APPROVED")


async def test_a_declined_order_stays_open_for_another_means(direct: PayPal):
    order = await direct.approve("declined")
    declined = await direct.settle(order)
    open_still = await direct.call("GET", f"{ORDERS}/{order['id']}")
    approve(direct.app, order["id"], "balance")

    captured = await direct.settle(order)

    assert (declined.status_code, issue_of(declined)) == (422, "INSTRUMENT_DECLINED")
    back = {link["rel"]: link["href"] for link in declined.json()["links"]}
    assert back["redirect"].endswith(f"/checkoutnow?token={order['id']}")
    assert open_still.json()["status"] == "APPROVED"
    assert capture_of(captured.json())["status"] == "COMPLETED"


async def test_an_order_is_refused_for_good_when_it_was_declined_too_often(direct: PayPal):
    change_settings(direct.app, attempts=2)
    order = await direct.approve("declined")

    answers = [issue_of(await direct.settle(order)) for _ in range(3)]

    assert answers == ["INSTRUMENT_DECLINED"] * 2 + ["MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED"]


async def test_the_buyer_is_sent_back_when_paypal_wants_an_action(direct: PayPal):
    order = await direct.approve("action")

    answer = await direct.settle(order)
    seen = await direct.call("GET", f"{ORDERS}/{order['id']}")

    assert (answer.status_code, issue_of(answer)) == (422, "PAYER_ACTION_REQUIRED")
    assert answer.json()["links"][-1]["rel"] == "payer-action"
    assert seen.json()["status"] == "PAYER_ACTION_REQUIRED"


@pytest.mark.parametrize(("outcome", "reason"), [("echeck", "ECHECK"), ("review", "PENDING_REVIEW")])
async def test_an_order_is_completed_and_its_capture_pending_when_the_money_is_not_there_yet(
    direct: PayPal, outcome: str, reason: str
):
    order = await direct.approve(outcome)

    captured = (await direct.settle(order)).json()

    assert captured["status"] == "COMPLETED"
    assert capture_of(captured)["status"] == "PENDING"
    assert capture_of(captured)["status_details"] == {"reason": reason}
    assert "seller_receivable_breakdown" not in capture_of(captured)


async def test_a_minimal_answer_keeps_the_captures_unless_the_account_is_set_otherwise(direct: PayPal):
    kept = await direct.settle(await direct.approve(), Prefer="return=minimal")
    change_settings(direct.app, minimal_captures=False)
    bare = await direct.settle(await direct.approve(), Prefer="return=minimal")

    assert capture_of(kept.json())["status"] == "COMPLETED"
    assert "intent" not in kept.json()
    assert set(bare.json()) == {"id", "status", "links"}


async def test_an_order_to_authorize_is_not_captured(direct: PayPal):
    order = await direct.create("POST", ORDERS, {"intent": "AUTHORIZE", "purchase_units": [UNIT]})
    approve(direct.app, order["id"], "balance")

    answer = await direct.settle(order)

    assert (answer.status_code, issue_of(answer)) == (422, "ACTION_DOES_NOT_MATCH_INTENT")


async def test_the_buyers_address_is_added_when_the_merchant_leaves_it_to_them(direct: PayPal):
    given = {"address": {"country_code": "DE", "admin_area_2": "Berlin", "postal_code": "10115"}}
    theirs = await direct.approve()
    ours = await direct.approve(
        unit=UNIT | {"shipping": given}, application_context={"shipping_preference": "SET_PROVIDED_ADDRESS"}
    )
    none = await direct.approve(application_context={"shipping_preference": "NO_SHIPPING"})

    seen = [(await direct.call("GET", f"{ORDERS}/{order['id']}")).json() for order in (theirs, ours, none)]

    units = [order["purchase_units"][0] for order in seen]
    assert units[0]["shipping"]["address"]["postal_code"] == "95131"
    assert units[1]["shipping"] == given
    assert "shipping" not in units[2]


async def test_nobody_approves_an_order_that_is_over_or_processed(direct: PayPal):
    done = await direct.approve()
    await direct.settle(done)
    late = await direct.open_order()
    direct.advance(6 * 3600)

    with pytest.raises(PayPalError) as processed:
        approve(direct.app, done["id"], "balance")
    with pytest.raises(PayPalError) as over:
        cancel(direct.app, late["id"])

    assert (processed.value.status, over.value.status) == (422, 404)


async def test_an_outcome_is_refused_when_it_is_none(direct: PayPal):
    order = await direct.open_order()

    with pytest.raises(ValueError, match=OUTCOMES[-1]):
        approve(direct.app, order["id"], "maybe")
