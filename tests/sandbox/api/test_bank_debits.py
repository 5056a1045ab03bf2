"""Bank debits: complete and unpaid first; the bank's answer comes with the sandbox's clock, for better or worse."""

from typing import Any

import pytest

from store.sandbox.stripe.bank_accounts import BANK_ACCOUNTS, DAYS, MINUTES
from store.sandbox.stripe.checkout import pay_by_debit
from tests.sandbox.api.conftest import EXPRESS, Api
from tests.sandbox.api.test_coupons import refused

AT_ONCE, IN_MINUTES, IN_DAYS, FAILS, FAILS_IN_MINUTES, _ = [
    bank.number for bank in BANK_ACCOUNTS if bank.type == "us_bank_account"
]
# What each number promises, in seconds of the clock: written out, not read from the table it is to prove.
PROMISED = [
    ("usd", "us_bank_account", "000123456789", 0, False),
    ("usd", "us_bank_account", "000123456797", 180, False),
    ("usd", "us_bank_account", "000123456805", 259_200, False),
    ("usd", "us_bank_account", "000222222227", 0, True),
    ("usd", "us_bank_account", "000222222235", 180, True),
    ("usd", "us_bank_account", "000222222243", 259_200, True),
    ("eur", "sepa_debit", "AT611904300234573201", 0, False),
    ("eur", "sepa_debit", "AT321904300235473204", 180, False),
    ("eur", "sepa_debit", "AT751904300235473206", 259_200, False),
    ("eur", "sepa_debit", "AT861904300235473202", 0, True),
    ("eur", "sepa_debit", "AT051904300235473205", 180, True),
    ("eur", "sepa_debit", "AT481904300235473207", 259_200, True),
]
BOTH = ["card", "us_bank_account"]
WAITING = ["payment_intent.created", "charge.pending", "payment_intent.processing", "checkout.session.completed"]


def open_debit(api: Api, total: int = 1000, currency: str = "usd", **more: Any) -> Any:
    return api.open_session(total, currency, **{"allowed_payment_method_types": BOTH, **more})


def debit(api: Api, session: Any, number: str) -> Any:
    return pay_by_debit(api.world, session.id, number, "Ada Buyer")


def read(api: Api, session: Any, account: str | None = None) -> Any:
    options: Any = {"stripe_account": account} if account else {}
    return api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]}, options)


def test_every_account_is_proved_when_the_table_is_read() -> None:
    assert [bank.number for bank in BANK_ACCOUNTS] == [number for _, _, number, _, _ in PROMISED]


@pytest.mark.parametrize(("currency", "type", "number", "seconds", "fails"), PROMISED)
def test_bank_answers_in_its_time_when_an_account_is_debited(
    api: Api, currency: str, type: str, number: str, seconds: int, fails: bool
) -> None:
    session = open_debit(api, currency=currency, allowed_payment_method_types=["card", type])

    outcome = debit(api, session, number)
    if seconds:
        api.advance(seconds - 1)
        assert read(api, session).payment_intent.status == "processing"
        api.advance(1)

    after = read(api, session)
    completed = api.v1.events.list({"type": "checkout.session.completed"}).data[0].data.object
    assert (outcome.kind, completed.status, completed.payment_status) == ("complete", "complete", "unpaid")
    assert after.status == "complete"
    charge = after.payment_intent.latest_charge
    assert charge.payment_method_details.type == type
    assert charge.payment_method_details[type].last4 == number[-4:]
    types = api.event_types()
    assert types[:4] == WAITING
    if fails:
        assert (after.payment_status, after.payment_intent.status) == ("unpaid", "requires_payment_method")
        assert after.payment_intent.last_payment_error.decline_code == "insufficient_funds"
        assert types[4:] == ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"]
    else:
        assert (after.payment_status, after.payment_intent.status) == ("paid", "succeeded")
        assert types[4:7] == [
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.async_payment_succeeded",
        ]


