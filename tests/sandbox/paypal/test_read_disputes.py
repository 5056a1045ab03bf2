"""Disputes: opened and decided by a test, read by the payee, and what they do to their capture."""

from __future__ import annotations

import pytest

from store.sandbox.paypal.balance import read_balance
from store.sandbox.paypal.disputes import (
    ANSWER_SECONDS,
    LISTED_SECONDS,
    STATES,
    open_dispute,
    resolve_dispute,
    update_dispute,
)
from store.sandbox.paypal.objects import timestamp
from store.sandbox.paypal.refunds import refund_by_merchant
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import CAPTURES, capture, issue_of, last_resource, later, told, usd

PATH = "/v1/customer/disputes"


async def test_dispute_names_its_capture_when_it_is_read(paypal: PayPal) -> None:
    made = capture(paypal, custom_id="payment-7", invoice_id="shop-7-1")

    dispute = open_dispute(paypal.app, made["id"], "UNAUTHORISED", 500)

    shown = await paypal.create("GET", f"{PATH}/{dispute['dispute_id']}")
    (transaction,) = shown["disputed_transactions"]
    assert transaction["seller_transaction_id"] == made["id"]
    assert (transaction["custom"], transaction["invoice_number"]) == ("payment-7", "shop-7-1")
    assert (shown["status"], shown["dispute_life_cycle_stage"]) == ("WAITING_FOR_SELLER_RESPONSE", "CHARGEBACK")
    assert shown["dispute_amount"] == usd("5.00")
    assert shown["seller_response_due_date"] == timestamp(paypal.app.now + ANSWER_SECONDS)
    assert told(paypal)[-1] == "CUSTOMER.DISPUTE.CREATED"
    assert last_resource(paypal) == shown


async def test_part_is_not_refunded_when_the_capture_is_disputed(paypal: PayPal) -> None:
    made = capture(paypal)
    dispute = open_dispute(paypal.app, made["id"])

    part = await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {"amount": usd("1.00")})
    resolve_dispute(paypal.app, dispute["dispute_id"], "RESOLVED_SELLER_FAVOUR")
    after = await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {"amount": usd("1.00")})

    assert issue_of(part) == "TRANSACTION_DISPUTED"
    assert after.status_code == 201


async def test_everything_can_be_refunded_when_the_capture_is_disputed(paypal: PayPal) -> None:
    made = capture(paypal)
    open_dispute(paypal.app, made["id"])

    assert refund_by_merchant(paypal.app, made["id"])["amount"] == usd("24.00")


async def test_disputed_money_goes_back_when_the_buyer_is_right(paypal: PayPal) -> None:
    made = capture(paypal)
    dispute = open_dispute(paypal.app, made["id"], amount=500)

    resolve_dispute(paypal.app, dispute["dispute_id"], "RESOLVED_BUYER_FAVOUR")

    shown = await paypal.create("GET", f"{PATH}/{dispute['dispute_id']}")
    assert shown["status"] == "RESOLVED"
    assert shown["dispute_outcome"] == {"outcome_code": "RESOLVED_BUYER_FAVOUR", "amount_refunded": usd("5.00")}
    assert told(paypal)[-2:] == ["PAYMENT.CAPTURE.REVERSED", "CUSTOMER.DISPUTE.RESOLVED"]
    assert read_balance(paypal.app, "USD") == 2267 - 500
    assert (await paypal.create("GET", f"{CAPTURES}/{made['id']}"))["status_details"] == {"reason": "BUYER_COMPLAINT"}


async def test_money_stays_when_the_seller_is_right(paypal: PayPal) -> None:
    made = capture(paypal)
    dispute = open_dispute(paypal.app, made["id"])

    resolve_dispute(paypal.app, dispute["dispute_id"], "RESOLVED_SELLER_FAVOUR")

    assert read_balance(paypal.app, "USD") == 2267
    with pytest.raises(ValueError, match="resolved already"):
        resolve_dispute(paypal.app, dispute["dispute_id"])
    with pytest.raises(ValueError, match="RESOLVED, which cannot become OPEN"):
        update_dispute(paypal.app, dispute["dispute_id"], "OPEN")


@pytest.mark.parametrize("status", [status for status in STATES if status != "RESOLVED"])
async def test_dispute_goes_on_when_a_test_says_so(paypal: PayPal, status: str) -> None:
    dispute = open_dispute(paypal.app, capture(paypal)["id"])

    update_dispute(paypal.app, dispute["dispute_id"], status)

    assert (await paypal.create("GET", f"{PATH}/{dispute['dispute_id']}"))["status"] == status
    assert told(paypal)[-1] == "CUSTOMER.DISPUTE.UPDATED"


async def test_list_is_filtered_when_it_is_asked_for_less(paypal: PayPal) -> None:
    captures = [capture(paypal)["id"] for _ in range(3)]
    disputes = [open_dispute(paypal.app, one)["dispute_id"] for one in captures]
    resolve_dispute(paypal.app, disputes[0], "CANCELED_BY_BUYER")

    async def listed(**query: str) -> list[str]:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return [one["dispute_id"] for one in (await paypal.create("GET", f"{PATH}?{text}")).get("items", [])]

    assert await listed() == disputes[::-1]
    assert await listed(disputed_transaction_id=captures[1]) == [disputes[1]]
    assert await listed(dispute_state="RESOLVED,APPEALABLE") == [disputes[0]]
    assert await listed(dispute_state="UNDER_PAYPAL_REVIEW") == []
    assert await listed(page_size="2") == disputes[:0:-1]
    assert await listed(page_size="2", next_page_token="2") == [disputes[0]]
    assert await listed(start_time=timestamp(paypal.app.now + 1)) == []
    later(paypal, LISTED_SECONDS)
    assert await listed() == []


async def test_second_dispute_is_refused_when_one_is_open(paypal: PayPal) -> None:
    made = capture(paypal)
    open_dispute(paypal.app, made["id"])

    with pytest.raises(ValueError, match="open dispute already"):
        open_dispute(paypal.app, made["id"])


async def test_nothing_is_disputed_when_no_money_was_taken(paypal: PayPal) -> None:
    made = capture(paypal, outcome="echeck")

    with pytest.raises(ValueError, match="PENDING: 0 minor units"):
        open_dispute(paypal.app, made["id"])
