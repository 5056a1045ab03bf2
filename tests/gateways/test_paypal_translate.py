"""PayPal's orders in our words: the capture's status decides, and what is not known is never paid."""

from __future__ import annotations

from typing import Any

import pytest

from store.gateways.paypal.orders import fetch_payment
from store.gateways.paypal.translate import capture_snapshot, payment_snapshot, refund_snapshot
from store.gateways.port import GatewayBug, PaymentSnapshot, RefundOutcome, SnapshotStatus, WaitsFor
from store.kit.money import Money
from tests.gateways.paypal_wire import ORDER, Script, fault, make_calls, make_capture, make_order, make_request, money

S = SnapshotStatus


def read(order: dict[str, Any]) -> PaymentSnapshot:
    """The order in our words."""
    return payment_snapshot(order, "5O190127TN364715T", livemode=False)


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (make_order("CREATED"), S.OPEN),
        (make_order("PAYER_ACTION_REQUIRED"), S.OPEN),
        (make_order("APPROVED"), S.APPROVED),
        (make_order("VOIDED"), S.EXPIRED),
        (make_order("SAVED"), S.UNCLEAR),
        (make_order("COMPLETED"), S.UNCLEAR),
        (make_order("SOMETHING_NEW"), S.UNCLEAR),
        (make_order(None), S.UNCLEAR),
    ],
    ids=lambda given: given.get("status", "none") if isinstance(given, dict) else str(given),
)
def test_order_without_capture_is_never_paid_when_it_is_read(order: dict[str, Any], status: SnapshotStatus) -> None:
    seen = read(order)

    assert seen.status == status
    assert bool(seen.remark) == (status == S.UNCLEAR)
    assert seen.capture_ref == ""
    assert bool(seen.redirect_url) == (status == S.OPEN)


@pytest.mark.parametrize("told", ["COMPLETED", "APPROVED", None, "SOMETHING_NEW"])
@pytest.mark.parametrize(
    ("capture", "status"),
    [
        ("COMPLETED", S.SUCCEEDED),
        ("PARTIALLY_REFUNDED", S.SUCCEEDED),
        ("REFUNDED", S.SUCCEEDED),
        ("PENDING", S.PROCESSING),
        ("DECLINED", S.FAILED),
        ("DENIED", S.FAILED),
        ("FAILED", S.FAILED),
        ("SOMETHING_NEW", S.UNCLEAR),
        ("completed", S.UNCLEAR),
        (None, S.UNCLEAR),
    ],
)
def test_capture_decides_when_the_order_says_whatever_it_says(
    told: str | None, capture: str | None, status: SnapshotStatus
) -> None:
    seen = read(make_order(told, make_capture(capture)))

    assert (seen.status, seen.capture_ref) == (status, "3C679366HH908993F")
    assert (seen.failure is not None) == (status == S.FAILED)
    assert bool(seen.remark) == (status in (S.UNCLEAR, S.PROCESSING))


def test_payment_is_told_whole_when_it_was_captured() -> None:
    request = make_request()

    seen = read(make_order("COMPLETED", make_capture()))

    assert (seen.ref, seen.payment_id, seen.order_id) == ("5O190127TN364715T", request.payment_id, request.order_id)
    assert (seen.amount, seen.currency, seen.subtotal) == (3000, "USD", 3000)
    assert (seen.shipping, seen.tax, seen.discount, seen.fee) == (0, 0, 0, 0)
    assert (seen.account_ref, seen.destination, seen.payee_ref) == ("", "", "2222222222222")
    assert (seen.method, seen.redirect_url, seen.remark, seen.livemode) == ("PayPal", "", "", False)


def test_captured_amount_is_told_when_it_differs_from_the_orders() -> None:
    seen = read(make_order("COMPLETED", make_capture(amount=money("29.99"))))

    assert (seen.status, seen.amount, seen.subtotal) == (S.SUCCEEDED, 2999, 3000)


