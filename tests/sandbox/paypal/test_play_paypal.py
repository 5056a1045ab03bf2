"""PayPal's scenario cards: what each sets comes about at PayPal's side, and the other provider is left alone."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from store.sandbox.paypal.captures import ECHECK_SECONDS
from store.sandbox.paypal.settings import ORDER_SECONDS
from tests.sandbox.paypal.conftest import PayPal

URL = "http://localhost:8000/webhooks/paypal"
ORDERS = "/v2/checkout/orders"


@pytest.fixture
async def told(paypal: PayPal) -> PayPal:
    """An app with a webhook for everything, and an endpoint of the other provider."""
    await paypal.create("POST", "/v1/notifications/webhooks", {"url": URL, "event_types": [{"name": "*"}]})
    await paypal.sandbox.add_endpoint()
    return paypal


async def play(paypal: PayPal, name: str) -> httpx.Response:
    return await paypal.sandbox.client.post(f"/console/scenarios/{name}", follow_redirects=True)


async def approve(paypal: PayPal, outcome: str = "balance") -> str:
    order = await paypal.open_order()
    await paypal.sandbox.tell("paypal", action="approve", id=order["id"], outcome=outcome)
    return str(order["id"])


async def capture(paypal: PayPal, order: str, **more: Any) -> httpx.Response:
    return await paypal.call("POST", f"{ORDERS}/{order}/capture", {}, **more)


async def deliver(paypal: PayPal) -> list[str]:
    """The types that reached the shop until nothing was due any more."""
    before = len(paypal.sandbox.shop.received)
    while await paypal.sandbox.app.state.deliveries.run_due():
        pass
    bodies = [json.loads(one.content) for one in paypal.sandbox.shop.received[before:]]
    return [body.get("event_type") or body["type"] for body in bodies]


async def test_approval_and_capture_are_told_when_paid(told: PayPal) -> None:
    await play(told, "paypal-paid")

    await capture(told, await approve(told))

    assert sorted(await deliver(told)) == [
        "CHECKOUT.ORDER.APPROVED",
        "CHECKOUT.ORDER.COMPLETED",
        "PAYMENT.CAPTURE.COMPLETED",
    ]


async def test_the_same_order_is_paid_when_another_card_is_chosen(told: PayPal) -> None:
    await play(told, "paypal-declined-then-paid")
    order = await approve(told, "declined")

    declined = await capture(told, order)
    await told.sandbox.tell("paypal", action="approve", id=order)
    paid = await capture(told, order)

    assert declined.json()["details"][0]["issue"] == "INSTRUMENT_DECLINED"
    assert paid.json()["purchase_units"][0]["payments"]["captures"][0]["status"] == "COMPLETED"


@pytest.mark.parametrize(("name", "due"), [("paypal-webhook-lost", None), ("paypal-webhook-late", 20)])
async def test_only_paypals_webhooks_are_lost_or_late_when_set(told: PayPal, name: str, due: int | None) -> None:
    await play(told, name)

    await approve(told)
    await told.sandbox.create("/v1/customers", {"email": "ada@example.com"})

    assert await deliver(told) == ["customer.created"]
    [entry] = told.sandbox.app.state.deliveries.list_log(type="CHECKOUT.ORDER.APPROVED")
    assert entry["state"] == ("dropped" if due is None else "waiting")
    assert due is None or round(entry["due"] - entry["created"]) == due


async def test_two_flawed_deliveries_come_first_when_forged(told: PayPal) -> None:
    await play(told, "paypal-webhook-forged")

    await capture(told, await approve(told))

    flaws = [one["tampering"] for one in told.sandbox.app.state.deliveries.list_log()]
    assert sorted(flaw.split()[0] for flaw in flaws if flaw) == ["foreign_cert", "forge"]


async def test_money_comes_after_four_days_when_it_is_an_echeck(told: PayPal) -> None:
    page = await play(told, "paypal-echeck-completes")
    pending = (await capture(told, await approve(told, "echeck"))).json()
    id = pending["purchase_units"][0]["payments"]["captures"][0]["id"]

    assert f'name="advance" value="{ECHECK_SECONDS}"' in page.text
    await told.sandbox.client.post("/console/clock", data={"advance": f"{ECHECK_SECONDS}"})

    [row] = told.app.world.find(told.app.merchant_id, "paypal_capture", id=id)
    assert row["status"] == "COMPLETED"
    assert (await deliver(told))[-1] == "PAYMENT.CAPTURE.COMPLETED"


async def test_the_answer_alone_is_lost_when_a_capture_is_taken(told: PayPal) -> None:
    order = await approve(told)
    await play(told, "paypal-answer-lost")
    rule = told.sandbox.app.state.faults.requests[0]
    rule.seconds = 0.0  # nobody here waits for a minute

    with pytest.raises(httpx.RemoteProtocolError):
        await capture(told, order, key="cap-1")

    again = await capture(told, order, key="cap-1")
    assert (again.status_code, again.json()["status"]) == (200, "COMPLETED")
    assert len(told.app.world.find(told.app.merchant_id, "paypal_capture")) == 1


async def test_the_order_is_gone_when_six_hours_have_passed(told: PayPal) -> None:
    page = await play(told, "paypal-order-expires")
    order = await told.open_order()

    assert f'name="advance" value="{ORDER_SECONDS}"' in page.text
    await told.sandbox.client.post("/console/clock", data={"advance": f"{ORDER_SECONDS}"})

    assert (await told.call("GET", f"{ORDERS}/{order['id']}")).status_code == 404


async def test_stripe_goes_on_when_paypal_is_down_until_it_ends(told: PayPal) -> None:
    await play(told, "paypal-down")
    down = [(await told.call("GET", path)).status_code for path in ("/v1/notifications/webhooks", f"{ORDERS}/X")]
    stripe = await told.sandbox.call("GET", "/v1/customers")

    await told.sandbox.client.post("/console/scenarios/end")

    assert down == [503, 503]
    assert stripe.status_code == 200
    assert (await told.call("GET", "/v1/notifications/webhooks")).status_code == 200


async def test_paypal_goes_on_when_stripe_is_down(told: PayPal) -> None:
    await play(told, "stripe-down")

    assert (await told.sandbox.call("GET", "/v1/customers")).status_code == 503
    assert (await told.call("GET", "/v1/notifications/webhooks")).status_code == 200
    assert (
        await told.sandbox.client.post("/v1/oauth2/token", data={"grant_type": "client_credentials"})
    ).status_code == 401
