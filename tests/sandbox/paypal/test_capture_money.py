"""A capture moves money once, and says what became of it by its own status."""

from __future__ import annotations

import pytest

from store.sandbox.paypal.balance import capture_fee, read_balance
from store.sandbox.paypal.captures import ECHECK_SECONDS, REVIEW_SECONDS, finish_capture
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import CAPTURES, capture, last_resource, later, told


async def test_net_amount_is_on_the_balance_when_a_capture_completes(paypal: PayPal) -> None:
    made = capture(paypal, "24.00", custom_id="payment-7", invoice_id="shop-7-1")

    shown = await paypal.create("GET", f"{CAPTURES}/{made['id']}")

    assert shown["status"] == "COMPLETED"
    assert "status_details" not in shown
    assert (shown["custom_id"], shown["invoice_id"], shown["final_capture"]) == ("payment-7", "shop-7-1", True)
    # 3.49 % of 24.00 and 0.49.
    assert shown["seller_receivable_breakdown"] == {
        "gross_amount": {"currency_code": "USD", "value": "24.00"},
        "paypal_fee": {"currency_code": "USD", "value": "1.33"},
        "net_amount": {"currency_code": "USD", "value": "22.67"},
    }
    assert [one["rel"] for one in shown["links"]] == ["self", "refund", "up"]
    assert shown["links"][2]["href"].endswith(shown["supplementary_data"]["related_ids"]["order_id"])
    assert read_balance(paypal.app, "USD") == 2267
    assert told(paypal) == ["PAYMENT.CAPTURE.COMPLETED"]


@pytest.mark.parametrize(
    ("outcome", "reason", "seconds"),
    [("echeck", "ECHECK", ECHECK_SECONDS), ("review", "PENDING_REVIEW", REVIEW_SECONDS)],
)
async def test_capture_waits_and_completes_by_the_clock_when_it_is_looked_at(
    paypal: PayPal, outcome: str, reason: str, seconds: int
) -> None:
    made = capture(paypal, outcome=outcome)
    path = f"{CAPTURES}/{made['id']}"

    later(paypal, seconds - 1)
    before = await paypal.create("GET", path)
    nothing = read_balance(paypal.app, "USD")
    later(paypal, 1)
    after = await paypal.create("GET", path)

    assert (before["status"], before["status_details"]) == ("PENDING", {"reason": reason})
    assert "seller_receivable_breakdown" not in before
    assert nothing == 0
    assert after["status"] == "COMPLETED"
    assert "status_details" not in after
    assert read_balance(paypal.app, "USD") == 2267
    assert told(paypal) == ["PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.COMPLETED"]


@pytest.mark.parametrize("status", ["DECLINED", "FAILED"])
async def test_capture_stays_bad_when_it_was_decided_before_its_time(paypal: PayPal, status: str) -> None:
    made = capture(paypal, outcome="echeck")

    finish_capture(paypal.app, made["id"], status)
    later(paypal, ECHECK_SECONDS)

    shown = await paypal.create("GET", f"{CAPTURES}/{made['id']}")
    assert shown["status"] == status
    # A capture that a bank refused says nothing more.
    assert "status_details" not in shown
    assert "seller_receivable_breakdown" not in shown
    assert read_balance(paypal.app, "USD") == 0
    assert told(paypal) == ["PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DENIED"]
    assert last_resource(paypal)["status"] == status


async def test_the_other_name_is_told_when_a_test_asks_for_it(paypal: PayPal) -> None:
    made = capture(paypal, outcome="review")

    finish_capture(paypal.app, made["id"], "DECLINED", "PAYMENT.CAPTURE.DECLINED")

    assert told(paypal)[-1] == "PAYMENT.CAPTURE.DECLINED"
    assert last_resource(paypal)["status_details"] == {"reason": "DECLINED_BY_RISK_FRAUD_FILTERS"}


async def test_capture_is_ended_once_when_it_is_asked_twice(paypal: PayPal) -> None:
    made = capture(paypal, outcome="echeck")
    finish_capture(paypal.app, made["id"], "COMPLETED")

    with pytest.raises(ValueError, match="COMPLETED already"):
        finish_capture(paypal.app, made["id"], "COMPLETED")

    assert read_balance(paypal.app, "USD") == 2267


async def test_money_waits_for_the_payee_when_nobody_has_the_address(paypal: PayPal) -> None:
    made = capture(paypal, payee={"email_address": "nobody@example.com"})

    shown = await paypal.create("GET", f"{CAPTURES}/{made['id']}")

    assert (shown["status"], shown["status_details"]["reason"]) == ("PENDING", "UNILATERAL")
    finish_capture(paypal.app, made["id"], "COMPLETED")
    # It is that payee's money then, not ours.
    assert read_balance(paypal.app, "USD") == 0


@pytest.mark.parametrize(
    ("amount", "currency", "fee"), [(2400, "USD", 133), (1, "USD", 1), (2400, "JPY", 133), (9000, "HUF", 470)]
)
def test_fee_is_a_rate_and_a_fixed_part_when_money_comes_in(amount: int, currency: str, fee: int) -> None:
    assert capture_fee(amount, currency) == fee


async def test_nobody_finds_a_capture_when_its_id_is_another_accounts(paypal: PayPal) -> None:
    answer = await paypal.call("GET", f"{CAPTURES}/0000000000000000X")

    assert answer.status_code == 404
    assert answer.json()["details"][0]["issue"] == "INVALID_RESOURCE_ID"