def test_every_part_of_an_amount_is_told_apart_when_paypal_names_it() -> None:
    order = make_order("COMPLETED", make_capture(amount=money("40.00")))
    names = ("item_total", "shipping", "handling", "insurance", "tax_total", "discount", "shipping_discount")
    values = ("30.00", "6.00", "3.00", "2.00", "4.00", "4.50", "0.50")
    parts = {name: money(value) for name, value in zip(names, values, strict=True)}
    order["purchase_units"][0]["amount"] = money("40.00") | {"breakdown": parts}

    seen = read(order)

    assert (seen.subtotal, seen.shipping, seen.tax, seen.discount) == (3600, 500, 400, 500)


@pytest.mark.parametrize("amount", [money("30.00"), None])
def test_total_is_the_sum_when_no_parts_were_sent(amount: dict[str, str] | None) -> None:
    order = make_order("COMPLETED", make_capture())
    order["purchase_units"][0]["amount"] = amount

    seen = read(order)

    assert (seen.status, seen.amount, seen.subtotal) == (S.SUCCEEDED, 3000, 3000)


def broken(**changes: Any) -> dict[str, Any]:
    """A paid order with another part."""
    order = make_order("COMPLETED", make_capture())
    order["purchase_units"][0] |= changes
    return order


@pytest.mark.parametrize(
    ("order", "remark"),
    [
        (make_order("COMPLETED", make_capture(), make_capture()), "captured 2 times"),
        (make_order("COMPLETED", make_capture(), make_capture("PENDING")), "captured 2 times"),
        (make_order("COMPLETED", make_capture(), make_capture("ODD")), "capture is ODD"),
        (make_order("COMPLETED", make_capture(amount=money("x"))), "no money"),
        (make_order("COMPLETED", make_capture(amount=money("30.00", "EUR"))), "more than one currency"),
        (make_order("COMPLETED", make_capture(custom_id="another")), "capture is for another"),
        (broken(amount={"currency_code": "USD", "value": None}), "no money"),
        (make_order("APPROVED", purchase_units=[]), "no money"),
        (make_order("APPROVED", purchase_units=[*make_order("X")["purchase_units"]] * 2), "2 parts"),
    ],
    ids=range(9),
)
def test_payment_is_unclear_when_its_parts_do_not_fit(order: dict[str, Any], remark: str) -> None:
    seen = read(order)

    assert seen.status == S.UNCLEAR
    assert remark in seen.remark


def test_paid_capture_counts_when_an_earlier_one_was_declined() -> None:
    order = make_order("COMPLETED", make_capture("DECLINED", id="1"), make_capture(id="2"))

    seen = read(order)

    assert (seen.status, seen.capture_ref) == (S.SUCCEEDED, "2")


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (None, "PayPal declined the payment"),
        ({}, "PayPal declined the payment"),
        ({"reason": "SOMETHING_NEW"}, "PayPal declined the payment"),
        ({"reason": "ECHECK"}, "The bank did not pay the eCheck"),
    ],
)
def test_buyer_is_told_why_when_nothing_came_of_it(details: dict[str, str] | None, words: str) -> None:
    seen = read(make_order("COMPLETED", make_capture("DECLINED", status_details=details)))

    assert seen.failure is not None
    assert (seen.failure.message, seen.failure.ref) == (words, "3C679366HH908993F")


@pytest.mark.parametrize(
    ("details", "remark", "waits_for"),
    [
        ({"reason": "ECHECK"}, "echeck", WaitsFor.BANK),
        ({"reason": "PENDING_REVIEW"}, "pending review", WaitsFor.REVIEW),
        ({"reason": "SOMETHING_NEW"}, "something new", WaitsFor.PROVIDER),
        (None, "PayPal does", WaitsFor.PROVIDER),
    ],
)
def test_remark_says_what_paypal_waits_for_when_a_capture_is_pending(
    details: Any, remark: str, waits_for: WaitsFor
) -> None:
    seen = read(make_order("COMPLETED", make_capture("PENDING", status_details=details)))

    assert (seen.status, seen.method) == (S.PROCESSING, "PayPal")
    assert seen.remark.startswith(remark)
    assert seen.waits_for == waits_for


