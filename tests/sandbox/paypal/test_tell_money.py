"""What events of payments, payouts and disputes are about has the shape that a look at it has."""

from __future__ import annotations

from store.sandbox.paypal.balance import add_funds
from store.sandbox.paypal.captures import finish_capture
from store.sandbox.paypal.disputes import open_dispute, resolve_dispute, update_dispute
from store.sandbox.paypal.payout_items import LATER, REFUNDED_SECONDS, RULES, UNCLAIMED_SECONDS
from store.sandbox.paypal.payouts import SETTLED_SECONDS, finish_payout_batch
from store.sandbox.paypal.refunds import finish_refund, refund_by_merchant, reverse_capture
from store.sandbox.paypal.settings import change_settings
from tests.sandbox.paypal.conform import check
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import authorize, capture, later
from tests.sandbox.paypal.payouts import ITEMS, PATH, batch

LOOKS = {
    "capture": "captures.get",
    "refund": "refunds.get",
    "authorization": "authorizations.get",
    "payouts": "payouts.get",
    "payouts_item": "payouts-item.get",
    "dispute": "disputes.get",
}
TOLD = {
    *(f"PAYMENT.CAPTURE.{word}" for word in ("COMPLETED", "PENDING", "DENIED", "REFUNDED", "REVERSED")),
    *("PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"),
    *("PAYMENT.AUTHORIZATION.CREATED", "PAYMENT.AUTHORIZATION.VOIDED"),
    *(f"PAYMENT.PAYOUTSBATCH.{word}" for word in ("PROCESSING", "SUCCESS", "DENIED")),
    *(f"PAYMENT.PAYOUTS-ITEM.{word}" for word in ("SUCCEEDED", "FAILED", "UNCLAIMED", "RETURNED", "HELD", "BLOCKED")),
    *(f"PAYMENT.PAYOUTS-ITEM.{word}" for word in ("REFUNDED", "CANCELED", "DENIED")),
    *(f"CUSTOMER.DISPUTE.{word}" for word in ("CREATED", "UPDATED", "RESOLVED")),
}


async def test_resource_is_as_the_api_shows_it_when_anything_is_told(paypal: PayPal) -> None:
    await _pay(paypal)
    await _pay_out(paypal)

    events = paypal.app.world.find(paypal.app.merchant_id, "paypal_event")
    for event in events:
        check(LOOKS[event["resource_type"]], 200, event["resource"])
    assert {event["event_type"] for event in events} == TOLD


async def _pay(paypal: PayPal) -> None:
    made = capture(paypal, invoice_id="shop-1")
    refund_by_merchant(paypal.app, made["id"], 100)
    reverse_capture(paypal.app, made["id"], 100)
    finish_capture(paypal.app, capture(paypal, outcome="echeck")["id"], "DECLINED")
    other = capture(paypal)
    change_settings(paypal.app, refunds="pending")
    finish_refund(paypal.app, refund_by_merchant(paypal.app, other["id"])["id"], "FAILED")
    dispute = open_dispute(paypal.app, other["id"])["dispute_id"]
    update_dispute(paypal.app, dispute, "UNDER_REVIEW")
    resolve_dispute(paypal.app, dispute)
    await paypal.create("POST", f"/v2/payments/authorizations/{authorize(paypal)['id']}/void")


async def _pay_out(paypal: PayPal) -> None:
    add_funds(paypal.app, 100_000, "USD")
    words = ("vera", "unclaimed+2", *RULES, *LATER)
    every = await paypal.create("POST", PATH, batch(*(f"{word}@example.com" for word in words)))
    later(paypal, SETTLED_SECONDS)
    items = (await paypal.create("GET", f"{PATH}/{every['batch_header']['payout_batch_id']}"))["items"]
    unclaimed = next(item for item in items if item["transaction_status"] == "UNCLAIMED")
    await paypal.create("POST", f"{ITEMS}/{unclaimed['payout_item_id']}/cancel")
    later(paypal, REFUNDED_SECONDS)
    later(paypal, UNCLAIMED_SECONDS)
    denied = await paypal.create("POST", PATH, batch("vera@example.com", name="row-2"))
    finish_payout_batch(paypal.app, denied["batch_header"]["payout_batch_id"], "DENIED")
