"""`PayPal-Mock-Response`: every issue that PayPal lists can be asked for, and then nothing happens."""

from __future__ import annotations

import json
import re

import pytest

from store.sandbox.paypal.approval import approve
from store.sandbox.paypal.settings import change_settings
from store.sandbox.paypal.spec import list_issues, load_spec, operation
from tests.sandbox.paypal.conftest import UNIT, PayPal

ORDERS = "/v2/checkout/orders"
LISTED = [name for name in load_spec()["issues"] if list_issues(name)]


def ask_for(code: object) -> dict[str, str]:
    return {"PayPal_Mock_Response": json.dumps({"mock_application_codes": code})}


@pytest.mark.parametrize("operation_id", LISTED)
async def test_every_issue_of_an_operation_can_be_asked_for(direct: PayPal, operation_id: str):
    node = operation(operation_id)
    path = re.sub(r"{\w+}", "5O190127TN364715T", node["path"])

    for status, name in list_issues(operation_id):
        answer = await direct.call(node["method"], path, **ask_for(name))

        assert (answer.status_code, answer.json()["details"][0]["issue"]) == (status, name)


async def test_nothing_happens_when_an_issue_is_asked_for(direct: PayPal):
    order = await direct.approve()

    refused = await direct.settle(order, **ask_for("INSTRUMENT_DECLINED"))
    created = await direct.call(
        "POST", ORDERS, {"intent": "CAPTURE", "purchase_units": [UNIT]}, **ask_for("PAYMENT_DENIED")
    )

    assert refused.json()["links"][-1]["href"].endswith(f"/checkoutnow?token={order['id']}")
    assert created.status_code == 422
    assert len(direct.app.world.find(None, "paypal_order")) == 1
    assert (await direct.settle(order)).status_code == 201


@pytest.mark.parametrize(
    "header", ["nonsense", "[]", '{"mock_application_codes": 7}', '{"mock_application_codes": "X"}']
)
async def test_the_header_is_refused_when_it_asks_for_nothing_known(direct: PayPal, header: str):
    answer = await direct.call("GET", f"{ORDERS}/5O190127TN364715T", PayPal_Mock_Response=header)

    assert answer.status_code == 400
    assert answer.json()["details"][0]["field"] == "PayPal-Mock-Response"


async def test_an_issue_stays_when_the_account_is_set_to_it(direct: PayPal):
    order = await direct.open_order()
    approve(direct.app, order["id"], "balance")
    change_settings(direct.app, issues={"orders.capture": "TRANSACTION_REFUSED"})
    refused = [(await direct.settle(order)).json()["details"][0]["issue"] for _ in range(2)]
    change_settings(direct.app, issues={})

    captured = await direct.settle(order)

    assert refused == ["TRANSACTION_REFUSED"] * 2
    assert captured.status_code == 201
