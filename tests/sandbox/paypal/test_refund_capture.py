"""Refunds: in full or in parts, at once or by a bank, by the API or at PayPal's own pages, and reversals."""

from __future__ import annotations

import pytest

from store.sandbox.paypal.balance import read_balance
from store.sandbox.paypal.captures import ECHECK_SECONDS, finish_capture
from store.sandbox.paypal.refund_checks import REFUNDABLE_SECONDS
from store.sandbox.paypal.refunds import REFUND_SECONDS, finish_refund, refund_by_merchant, reverse_capture
from store.sandbox.paypal.settings import change_settings
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import CAPTURES, capture, issue_of, last_resource, later, told, usd

REFUNDS = "/v2/payments/refunds"


async def test_all_that_is_left_goes_back_when_the_body_is_empty(paypal: PayPal) -> None:
    made = capture(paypal)
    path = f"{CAPTURES}/{made['id']}"
    await paypal.create("POST", f"{path}/refund", {"amount": usd("4.00")})

    refund = await paypal.create("POST", f"{path}/refund", {})

    assert (refund["status"], refund["amount"]) == ("COMPLETED", usd("20.00"))
    assert refund["seller_payable_breakdown"] == {
        "gross_amount": usd("20.00"),
        # PayPal keeps its fee.
        "paypal_fee": usd("0.00"),
        "net_amount": usd("20.00"),
        "total_refunded_amount": usd("24.00"),
    }
    assert (await paypal.create("GET", path))["status"] == "REFUNDED"
    # The fee of the capture is what the account is short of.
    assert read_balance(paypal.app, "USD") == -133


async def test_capture_is_partly_refunded_when_an_amount_is_given(paypal: PayPal) -> None:
    made = capture(paypal)
    path = f"{CAPTURES}/{made['id']}"
    body = {"amount": usd("4.00"), "invoice_id": "back-1", "custom_id": "row-9", "note_to_payer": "Sorry"}

    refund = await paypal.create("POST", f"{path}/refund", body)

    assert await paypal.create("GET", f"{REFUNDS}/{refund['id']}") == refund
    assert {name: refund[name] for name in body} == body
    assert [(one["rel"], one["href"].rpartition("/")[2]) for one in refund["links"]] == [
        ("self", refund["id"]),
        ("up", made["id"]),
    ]
    assert (await paypal.create("GET", path))["status"] == "PARTIALLY_REFUNDED"
    assert read_balance(paypal.app, "USD") == 2267 - 400


async def test_resource_is_the_refund_when_it_is_told(paypal: PayPal) -> None:
    made = capture(paypal)

    refund = await paypal.create("POST", f"{CAPTURES}/{made['id']}/refund", {})

    assert told(paypal) == ["PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED"]
    assert last_resource(paypal) == refund
    assert "supplementary_data" not in refund


async def test_order_shows_the_refund_when_it_is_read(paypal: PayPal) -> None:
    order = (await paypal.settle(await paypal.approve())).json()
    (made,) = order["purchase_units"][0]["payments"]["captures"]

    refund = await paypal.create("POST", f"{CAPTURES}/{made['id']}/refund", {"amount": usd("4.00")})

    shown = await paypal.create("GET", f"/v2/checkout/orders/{order['id']}")
    payments = shown["purchase_units"][0]["payments"]
    assert set(payments) == {"captures", "refunds"}
    assert [one["id"] for one in payments["refunds"]] == [refund["id"]]
    assert [one["status"] for one in payments["captures"]] == ["PARTIALLY_REFUNDED"]
    # What a refund did to its capture does not make the order another.
    assert shown["status"] == "COMPLETED"


async def test_one_refund_is_made_when_the_request_id_is_the_same(paypal: PayPal) -> None:
    made = capture(paypal)
    path = f"{CAPTURES}/{made['id']}/refund"

    first = await paypal.call("POST", path, {"amount": usd("4.00")}, key="ref:1")
    again = await paypal.call("POST", path, {"amount": usd("4.00")}, key="ref:1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert read_balance(paypal.app, "USD") == 2267 - 400


async def test_answer_is_short_when_the_representation_is_not_wanted(paypal: PayPal) -> None:
    made = capture(paypal)

    answer = await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {}, Prefer="return=minimal")

    assert set(answer.json()) == {"id", "status", "links"}


@pytest.mark.parametrize("why", ["echeck", "setting"])
async def test_refund_waits_and_completes_by_the_clock_when_a_bank_pays_it(paypal: PayPal, why: str) -> None:
    made = capture(paypal, outcome="echeck" if why == "echeck" else "balance")
    later(paypal, ECHECK_SECONDS)
    change_settings(paypal.app, refunds="completed" if why == "echeck" else "pending")

    refund = await paypal.create("POST", f"{CAPTURES}/{made['id']}/refund", {})
    later(paypal, REFUND_SECONDS - 1)
    before = await paypal.create("GET", f"{REFUNDS}/{refund['id']}")
    later(paypal, 1)
    after = await paypal.create("GET", f"{REFUNDS}/{refund['id']}")

    assert (before["status"], before["status_details"]) == ("PENDING", {"reason": "ECHECK"})
    assert after["status"] == "COMPLETED"
    assert "status_details" not in after
    assert told(paypal)[-2:] == ["PAYMENT.REFUND.PENDING", "PAYMENT.CAPTURE.REFUNDED"]
    assert read_balance(paypal.app, "USD") == -133


