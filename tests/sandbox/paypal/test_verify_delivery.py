"""What PayPal says of a delivery that is sent back to it, and of one that its simulator made."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from store.sandbox.paypal.app import name_app
from store.sandbox.paypal.signing import SIMULATED
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.telling import EVENTS, URL, deliver, is_good, register, tell

SIMULATIONS = (
    "CHECKOUT.ORDER.APPROVED",
    "CUSTOMER.DISPUTE.CREATED",
    "PAYMENT.AUTHORIZATION.VOIDED",
    "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.PAYOUTSBATCH.SUCCESS",
)


@pytest.mark.parametrize("type", SIMULATIONS)
async def test_a_simulated_event_is_signed_for_no_webhook_when_it_arrives(paypal: PayPal, type: str) -> None:
    webhook = await register(paypal)

    answer = await paypal.call("POST", "/v1/notifications/simulate-event", {"webhook_id": webhook, "event_type": type})
    [request] = await deliver(paypal)

    assert (answer.status_code, answer.json()) == (202, json.loads(request.content))
    assert f"{request.url}" == URL
    assert is_good(paypal, request, SIMULATED)
    assert not is_good(paypal, request, webhook)
    assert (await paypal.call("GET", f"{EVENTS}/{answer.json()['id']}")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"event_type": "PAYMENT.CAPTURE.COMPLETED"},
        {"event_type": "PAYMENT.CAPTURE.COMPLETED", "url": "http://shop.example.com/"},
        {"event_type": "PAYMENT.CAPTURE.EXPLODED", "url": URL},
        # The schema of the call knows no hyphen, although names have one.
        {"event_type": "PAYMENT.PAYOUTS-ITEM.HELD", "url": URL},
        {"url": URL},
    ],
    ids=["no address", "plain http", "no such event", "hyphen", "no event"],
)
async def test_nothing_is_simulated_when_address_or_event_is_wrong(paypal: PayPal, body: Any) -> None:
    answer = await paypal.call("POST", "/v1/notifications/simulate-event", body)

    assert (answer.status_code, answer.json()["name"]) == (400, "VALIDATION_ERROR")
    assert await deliver(paypal) == []


def verification(request: httpx.Request, webhook: str, **changes: str) -> bytes:
    """A verify call's body with the delivery's bytes spliced in as they are."""
    names = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
    sent = {name.replace("-", "_"): request.headers[f"paypal-{name}"] for name in names}
    head = json.dumps(sent | {"webhook_id": webhook} | changes)[:-1]
    return head.encode() + b', "webhook_event": ' + request.content + b"}"


async def verify(paypal: PayPal, body: bytes) -> str:
    answer = await paypal.client.post(
        "/v1/notifications/verify-webhook-signature", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["verification_status"])


async def test_a_delivery_is_confirmed_when_its_bytes_are_sent_back(paypal: PayPal) -> None:
    webhook = await register(paypal)
    tell(paypal)
    [request] = await deliver(paypal)

    assert await verify(paypal, verification(request, webhook)) == "SUCCESS"


async def test_a_delivery_is_not_confirmed_when_bytes_webhook_or_time_are_others(paypal: PayPal) -> None:
    webhook, other = await register(paypal), await register(paypal, url=f"{URL}/2")
    tell(paypal)
    received = await deliver(paypal)
    request = next(one for one in received if f"{one.url}" == URL)
    true = verification(request, webhook)

    assert await verify(paypal, true) == "SUCCESS"
    assert await verify(paypal, true.replace(request.content, json.dumps(json.loads(request.content)).encode())) == (
        "FAILURE"
    )
    assert await verify(paypal, verification(request, other)) == "FAILURE"
    assert await verify(paypal, verification(request, webhook, transmission_time="2016-02-18T20:01:35Z")) == "FAILURE"


async def test_a_delivery_is_not_confirmed_when_the_webhook_is_another_apps(paypal: PayPal) -> None:
    other = name_app(paypal.sandbox.app.state.worlds.find("other"), "other")
    webhook = await register(paypal)
    tell(paypal)
    [request] = await deliver(paypal)

    answer = await paypal.sandbox.client.post(
        "/v1/notifications/verify-webhook-signature",
        content=verification(request, webhook),
        auth=(other.client_id, f"{other.client_id}-secret"),
        headers={"Content-Type": "application/json"},
    )

    assert answer.json() == {"verification_status": "FAILURE"}
