"""Stripe's objects in our words: the whole space of a session's states, as `docs/payments.md` lists it."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from store.gateways.port import Failure, Moved, RefundOutcome, SnapshotStatus
from store.gateways.stripe.translate import capture_snapshot, decline_words, payment_snapshot, refund_snapshot
from store.kit.money import Money
from tests.shelves import ROOT

CHARGE = {
    "id": "ch_1",
    "status": "succeeded",
    "payment_method_details": {"card": {"brand": "visa", "last4": "4242"}},
}
MODES = ("payment", "subscription", "setup")
STATES = ("open", "complete", "expired", None, "a_new_one")
PAID = ("paid", "unpaid", "no_payment_required", None, "a_new_one")
INTENTS = (None, "succeeded", "processing", "requires_action", "requires_payment_method", "canceled", "a_new_one")


def session(**changes: Any) -> dict[str, Any]:
    """A paid session as it comes with `expand[]=payment_intent.latest_charge`."""
    intent = {
        "id": "pi_1",
        "status": "succeeded",
        "latest_charge": CHARGE,
        "application_fee_amount": 240,
        "transfer_data": {"destination": "acct_1"},
        "last_payment_error": None,
    }
    return {
        "id": "cs_1",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "amount_total": 3000,
        "currency": "usd",
        "client_reference_id": "payment-1",
        "metadata": {"payment_id": "payment-1", "order_id": "order-1"},
        "livemode": False,
        "url": None,
        "payment_intent": intent,
        **changes,
    }


def read_table() -> list[tuple[str, ...]]:
    """The rows of the table in the documentation, without its head and its last line (anything else)."""
    text = (ROOT / "docs" / "payments.md").read_text()
    found = re.search(r"^\| `mode`.*?\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in found[1].splitlines()]
    assert rows[-1][0] == "anything else"
    return rows[1:-1]


def says_table(rows: list[tuple[str, ...]], point: tuple[Any, ...]) -> str:
    """What the documentation says about one point."""
    mode, state, paid, total, intent = point
    for row in rows:
        fits = (
            row[0] == mode
            and row[1] == state
            and row[2] in ("any", paid)
            and (row[3] == "any" or total == int(row[3]))
            and (
                row[4] == "any"
                or (row[4] == "yes" and intent is not None)
                or (row[4] == "no" and intent is None)
                or intent in row[4].split(", ")
            )
        )
        if fits:
            return row[5]
    return "unclear"


def test_status_is_read_as_documented_when_every_combination_comes() -> None:
    table = read_table()
    for point in product(MODES, STATES, PAID, (0, 3000, None), INTENTS):
        mode, state, paid, total, intent = point
        found = payment_snapshot(
            session(
                mode=mode,
                status=state,
                payment_status=paid,
                amount_total=total,
                payment_intent={"id": "pi_1", "status": intent} if intent else None,
            ),
            "",
        )

        assert found.status == says_table(table, point), point
        assert bool(found.remark) == (found.status == SnapshotStatus.UNCLEAR)


def test_unpaid_is_never_paid_when_every_combination_comes() -> None:
    for mode, state, total, intent in product(MODES, STATES, (0, 3000, None), INTENTS):
        thing = session(
            mode=mode,
            status=state,
            payment_status="unpaid",
            amount_total=total,
            payment_intent={"id": "pi_1", "status": intent} if intent else None,
        )

        assert payment_snapshot(thing, "").status != SnapshotStatus.SUCCEEDED


def test_setup_session_or_trial_is_never_a_paid_order_when_every_combination_comes() -> None:
    for mode, state, paid, intent in product(("setup", "subscription"), STATES, PAID, INTENTS):
        thing = session(
            mode=mode,
            status=state,
            payment_status=paid,
            amount_total=0,
            payment_intent={"id": "pi_1", "status": intent} if intent else None,
        )

        assert payment_snapshot(thing, "").status == SnapshotStatus.UNCLEAR


@pytest.mark.parametrize(
    ("paid", "status"),
    [("paid", "succeeded"), ("no_payment_required", "succeeded"), ("unpaid", "unclear"), (None, "unclear")],
)
def test_both_spellings_confirm_when_nothing_was_due_and_unpaid_does_not(paid: str | None, status: str) -> None:
    assert payment_snapshot(session(payment_status=paid, amount_total=0, payment_intent=None), "").status == status


def test_sum_and_discount_are_carried_over_when_a_session_has_them() -> None:
    found = payment_snapshot(
        session(
            amount_subtotal=3000,
            amount_total=2500,
            total_details={"amount_discount": 700, "amount_shipping": 150, "amount_tax": 50},
            discounts=[{"coupon": None, "promotion_code": "promo_1"}],
        ),
        "",
    )

    assert (found.subtotal, found.shipping, found.tax, found.discount, found.code) == (3000, 150, 50, 700, "promo_1")
    plain = payment_snapshot(session(discounts=[{"coupon": "ours", "promotion_code": None}]), "")
    assert (plain.subtotal, plain.discount, plain.code) == (-1, 0, "")


def test_remark_says_what_was_seen_when_a_session_is_unclear() -> None:
    odd = payment_snapshot(session(payment_status="no_payment_required"), "")
    other_mode = payment_snapshot(session(mode="subscription"), "")

    assert odd.remark == "session 'complete' with payment_status 'no_payment_required' and total 3000"
    assert other_mode.remark == "session of mode 'subscription', not payment"


def test_facts_are_carried_over_when_a_session_is_paid() -> None:
    found = payment_snapshot(session(), "acct_9")

    assert (found.ref, found.amount, found.currency) == ("cs_1", 3000, "USD")
    assert (found.payment_id, found.order_id, found.account_ref) == ("payment-1", "order-1", "acct_9")
    assert (found.destination, found.fee, found.livemode) == ("acct_1", 240, False)
    assert (found.capture_ref, found.method, found.failure) == ("ch_1", "Visa ending in 4242", None)


def test_session_names_the_capture_when_nothing_was_due() -> None:
    for paid in ("paid", "no_payment_required"):
        found = payment_snapshot(session(payment_status=paid, amount_total=0, payment_intent=None), "")

        assert (found.status, found.capture_ref, found.amount) == (SnapshotStatus.SUCCEEDED, "cs_1", 0)


def test_amount_equals_nothing_of_ours_when_the_session_has_none() -> None:
    found = payment_snapshot(session(amount_total=None, currency=None), "")

    assert (found.amount, found.currency) == (-1, "")


def test_charge_is_no_capture_when_it_failed() -> None:
    failed = {"id": "pi_1", "status": "requires_payment_method", "latest_charge": {**CHARGE, "status": "failed"}}

    found = payment_snapshot(session(status="open", payment_status="unpaid", payment_intent=failed), "")

    assert (found.capture_ref, found.method) == ("", "")


def test_failure_names_its_try_when_a_card_was_declined() -> None:
    error = {"code": "card_declined", "decline_code": "lost_card", "charge": "ch_7"}
    no_charge = {"code": "payment_intent_authentication_failure"}

    tries = [
        payment_snapshot(session(payment_intent={"id": "pi_1", "last_payment_error": e}), "").failure
        for e in (error, no_charge)
    ]

    assert tries == [
        Failure("ch_7", "The bank declined the card"),
        Failure("pi_1:payment_intent_authentication_failure", "The bank could not confirm that it was you"),
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "The card has insufficient funds"),
        ({"code": "card_declined", "decline_code": "lost_card"}, "The bank declined the card"),
        ({"code": "expired_card"}, "The card has expired"),
        ({"code": "card_declined", "decline_code": "a_new_one"}, "The payment was declined"),
        ({}, "The payment was declined"),
    ],
)
def test_decline_is_told_in_words_when_a_card_is_refused(error: dict[str, str], words: str) -> None:
    assert decline_words(error) == words


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"brand": "amex", "last4": "0005"}, "American Express ending in 0005"),
        ({"brand": "discover", "last4": "1117"}, "Discover ending in 1117"),
        ({"last4": "1117"}, "Card ending in 1117"),
        (None, ""),
    ],
)
def test_method_is_told_in_words_when_the_charge_shows_it(card: dict[str, str] | None, words: str) -> None:
    charge = {**CHARGE, "payment_method_details": {"card": card}}

    found = payment_snapshot(session(payment_intent={"id": "pi_1", "latest_charge": charge}), "")

    assert found.method == words


@pytest.mark.parametrize("kind", ["us_bank_account", "sepa_debit"])
def test_bank_account_is_called_one_when_it_pays_or_cannot(kind: str) -> None:
    charge = {**CHARGE, "payment_method_details": {kind: {"last4": "6789"}}}
    error = {"code": "insufficient_funds", "charge": "ch_7", "payment_method": {"type": kind}}

    paid = payment_snapshot(session(payment_intent={"id": "pi_1", "latest_charge": charge}), "")
    failed = payment_snapshot(session(payment_intent={"id": "pi_1", "last_payment_error": error}), "")

    assert paid.method == "Bank account ending in 6789"
    assert failed.failure == Failure("ch_7", "The bank account has insufficient funds")


BALANCE = {
    "id": "txn_1",
    "currency": "usd",
    "fee_details": [{"type": "stripe_fee", "amount": 117}, {"type": "application_fee", "amount": 240}],
}


def capture(**changes: Any) -> Any:
    """A charge with all that came of it."""
    parts: dict[str, Any] = {
        "transfer": None,
        "reversals": [],
        "application_fee": None,
        "fee_refunds": [],
        "refunds": [],
    }
    charge = {"id": "ch_1", "balance_transaction": BALANCE}
    return capture_snapshot({**charge, **changes.pop("charge", {})}, **{**parts, **changes})


@pytest.mark.parametrize(
    ("charge", "settled"),
    [
        ({}, True),
        ({"balance_transaction": None}, False),
        ({"balance_transaction": "txn_1"}, False),
        ({"application_fee_amount": 240, "application_fee": None}, False),
        ({"application_fee_amount": 240, "application_fee": "fee_1"}, True),
        ({"transfer_data": {"destination": "acct_1"}, "transfer": None}, False),
        ({"transfer_data": {"destination": "acct_1"}, "transfer": "tr_1"}, True),
    ],
    ids=str,
)
def test_charge_is_settled_when_all_that_belongs_to_it_is_there(charge: dict[str, Any], settled: bool) -> None:
    assert capture(charge=charge).settled == settled


def test_charge_is_not_settled_when_our_fee_has_not_landed_yet() -> None:
    fee = {"id": "fee_1", "amount": 240, "currency": "usd", "balance_transaction": None}
    landed = {**fee, "balance_transaction": {"amount": 240, "currency": "usd"}}

    assert not capture(application_fee=fee).settled
    assert capture(application_fee=landed).settled


def test_providers_own_fee_is_told_apart_when_the_application_fee_stands_beside_it() -> None:
    assert capture().provider_fee == Moved("txn_1", Money(117, "USD"), Money(117, "USD"))
    assert capture(charge={"balance_transaction": {**BALANCE, "fee_details": []}}).provider_fee is None


def test_landed_amount_is_the_balances_when_a_fee_was_exchanged() -> None:
    fee = {
        "id": "fee_1",
        "amount": 960,
        "currency": "eur",
        "balance_transaction": {"amount": 1037, "currency": "usd"},
    }
    back = {**fee, "id": "fr_1", "balance_transaction": {"amount": -1030, "currency": "usd"}}

    found = capture(application_fee=fee, fee_refunds=[back])

    assert found.application_fee == Moved("fee_1", Money(960, "EUR"), Money(1037, "USD"))
    assert found.fee_refunds == (Moved("fr_1", Money(960, "EUR"), Money(1030, "USD")),)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("succeeded", RefundOutcome.SUCCEEDED),
        ("pending", RefundOutcome.PENDING),
        ("requires_action", RefundOutcome.PENDING),
        (None, RefundOutcome.PENDING),
        ("failed", RefundOutcome.FAILED),
        ("canceled", RefundOutcome.CANCELED),
    ],
)
def test_refund_has_moved_no_money_when_it_is_not_done(status: str | None, outcome: RefundOutcome) -> None:
    found = refund_snapshot(
        {"id": "re_1", "amount": 500, "currency": "usd", "status": status, "charge": {"id": "ch_1"}, "metadata": None}
    )

    assert (found.outcome, found.amount, found.capture_ref, found.refund_id) == (
        outcome,
        Money(500, "USD"),
        "ch_1",
        "",
    )


@pytest.mark.parametrize(
    ("movements", "taken", "came_back"),
    [
        ({}, False, False),
        ({"balance_transaction": "txn_1"}, True, False),
        ({"balance_transaction": "txn_1", "failure_balance_transaction": "txn_2"}, True, True),
    ],
)
def test_refund_moves_money_only_when_the_balance_did(movements: dict[str, str], taken: bool, came_back: bool) -> None:
    seen = refund_snapshot({"id": "re_1", "amount": 5, "currency": "eur", "charge": "ch_1", **movements})

    assert (seen.taken, seen.came_back) == (taken, came_back)
