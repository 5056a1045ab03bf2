"""PayPal's deliveries as the sandbox sends them: believed when it signed them, refused with any of its flaws."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest

from store.gateways.paypal.gateway import PayPalGateway
from store.gateways.port import BadSignature
from store.kit import clock
from store.sandbox.paypal.disputes import open_dispute
from store.sandbox.paypal.refunds import reverse_capture
from tests.gateways.checkouts import refund_of
from tests.gateways.paypal_bench import PayPalBench
from tests.gateways.test_contract_every_rail import make_request, pay_for
from tests.gateways.test_contract_paypal import open_order
from tests.world import SHOP, make_paypal

Bench = PayPalBench


async def test_deliveries_are_believed_and_lead_to_the_payment_when_the_sandbox_sends_them(paypal_bench: Bench) -> None:
    gateway = paypal_bench.make_gateway(await paypal_bench.subscribe())
    request = make_request(paypal_bench)
    ref, capture_ref = await pay_for(paypal_bench, request)
    await gateway.refund(refund_of(request, capture_ref, amount=100))
    reverse_capture(paypal_bench.app, capture_ref, 200)
    open_dispute(paypal_bench.app, capture_ref)

    await paypal_bench.deliver()

    notices = {}
    for headers, body in paypal_bench.inbox.taken:
        await gateway.verify_event(headers, body)
        notice = gateway.read_event(body)
        notices[notice.type] = notice
    approved, captured = notices["CHECKOUT.ORDER.APPROVED"], notices["PAYMENT.CAPTURE.COMPLETED"]
    assert (approved.payment_ref, approved.payment_id) == (ref, request.payment_id)
    assert (captured.payment_ref, captured.payment_id, captured.capture_ref) == (ref, request.payment_id, capture_ref)
    assert notices["PAYMENT.CAPTURE.REFUNDED"].capture_ref == capture_ref
    assert notices["PAYMENT.CAPTURE.REVERSED"].capture_ref == capture_ref
    disputed = notices["CUSTOMER.DISPUTE.CREATED"]
    assert (disputed.capture_ref, bool(disputed.dispute_ref)) == (capture_ref, True)
    with pytest.raises(BadSignature):
        await paypal_bench.gateway.verify_event(headers, body)


@pytest.mark.parametrize(
    "flaw",
    ["forge", "old_timestamp", "wrong_secret", "foreign_cert", "other_webhook", "signed_crc", "reserialize"],
)
async def test_delivery_is_refused_when_the_sandbox_gives_it_a_flaw(paypal_bench: Bench, flaw: str) -> None:
    gateway = paypal_bench.make_gateway(await paypal_bench.subscribe())
    seconds = {"seconds": 3 * 86400} if flaw == "old_timestamp" else {}
    told = await paypal_bench.console.post("/_sandbox/webhooks", json={"action": flaw, "count": 1, **seconds})
    assert told.status_code == 200, told.text
    await open_order(paypal_bench, "balance")

    await paypal_bench.deliver()

    headers, body = paypal_bench.inbox.taken[0]
    with pytest.raises(BadSignature):
        await gateway.verify_event(headers, body)


async def test_paypal_itself_confirms_a_delivery_when_it_is_asked(paypal_bench: Bench) -> None:
    webhook_id = await paypal_bench.subscribe()
    asking = dataclasses.replace(make_paypal(paypal_bench.data, "overprint", webhook_id), verify="call")
    gateway = PayPalGateway(asking, SHOP, paypal_bench.wire)
    await open_order(paypal_bench, "balance")
    await paypal_bench.deliver()
    headers, body = paypal_bench.inbox.taken[0]

    await gateway.verify_event(headers, body)

    with pytest.raises(BadSignature):
        await gateway.verify_event(headers, json.dumps(json.loads(body), indent=1).encode())


async def test_listed_events_are_those_that_were_delivered(paypal_bench: Bench) -> None:
    await paypal_bench.subscribe()
    before = clock.now() - timedelta(minutes=1)
    await pay_for(paypal_bench, make_request(paypal_bench))
    await paypal_bench.deliver()
    types = ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"]

    pages: list[Any] = [page async for page in paypal_bench.gateway.list_events("", before, types)]

    delivered = [paypal_bench.gateway.read_event(body) for _, body in paypal_bench.inbox.taken]
    listed = [one.notice for page in pages for one in page]
    assert sorted(listed, key=lambda one: one.event_id) == sorted(
        (one for one in delivered if one.type in types), key=lambda one: one.event_id
    )


async def test_deliveries_are_believed_when_paypal_signs_with_another_certificate(paypal_bench: Bench) -> None:
    gateway = paypal_bench.make_gateway(await paypal_bench.subscribe())
    await open_order(paypal_bench, "balance")
    await paypal_bench.deliver()
    told = await paypal_bench.console.post("/_sandbox/paypal", json={"action": "rotate_certificate"})
    assert told.status_code == 200, told.text
    await open_order(paypal_bench, "balance")

    await paypal_bench.deliver()

    places = set()
    for headers, body in paypal_bench.inbox.taken:
        await gateway.verify_event(headers, body)
        places.add(headers["paypal-cert-url"])
    assert len(places) == 2
