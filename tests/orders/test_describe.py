"""The table of words: each state of an order as a page says it, and what a buyer can do in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from msgspec.structs import asdict

from store.kit import clock
from store.orders.queries import status_view
from store.orders.states import PaymentState
from store.orders.words import Facts, describe, name_country, poll_interval

PLACED = "2026-03-04T13:20:00+00:00"
REFUNDED_ON = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """What is known of an order, and what its page must say."""

    facts: dict[str, Any]
    state: str
    label: str
    sentence: str
    tone: str
    waits: bool
    actions: str = ""


def make_facts(**changes: Any) -> Facts:
    values: dict[str, Any] = {
        "payment_state": "awaiting_payment",
        "currency": "USD",
        "total": 3000,
        "refunded": 0,
        "refund_pending": 0,
        "refunded_at": None,
        "provider": "Stripe",
        "method": "Visa ending in 4242",
        "failure_reason": "",
        "sellers": "Kiln & Co",
        "cancel_requested": False,
        "came_back": True,
        "hold_until": datetime(2026, 3, 4, 14, 5, tzinfo=UTC),
    }
    return Facts(**{**values, **changes})


CASES = (
    Case(
        {}, "awaiting_payment", "Waiting for payment",
        "We are waiting for Stripe to confirm. You can close this page; we will email you.",
        "info", True, "check pay cancel",
    ),
    Case(
        {"failure_reason": "The card has expired"}, "awaiting_payment", "Waiting for payment",
        "The card has expired. You were not charged: return to payment to try again.",
        "warn", True, "check pay cancel",
    ),
    Case(
        {"came_back": False}, "awaiting_payment", "Waiting for payment",
        "Not paid yet. The items are held for you until 14:05 UTC, and your cart is still there.",
        "info", True, "check pay cancel",
    ),
    Case(
        {"cancel_requested": True}, "awaiting_payment", "Being canceled",
        "We are closing the payment page at Stripe. If you paid already, the payment counts.",
        "info", True, "check",
    ),
    Case(
        {"payment_state": "processing"}, "processing", "Payment processing",
        "Your bank is still confirming. This can take a few days; we will email you.",
        "info", True, "check",
    ),
    Case(
        {"payment_state": "paid"}, "paid", "Paid",
        "Payment received. Kiln & Co is preparing your order.", "ok", False,
    ),
    Case(
        {"payment_state": "paid", "sellers": "Kiln & Co and Turned"}, "paid", "Paid",
        "Payment received. Kiln & Co and Turned are preparing your order.", "ok", False,
    ),
    Case(
        {"payment_state": "paid", "checked_by_person": True}, "paid", "Paid",
        "Payment received. Something about the money of this order is being checked by a person, who will email you.",
        "warn", False,
    ),
    Case(
        {"payment_state": "failed", "failure_reason": "The card has insufficient funds"}, "failed", "Payment failed",
        "The card has insufficient funds. You were not charged. Your cart is saved.",
        "bad", False, "pay cancel cart",
    ),
    Case(
        {"payment_state": "failed"}, "failed", "Payment failed",
        "The payment did not go through. You were not charged. Your cart is saved.", "bad", False, "pay cancel cart",
    ),
    Case(
        {"payment_state": "expired"}, "expired", "Checkout expired",
        "The payment page timed out. You were not charged, and your cart is still there.", "warn", False, "cart",
    ),
    Case(
        {"payment_state": "expired", "stopped": "Kiln & Co cannot take payments any more."}, "expired",
        "Payment page closed",
        "Kiln & Co cannot take payments any more, so we closed the payment page. You were not charged, and your cart "
        "is still there: goods of other sellers can be paid for now, these when the seller is back.",
        "warn", False, "cart",
    ),
    Case(
        {"payment_state": "canceled"}, "canceled", "Canceled",
        "You canceled before paying. You were not charged, and your cart is still there.", "warn", False, "cart",
    ),
    Case(
        {"payment_state": "needs_review"}, "needs_review", "Being checked",
        "What Stripe tells us does not match this order. A person is looking at it and will email you; "
        "please do not pay again.",
        "warn", True, "check",
    ),
    Case(
        {"payment_state": "paid", "refund_pending": 3000}, "refund_pending", "Refund on its way",
        "$30.00 is going back to Visa ending in 4242.", "info", True, "check",
    ),
    Case(
        {"payment_state": "expired", "refund_pending": 3000, "method": ""}, "refund_pending", "Refund on its way",
        "Your payment arrived after this order had ended, so nothing will be sent. "
        "$30.00 is going back to the card you paid with.",
        "info", True, "check cart",
    ),
    Case(
        {"payment_state": "canceled", "refund_pending": 3000, "method": "", "provider": "PayPal"}, "refund_pending",
        "Refund on its way",
        "Your payment arrived after this order had ended, so nothing will be sent. "
        "$30.00 is going back to your PayPal account.",
        "info", True, "check cart",
    ),
    Case(
        {"payment_state": "paid", "refund_pending": 500, "method": "PayPal", "provider": "PayPal"}, "refund_pending",
        "Refund on its way", "$5.00 is going back to your PayPal account.", "info", True, "check",
    ),
    Case(
        {"payment_state": "expired", "refund_pending": 3000, "stopped": "Kiln & Co cannot take payments any more."},
        "refund_pending", "Refund on its way",
        "Kiln & Co cannot take payments any more, so nothing will be sent. "
        "$30.00 is going back to Visa ending in 4242.",
        "info", True, "check cart",
    ),
    Case(
        {"payment_state": "paid", "refunded": 1250, "refunded_at": REFUNDED_ON}, "partially_refunded",
        "Partly refunded", "$12.50 of $30.00 refunded on 4 March 2026.", "info", False,
    ),
    Case(
        {"payment_state": "paid", "refunded": 3000, "refunded_at": REFUNDED_ON}, "refunded", "Refunded",
        "$30.00 of $30.00 refunded on 4 March 2026.", "info", False,
    ),
    Case(
        {"payment_state": "paid", "refunded": 1000, "refund_pending": 500}, "refund_pending", "Refund on its way",
        "$5.00 is going back to Visa ending in 4242.", "info", True, "check",
    ),
    Case(
        {"payment_state": "paid", "refunded": 1800, "total": 2400, "currency": "JPY", "refunded_at": None},
        "partially_refunded", "Partly refunded", "¥1,800 of ¥2,400 refunded.", "info", False,
    ),
)  # fmt: skip
NAMES = [f"{case.label}: {case.sentence[:40]}" for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_page_says_what_the_table_says_when_an_order_stands_there(case: Case) -> None:
    words = describe(make_facts(**case.facts))

    assert asdict(words) == {name: getattr(case, name) for name in ("state", "label", "sentence", "tone", "waits")}


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_page_offers_what_the_table_says_when_an_order_stands_there(case: Case) -> None:
    view = status_view(make_row(**case.facts), 1.0)

    offered = {"check": view.can_check, "pay": view.can_pay, "cancel": view.can_cancel, "cart": view.rebuild_cart}
    assert {name for name, there in offered.items() if there} == set(case.actions.split())
    assert view.terminal is not case.waits
    assert (view.interval is not None) is case.waits


def test_table_has_every_state_when_a_new_one_is_added() -> None:
    assert {case.facts.get("payment_state", "awaiting_payment") for case in CASES} == set(PaymentState)


def test_every_combination_of_facts_has_words_when_they_meet() -> None:
    """Nothing a buyer reads may lack a label or end in two full stops, whatever comes together."""
    for state, refunded, pending, cancel, reason in product(
        PaymentState, (0, 1000, 3000), (0, 1000, 3000), (False, True), ("", "The bank declined the card")
    ):
        words = describe(
            make_facts(
                payment_state=state,
                refunded=refunded,
                refund_pending=pending,
                cancel_requested=cancel,
                failure_reason=reason,
            )
        )
        assert words.label
        assert words.sentence.endswith(".")
        assert ".." not in words.sentence
        assert words.tone in ("ok", "warn", "bad", "info")


@pytest.mark.parametrize(
    ("age", "seconds"),
    [(0, 2), (19, 2), (20, 5), (59, 5), (60, 15), (299, 15), (300, 60), (1799, 60), (1800, None), (90_000, None)],
)
def test_polls_grow_rarer_and_stop_when_the_wait_grows_older(age: int, seconds: int | None) -> None:
    assert poll_interval(timedelta(seconds=age)) == seconds


@pytest.mark.parametrize(("label", "state"), [("Try again", "failed"), ("Return to payment", "awaiting_payment")])
def test_button_says_where_it_leads_when_the_order_can_be_paid(label: str, state: str) -> None:
    assert status_view(make_row(payment_state=state), 1.0).pay_label == label


def test_country_is_its_code_when_it_has_no_name() -> None:
    assert name_country("GB") == "United Kingdom"
    assert name_country("ZX") == "ZX"


def make_row(**changes: Any) -> dict[str, Any]:
    """A row of the status query, placed just now."""
    return {
        **asdict(make_facts(**changes)),
        "review_reason": "",
        "token": "tok",
        "number": "OP-7K3M9",
        "version": 1,
        "placed_at": clock.now(),
        "checked_at": None,
        "returned_at": None,
        "paid_at": None,
        "timeline": json.dumps([{"at": PLACED, "text": changes["stopped"], "door": "", "key": "stopped"}])
        if "stopped" in changes
        else None,
        "sellers": "|".join(make_facts(**changes).sellers.split(" and ")),
    }
