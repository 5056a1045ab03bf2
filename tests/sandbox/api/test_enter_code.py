"""Codes that a buyer types on the payment page: what they change, when they are refused, when they end."""

from typing import Any

import pytest

from store.sandbox.stripe.checkout import drop_code, pay
from tests.sandbox.api.conftest import Api
from tests.sandbox.api.test_coupons import TEN, code_for
from tests.sandbox.api.test_discounts import DECLINED, enter, read

CHALLENGE = "4000002760003184"


def test_code_changes_the_total_when_it_is_typed_in_any_case(api: Api) -> None:
    code = code_for(api, api.v1.coupons.create(TEN).id, code="Welcome10")
    session = api.open_session(allow_promotion_codes=True)

    outcome = enter(api, session, "  wELCOME10 ")

    with_code = read(api, session.id)
    assert (outcome.kind, with_code.amount_total, with_code.total_details.amount_discount) == ("complete", 900, 100)
    assert [d.to_dict() for d in with_code.discounts] == [{"coupon": None, "promotion_code": code.id}]
    drop_code(api.world, session.id)
    without = read(api, session.id)
    assert (without.amount_total, without.total_details.amount_discount, without.discounts) == (1000, 0, [])


@pytest.mark.parametrize(
    ("coupon", "code", "typed", "words"),
    [
        (TEN, {}, "", "Enter a promotion code"),
        (TEN, {}, "NONE", "“NONE” is not valid"),
        (TEN, {"active": False}, "SPRING", "not valid"),
        ({"amount_off": 100, "currency": "eur"}, {}, "SPRING", "in EUR and this order in USD"),
        ({"amount_off": 970, "currency": "usd"}, {}, "SPRING", "would be $0.30"),
        (
            TEN,
            {"restrictions": {"minimum_amount": 2500, "minimum_amount_currency": "usd"}},
            "SPRING",
            "at least $25.00",
        ),
    ],
)
def test_code_is_refused_in_words_when_it_does_not_fit(
    api: Api, coupon: Any, code: Any, typed: str, words: str
) -> None:
    code_for(api, api.v1.coupons.create(coupon).id, code="SPRING", **code)
    session = api.open_session(allow_promotion_codes=True)

    outcome = enter(api, session, typed)

    assert outcome.kind == "declined"
    assert words in outcome.message
    assert read(api, session.id).amount_total == 1000


def test_code_is_refused_when_the_page_takes_none_or_is_closed(api: Api) -> None:
    code_for(api, api.v1.coupons.create(TEN).id, code="SPRING")
    closed, plain = api.open_session(allow_promotion_codes=True), api.open_session()
    api.v1.checkout.sessions.expire(closed.id)

    assert enter(api, plain, "SPRING").kind == "declined"
    assert (enter(api, closed, "SPRING").kind, drop_code(api.world, closed.id).kind) == ("closed", "closed")
    assert read(api, plain.id).amount_total == 1000


def test_merchants_discount_stays_when_the_buyer_takes_a_code_off(api: Api) -> None:
    coupon = api.v1.coupons.create(TEN)
    session = api.open_session(discounts=[{"coupon": coupon.id}])

    drop_code(api.world, session.id)

    assert read(api, session.id).amount_total == 900


def test_code_is_taken_off_when_another_buyer_used_it_up(api: Api) -> None:
    code_for(api, api.v1.coupons.create(TEN).id, code="ONE", max_redemptions=1)
    first, second = (api.open_session(allow_promotion_codes=True) for _ in range(2))
    enter(api, first, "ONE")
    enter(api, second, "ONE")
    api.pay(first.id)

    outcome = api.pay(second.id)
    again = api.pay(second.id)

    assert "ONE has just been used up" in outcome.message
    assert (outcome.kind, again.kind, read(api, second.id).amount_total) == ("declined", "complete", 1000)


def test_intent_follows_the_total_when_a_code_comes_after_a_declined_card(api: Api) -> None:
    code_for(api, api.v1.coupons.create(TEN).id, code="SPRING")
    session = api.open_session(allow_promotion_codes=True)
    api.pay(session.id, DECLINED)

    enter(api, session, "SPRING")
    intent = read(api, session.id, None, "payment_intent").payment_intent
    api.pay(session.id)

    assert (intent.amount, intent.last_payment_error) == (900, None)
    assert api.v1.payment_intents.retrieve(intent.id).amount_received == 900


def test_challenge_is_over_when_a_code_changes_the_total(api: Api) -> None:
    code_for(api, api.v1.coupons.create(TEN).id, code="SPRING")
    session = api.open_session(allow_promotion_codes=True)
    challenge = api.pay(session.id, CHALLENGE).challenge_id

    enter(api, session, "SPRING")
    late = api.answer_challenge(session.id, challenge, passed=True)

    assert (late.kind, read(api, session.id).status) == ("declined", "open")
    assert read(api, session.id, None, "payment_intent").payment_intent.status == "requires_payment_method"


def test_opened_intent_is_cancelled_when_a_code_makes_the_order_free(api: Api) -> None:
    code_for(api, api.v1.coupons.create({"percent_off": 100}).id, code="FREE")
    session = api.open_session(allow_promotion_codes=True)
    api.pay(session.id, DECLINED)
    enter(api, session, "FREE")

    pay(api.world, session.id, None)

    done = read(api, session.id)
    assert (done.status, done.payment_status, done.payment_intent) == ("complete", "no_payment_required", None)
    assert [i.status for i in api.v1.payment_intents.list().data] == ["canceled"]
