"""An order is created in PayPal's form: either link form, whole or short, and gone when its time is up."""

from __future__ import annotations

import pytest

from store.sandbox.paypal.settings import change_settings
from tests.sandbox.paypal.conftest import UNIT, PayPal

ORDERS = "/v2/checkout/orders"
WALLET = {"paypal": {"experience_context": {"return_url": "http://localhost:8000/back", "user_action": "PAY_NOW"}}}


def rels(order):
    return [link["rel"] for link in order["links"]]


async def test_an_order_waits_with_an_approve_link_when_nothing_is_said_of_the_approval(direct: PayPal):
    plain = await direct.open_order()
    deprecated = await direct.open_order(application_context={"return_url": "http://localhost:8000/back"})

    assert [plain["status"], deprecated["status"]] == ["CREATED", "CREATED"]
    assert rels(plain) == rels(deprecated) == ["self", "approve", "update", "capture"]
    assert plain["links"][1]["href"] == f"http://127.0.0.1:8001/checkoutnow?token={plain['id']}"


async def test_an_order_wants_an_action_when_it_has_an_experience_context(direct: PayPal):
    order = await direct.open_order(payment_source=WALLET)

    assert order["status"] == "PAYER_ACTION_REQUIRED"
    assert rels(order) == ["self", "payer-action"]
    assert order["payment_source"] == {"paypal": {}}


async def test_only_id_status_and_links_are_answered_when_the_caller_prefers_the_minimum(direct: PayPal):
    body = {"intent": "CAPTURE", "purchase_units": [UNIT]}

    default = await direct.call("POST", ORDERS, body, Prefer="")
    minimal = await direct.call("POST", ORDERS, body, Prefer="return=minimal")

    assert set(default.json()) == set(minimal.json()) == {"id", "status", "links"}
    assert default.status_code == 201


async def test_units_come_back_with_reference_payee_and_whole_money_when_they_had_none(direct: PayPal):
    order = await direct.open_order({"amount": {"currency_code": "USD", "value": "24"}, "custom_id": "17"})

    payee = {"email_address": direct.app.email, "merchant_id": direct.app.merchant_id}
    money = {"currency_code": "USD", "value": "24.00"}
    assert order["purchase_units"] == [{"reference_id": "default", "amount": money, "custom_id": "17", "payee": payee}]


async def test_an_order_is_gone_when_nobody_approved_it_in_six_hours(direct: PayPal):
    order = await direct.open_order()
    direct.advance(6 * 3600 - 1)
    before = await direct.call("GET", f"{ORDERS}/{order['id']}")
    direct.advance(1)

    after = await direct.call("GET", f"{ORDERS}/{order['id']}")
    capture = await direct.settle(order)

    assert before.status_code == 200
    assert (after.status_code, after.json()["name"]) == (404, "RESOURCE_NOT_FOUND")
    assert after.json()["details"][0]["issue"] == capture.json()["details"][0]["issue"] == "INVALID_RESOURCE_ID"


async def test_an_order_has_six_more_hours_when_it_was_approved(direct: PayPal):
    order = await direct.approve()
    direct.advance(6 * 3600 - 1)
    before = await direct.call("GET", f"{ORDERS}/{order['id']}")
    direct.advance(1)

    capture = await direct.settle(order)

    assert before.json()["status"] == "APPROVED"
    assert capture.status_code == 404


async def test_an_approved_order_to_authorize_says_that_it_is_expired(direct: PayPal):
    body = {"intent": "AUTHORIZE", "purchase_units": [UNIT]}
    order = await direct.create("POST", ORDERS, body)
    direct.advance(6 * 3600)

    answer = await direct.settle(order, "authorize")

    assert (answer.status_code, answer.json()["details"][0]["issue"]) == (422, "ORDER_EXPIRED")


async def test_an_order_waits_as_long_as_the_account_is_set_to(direct: PayPal):
    change_settings(direct.app, order_seconds=8 * 3600)
    order = await direct.open_order()

    direct.advance(8 * 3600 - 1)

    assert (await direct.call("GET", f"{ORDERS}/{order['id']}")).status_code == 200


@pytest.mark.parametrize("change", [{"order_seconds": "6"}, {"nonsense": 1}, {"status": "happy"}])
async def test_a_setting_is_refused_when_it_is_none(direct: PayPal, change):
    with pytest.raises(ValueError, match="is no setting of a PayPal account"):
        change_settings(direct.app, **change)


async def test_an_order_that_is_confirmed_waits_for_its_buyers_action(direct: PayPal):
    order = await direct.open_order()
    source = {"paypal": {"experience_context": {"brand_name": "Overprint", "shipping_preference": "NO_SHIPPING"}}}

    confirmed = await direct.create(
        "POST", f"{ORDERS}/{order['id']}/confirm-payment-source", {"payment_source": source}
    )

    assert (confirmed["status"], rels(confirmed)) == ("PAYER_ACTION_REQUIRED", ["self", "payer-action"])
    assert (confirmed["id"], confirmed["payment_source"]) == (order["id"], {"paypal": {}})


async def test_a_payer_and_what_is_known_of_the_wallet_come_back(direct: PayPal):
    order = await direct.open_order(
        payer={"email_address": "ada@example.com"}, payment_source={"paypal": {"email_address": "ada@example.com"}}
    )

    assert order["payer"] == {"email_address": "ada@example.com"}
    assert order["payment_source"] == {"paypal": {"email_address": "ada@example.com"}}
    assert order["status"] == "CREATED"


async def test_all_that_is_wrong_is_told_at_once(direct: PayPal):
    fee = {"amount": {"currency_code": "USD", "value": "1.001"}}
    change_settings(direct.app, platform_fees=True)
    wrong = {"amount": {"currency_code": "USD", "value": "-1.00"}, "payment_instruction": {"platform_fees": [fee]}}

    answer = await direct.call("POST", ORDERS, {"intent": "CAPTURE", "purchase_units": [wrong]})

    issues = [detail["issue"] for detail in answer.json()["details"]]
    assert issues == ["CANNOT_BE_ZERO_OR_NEGATIVE", "DECIMAL_PRECISION"]