async def test_money_is_back_when_the_bank_does_not_pay(paypal: PayPal) -> None:
    made = capture(paypal)
    change_settings(paypal.app, refunds="failing")

    refund = await paypal.create("POST", f"{CAPTURES}/{made['id']}/refund", {})
    later(paypal, REFUND_SECONDS)

    assert (await paypal.create("GET", f"{REFUNDS}/{refund['id']}"))["status"] == "FAILED"
    assert (await paypal.create("GET", f"{CAPTURES}/{made['id']}"))["status"] == "COMPLETED"
    assert told(paypal)[-2:] == ["PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"]
    assert read_balance(paypal.app, "USD") == 2267


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
async def test_capture_can_be_refunded_anew_when_a_refund_came_to_nothing(paypal: PayPal, status: str) -> None:
    made = capture(paypal)
    change_settings(paypal.app, refunds="pending")
    first = await paypal.create("POST", f"{CAPTURES}/{made['id']}/refund", {"amount": usd("20.00")})

    finish_refund(paypal.app, first["id"], status)
    later(paypal, REFUND_SECONDS)
    second = await paypal.create("POST", f"{CAPTURES}/{made['id']}/refund", {})

    assert (await paypal.create("GET", f"{REFUNDS}/{first['id']}"))["status"] == status
    assert second["amount"] == usd("24.00")


async def test_end_is_final_when_a_refund_was_cancelled(paypal: PayPal) -> None:
    made = capture(paypal)
    change_settings(paypal.app, refunds="pending")
    refund = await paypal.create("POST", f"{CAPTURES}/{made['id']}/refund", {})
    finish_refund(paypal.app, refund["id"], "CANCELLED")

    with pytest.raises(ValueError, match="CANCELLED, which cannot become COMPLETED"):
        finish_refund(paypal.app, refund["id"], "COMPLETED")


async def test_refund_is_told_when_it_was_made_at_paypals_own_pages(paypal: PayPal) -> None:
    made = capture(paypal)

    refund = refund_by_merchant(paypal.app, made["id"], 500)

    assert refund["amount"] == usd("5.00")
    assert (await paypal.create("GET", f"{CAPTURES}/{made['id']}"))["status"] == "PARTIALLY_REFUNDED"
    assert told(paypal)[-1] == "PAYMENT.CAPTURE.REFUNDED"


async def test_resource_is_a_refund_when_paypal_reverses_a_capture(paypal: PayPal) -> None:
    made = capture(paypal)

    reversal = reverse_capture(paypal.app, made["id"], reason="CHARGEBACK")

    assert told(paypal)[-1] == "PAYMENT.CAPTURE.REVERSED"
    assert last_resource(paypal)["id"] == reversal["id"]
    assert last_resource(paypal)["links"][1]["href"].endswith(made["id"])
    shown = await paypal.create("GET", f"{CAPTURES}/{made['id']}")
    assert (shown["status"], shown["status_details"]["reason"]) == ("REFUNDED", "CHARGEBACK")
    assert read_balance(paypal.app, "USD") == -133


async def test_reversal_takes_no_more_than_is_left_when_some_was_refunded(paypal: PayPal) -> None:
    made = capture(paypal)
    refund_by_merchant(paypal.app, made["id"], 400)

    with pytest.raises(ValueError, match="2000 minor units"):
        reverse_capture(paypal.app, made["id"], 2001)

    assert reverse_capture(paypal.app, made["id"])["amount"] == usd("20.00")


async def test_money_of_another_payee_stays_when_it_is_asked_back(paypal: PayPal) -> None:
    made = capture(paypal, payee={"email_address": "otto@example.com"})
    finish_capture(paypal.app, made["id"], "COMPLETED")

    answer = await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {})

    assert (answer.status_code, issue_of(answer)) == (403, "PERMISSION_DENIED")
    with pytest.raises(ValueError, match="0 minor units"):
        reverse_capture(paypal.app, made["id"])


async def test_last_second_counts_when_a_capture_is_180_days_old(paypal: PayPal) -> None:
    made = capture(paypal)
    later(paypal, REFUNDABLE_SECONDS)
    refund_by_merchant(paypal.app, made["id"], 100)
    later(paypal, 1)

    answer = await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {})

    assert issue_of(answer) == "REFUND_TIME_LIMIT_EXCEEDED"


async def test_fees_of_others_do_not_matter_when_captures_are_refunded_one_after_another(paypal: PayPal) -> None:
    first, second = capture(paypal), capture(paypal)

    for made in (first, second):
        await paypal.create("POST", f"{CAPTURES}/{made['id']}/refund", {})

    assert read_balance(paypal.app, "USD") == -2 * 133