@pytest.mark.parametrize(
    ("card", "method"),
    [
        ({"brand": "VISA", "last_digits": "7704"}, "Visa ending in 7704"),
        ({"brand": "DISCOVER", "last_digits": "1"}, "Discover ending in 1"),
        ({"last_digits": "1"}, "Card ending in 1"),
    ],
)
def test_card_is_named_when_it_was_paid_with_one(card: dict[str, str], method: str) -> None:
    assert read(make_order("COMPLETED", make_capture(), payment_source={"card": card})).method == method


async def test_order_has_expired_when_paypal_knows_it_no_more() -> None:
    seen = await fetch_payment(make_calls(Script()), "5O190127TN364715T", livemode=True)

    assert (seen.status, seen.amount, seen.capture_ref, seen.livemode) == (S.EXPIRED, -1, "", True)


async def test_order_has_not_expired_when_paypal_refuses_to_show_it() -> None:
    with pytest.raises(GatewayBug):
        await fetch_payment(
            make_calls(Script({ORDER: fault(403, "NOT_AUTHORIZED", "PERMISSION_DENIED")})),
            "5O190127TN364715T",
            livemode=False,
        )


@pytest.mark.parametrize(
    ("status", "outcome", "came_back"),
    [
        ("COMPLETED", RefundOutcome.SUCCEEDED, False),
        ("PENDING", RefundOutcome.PENDING, False),
        ("FAILED", RefundOutcome.FAILED, True),
        ("CANCELLED", RefundOutcome.CANCELED, True),
        ("SOMETHING_NEW", RefundOutcome.PENDING, False),
        (None, RefundOutcome.PENDING, False),
    ],
)
def test_refund_is_told_by_its_status_when_it_is_read(status: Any, outcome: RefundOutcome, came_back: bool) -> None:
    told = {"id": "1R", "status": status, "amount": money("5.00"), "status_details": {"reason": "ECHECK"}}

    seen = refund_snapshot({**told, "custom_id": "refund:our-id"}, "3C6")

    assert (seen.ref, seen.refund_id, seen.capture_ref, seen.amount) == ("1R", "our-id", "3C6", Money(500, "USD"))
    assert (seen.outcome, seen.taken, seen.came_back, seen.reason) == (outcome, True, came_back, "echeck")


@pytest.mark.parametrize("custom_id", [None, "", "7d0c5b9e-0000-4000-8000-000000000001"])
def test_refund_is_not_ours_when_it_was_made_at_paypal(custom_id: str | None) -> None:
    assert refund_snapshot({"id": "1R", "amount": money("5.00"), "custom_id": custom_id}, "3C6").refund_id == ""


@pytest.mark.parametrize(
    ("status", "breakdown", "settled", "fee"),
    [
        ("COMPLETED", {"paypal_fee": money("1.54")}, True, 154),
        ("REFUNDED", {"paypal_fee": money("1.54")}, True, 154),
        ("COMPLETED", {"paypal_fee": money("0.00")}, True, None),
        ("COMPLETED", {"gross_amount": money("30.00")}, True, None),
        ("COMPLETED", None, False, None),
        ("PENDING", None, False, None),
    ],
)
def test_fee_is_known_when_paypal_has_paid_the_capture(status: str, breakdown: Any, settled: bool, fee: Any) -> None:
    seen = capture_snapshot(make_capture(status, seller_receivable_breakdown=breakdown), "3C6", [])

    assert (seen.ref, seen.settled, seen.transfer, seen.application_fee) == ("3C6", settled, None, None)
    assert (seen.provider_fee.amount if seen.provider_fee else None) == (Money(fee, "USD") if fee else None)


def test_fee_lands_in_our_own_currency_when_paypal_exchanged_it() -> None:
    breakdown = {"paypal_fee": money("1.54"), "paypal_fee_in_receivable_currency": money("1.40", "EUR")}

    seen = capture_snapshot(make_capture(seller_receivable_breakdown=breakdown), "3C6", [])

    assert seen.provider_fee is not None
    assert (seen.provider_fee.amount, seen.provider_fee.landed) == (Money(154, "USD"), Money(140, "EUR"))
