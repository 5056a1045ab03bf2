"""`/_sandbox/truth/…`: PayPal's rows stand beside Stripe's, in the same shape."""

from __future__ import annotations

from typing import Any

import pytest

from store.sandbox.paypal.balance import add_funds
from store.sandbox.paypal.disputes import open_dispute, resolve_dispute
from store.sandbox.paypal.payouts import PROCESSING_SECONDS, SETTLED_SECONDS
from store.sandbox.paypal.refunds import finish_refund, refund_by_merchant
from store.sandbox.paypal.settings import change_settings
from store.sandbox.paypal.tokens import issue_token
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import capture, later
from tests.sandbox.paypal.payouts import PATH, batch

SHAPE = {"provider", "account", "ref", "amount", "currency", "refunded", "metadata", "platform"}


async def truth(paypal: PayPal, what: str) -> list[dict[str, Any]]:
    rows = await paypal.sandbox.truth(what)
    return [row for row in rows if row["provider"] == "paypal"]


async def test_both_providers_are_told_of_when_both_took_money(paypal: PayPal) -> None:
    await paypal.sandbox.submit((await paypal.sandbox.open_session())["id"])
    made = capture(paypal, custom_id="payment-7")
    refund_by_merchant(paypal.app, made["id"], 400)

    rows = {row["provider"]: row for row in await paypal.sandbox.truth("captures")}

    assert set(rows) == {"stripe", "paypal"}
    assert (
        rows["paypal"]
        | {
            "account": paypal.app.merchant_id,
            "ref": made["id"],
            "amount": 2400,
            "currency": "usd",
            "refunded": 400,
            "client_reference_id": "payment-7",
            "order": made["_order"],
            "created": made["_created"],
            "fee": 133,
            "state": "PARTIALLY_REFUNDED",
        }
        == rows["paypal"]
    )
    assert set(rows["paypal"]) >= SHAPE
    assert rows["paypal"]["platform"] == rows["stripe"]["platform"]


@pytest.mark.parametrize("outcome", ["echeck", "review", "declined"])
async def test_capture_is_not_there_when_it_took_no_money(paypal: PayPal, outcome: str) -> None:
    capture(paypal, outcome=outcome)

    assert await truth(paypal, "captures") == []
    assert await truth(paypal, "balances") == []


@pytest.mark.parametrize(
    ("currency", "value", "amount"), [("HUF", "2400", 240_000), ("TWD", "24", 2400), ("JPY", "2400", 2400)]
)
async def test_amount_is_in_iso_units_when_paypal_counts_a_currency_whole(
    paypal: PayPal, currency: str, value: str, amount: int
) -> None:
    made = capture(paypal, value, currency=currency)

    (row,) = await truth(paypal, "captures")
    (balance,) = await truth(paypal, "balances")

    assert (row["amount"], row["currency"]) == (amount, currency.lower())
    assert balance["amount"] == amount - row["fee"]
    assert made["seller_receivable_breakdown"]["gross_amount"]["value"] == value


@pytest.mark.parametrize(
    ("status", "word", "given"),
    [
        ("COMPLETED", "succeeded", 400),
        ("PENDING", "pending", 400),
        ("FAILED", "failed", 0),
        ("CANCELLED", "canceled", 0),
    ],
)
async def test_refund_has_the_words_of_both_providers_when_it_is_told_of(
    paypal: PayPal, status: str, word: str, given: int
) -> None:
    made = capture(paypal)
    change_settings(paypal.app, refunds="pending")
    refund = refund_by_merchant(paypal.app, made["id"], 400)
    if status != "PENDING":
        finish_refund(paypal.app, refund["id"], status)

    (row,) = await truth(paypal, "refunds")

    assert (row["ref"], row["charge"], row["amount"]) == (refund["id"], made["id"], 400)
    assert (row["status"], row["state"], row["refunded"], row["reversal"]) == (word, status, given, False)


async def test_dispute_and_its_reversal_are_there_when_the_buyer_was_right(paypal: PayPal) -> None:
    made = capture(paypal)
    resolve_dispute(paypal.app, open_dispute(paypal.app, made["id"])["dispute_id"])

    (dispute,) = await truth(paypal, "disputes")
    (refund,) = await truth(paypal, "refunds")

    assert (dispute["charge"], dispute["amount"], dispute["outcome"]) == (made["id"], 2400, "RESOLVED_BUYER_FAVOUR")
    assert (refund["charge"], refund["amount"], refund["reversal"]) == (made["id"], 2400, True)


async def test_payout_is_there_from_its_beginning_to_its_end(paypal: PayPal) -> None:
    add_funds(paypal.app, 10_000, "USD")
    made = await paypal.create("POST", PATH, batch("returned@example.com", "vera@example.com"))

    before = await truth(paypal, "payouts")
    later(paypal, PROCESSING_SECONDS)
    later(paypal, SETTLED_SECONDS)
    paid, back = await truth(paypal, "payouts")

    assert [(row["state"], row["batch_state"]) for row in before] == [(None, "PENDING"), (None, "PENDING")]
    assert (paid["state"], paid["fee"], paid["refunded"]) == ("SUCCESS", 25, 0)
    assert (back["state"], back["fee"], back["refunded"]) == ("RETURNED", 0, 1000)
    assert {row["batch"] for row in (paid, back)} == {made["batch_header"]["payout_batch_id"]}
    assert (paid["receiver"], paid["sender_batch_id"], paid["sender_item_id"]) == (
        "vera@example.com",
        "row-1",
        "row-1:1",
    )
    (balance,) = await truth(paypal, "balances")
    assert (balance["account"], balance["amount"]) == (paypal.app.merchant_id, 10_000 - 1025)


async def test_events_and_requests_name_their_provider_when_they_are_told_of(paypal: PayPal) -> None:
    made = capture(paypal)
    await paypal.create("GET", f"/v2/payments/captures/{made['id']}")

    (event,) = await truth(paypal, "events")
    (request,) = await truth(paypal, "requests")

    assert (event["type"], event["object"]) == ("PAYMENT.CAPTURE.COMPLETED", made["id"])
    assert abs(event["created"] - paypal.app.now) <= 1
    assert event["deliveries"] == []
    assert (request["path"], request["status"]) == (f"/v2/payments/captures/{made['id']}", 200)
    assert issue_token(paypal.app) not in str(request)