def test_money_is_booked_only_when_the_bank_has_paid(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)
    data = {"application_fee_amount": 100, "transfer_data": {"destination": vendor.id}}
    session = open_debit(api, payment_intent_data=data)
    debit(api, session, IN_DAYS)
    api.advance(DAYS - 1)
    before = api.balance(), api.balance(vendor.id)

    api.advance(1)
    api.advance(3)

    assert before == ({}, {})
    assert (api.balance(), api.balance(vendor.id)) == ({"usd": 41}, {"usd": 900})


def test_answer_comes_when_the_sandbox_was_restarted_meanwhile(api: Api) -> None:
    session = open_debit(api)
    debit(api, session, IN_MINUTES)

    again = api.reopen()
    again.advance(MINUTES)

    assert again.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_session_does_not_expire_when_the_bank_is_asked(api: Api) -> None:
    session = open_debit(api)
    debit(api, session, IN_DAYS)

    api.advance(2 * 86400)

    assert read(api, session).status == "complete"
    assert refused(api.v1.checkout.sessions.expire, session.id).http_status == 400


def test_buyer_stays_when_the_account_is_not_a_test_account(api: Api) -> None:
    session = open_debit(api)

    outcome = debit(api, session, "000999999999")

    assert (outcome.kind, read(api, session).status) == ("declined", "open")
    assert "000123456789" in outcome.message
    assert api.event_types() == []


def test_debit_is_not_taken_when_the_session_does_not_offer_it(api: Api) -> None:
    cards = open_debit(api, allowed_payment_method_types=["card"])
    debits = open_debit(api, allowed_payment_method_types=["us_bank_account"])

    assert debit(api, cards, AT_ONCE).kind == "declined"
    assert api.pay(debits.id).kind == "declined"
    assert debit(api, debits, AT_ONCE).kind == "complete"
    assert debit(api, debits, AT_ONCE).kind == "closed"


@pytest.mark.parametrize(
    ("currency", "allowed", "types"),
    [
        ("usd", BOTH, BOTH),
        ("eur", [*BOTH, "sepa_debit"], ["card", "sepa_debit"]),
        ("gbp", [*BOTH, "sepa_debit"], ["card"]),
        ("usd", None, ["card"]),
        ("usd", ["us_bank_account"], ["us_bank_account"]),
        ("usd", ["card", "paypal"], ["card"]),
    ],
)
def test_types_that_do_not_fit_are_dropped_when_the_session_allows_them(
    api: Api, currency: str, allowed: Any, types: list[str]
) -> None:
    more = {"allowed_payment_method_types": allowed} if allowed else {}

    assert api.open_session(1000, currency, **more).payment_method_types == types


@pytest.mark.parametrize(
    "more",
    [
        {"allowed_payment_method_types": ["sepa_debit"]},
        {"allowed_payment_method_types": ["us_bank_account"], "payment_intent_data": {"capture_method": "manual"}},
        {"excluded_payment_method_types": ["card"]},
        {"allowed_payment_method_types": ["card"], "excluded_payment_method_types": ["sepa_debit"]},
    ],
)
def test_session_is_refused_when_no_type_is_left(api: Api, more: Any) -> None:
    assert refused(lambda: api.open_session(**more)).http_status == 400


def test_discount_is_redeemed_when_the_debit_completes_the_session(api: Api) -> None:
    coupon = api.v1.coupons.create({"percent_off": 10})
    session = open_debit(api, discounts=[{"coupon": coupon.id}])

    debit(api, session, FAILS_IN_MINUTES)

    assert api.v1.coupons.retrieve(coupon.id).times_redeemed == 1
    assert read(api, session).payment_intent.amount == 900


def test_failed_debit_books_nothing_when_the_bank_returns_it(api: Api) -> None:
    session = open_debit(api)
    debit(api, session, FAILS)

    api.advance(10)

    assert api.balance() == {}
    assert refused(api.v1.refunds.create, {"payment_intent": read(api, session).payment_intent.id}).http_status == 400
