"""What the provider's table of test cards promises, written out: who is asked, who pays alone, what is blocked."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.api.conftest import Api

# docs.stripe.com/testing; the third column is what the bank says once 3D Secure was completed.
ASKED = pytest.mark.parametrize(
    ("number", "token", "then"),
    [
        ("4000002500003155", "pm_card_authenticationRequiredOnSetup", None),
        ("4000002760003184", "pm_card_authenticationRequired", None),
        ("4000003800000446", "pm_card_authenticationRequiredSetupForOffSession", None),
        ("4000000000003220", "pm_card_threeDSecure2Required", None),
        ("4000008260003178", "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("4000008400001629", "pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
    ],
)


def confirm(api: Api, token: str, **more: Any) -> Any:
    params: Any = {"amount": 500, "currency": "usd", "payment_method": token, "confirm": True, **more}
    return api.v1.payment_intents.create(params)


def read(api: Api, session: Any) -> Any:
    return api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})


@ASKED
def test_bank_asks_the_buyer_and_then_decides_when_the_card_is_typed(
    api: Api, number: str, token: str, then: str | None
) -> None:
    session = api.open_session()

    asked = api.pay(session.id, number)
    waiting = read(api, session)
    done = api.answer_challenge(session.id, asked.challenge_id, passed=True)

    after = read(api, session)
    charge = after.payment_intent.latest_charge
    assert (asked.kind, waiting.status, waiting.payment_status) == ("challenge", "open", "unpaid")
    assert (waiting.payment_intent.status, waiting.payment_intent.latest_charge) == ("requires_action", None)
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"
    if then is None:
        assert (done.kind, after.status, after.payment_status) == ("complete", "complete", "paid")
        assert (after.payment_intent.status, charge.amount_captured) == ("succeeded", 1000)
    else:
        assert (done.kind, after.status, after.payment_status) == ("declined", "open", "unpaid")
        assert (after.payment_intent.status, charge.status) == ("requires_payment_method", "failed")
        assert (charge.failure_code, after.payment_intent.last_payment_error.decline_code) == ("card_declined", then)


@ASKED
def test_bank_asks_the_buyer_when_the_card_is_named_by_api(api: Api, number: str, token: str, then: str | None) -> None:
    intent = confirm(api, token)

    assert (intent.status, intent.latest_charge, intent.amount_received) == ("requires_action", None, 0)
    assert api.event_types() == ["payment_intent.created", "payment_intent.requires_action"]


@pytest.mark.parametrize("number", ["4000002500003155", "4000000000003220"])
def test_nothing_is_charged_when_the_buyer_does_not_pass_the_bank(api: Api, number: str) -> None:
    session = api.open_session()
    asked = api.pay(session.id, number)

    done = api.answer_challenge(session.id, asked.challenge_id, passed=False)

    intent = read(api, session).payment_intent
    assert (done.kind, intent.status, intent.latest_charge) == ("declined", "requires_payment_method", None)
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"


@pytest.mark.parametrize(
    "token",
    ["pm_card_authenticationRequiredOnSetup", "pm_card_authenticationRequired", "pm_card_threeDSecure2Required"],
)
def test_card_is_declined_when_it_was_not_set_up_and_nobody_is_there(api: Api, token: str) -> None:
    with pytest.raises(stripe.CardError) as caught:
        confirm(api, token, off_session=True)

    intent = api.v1.payment_intents.retrieve(caught.value.error.payment_intent.id, {"expand": ["latest_charge"]})
    assert (caught.value.code, caught.value.http_status) == ("authentication_required", 402)
    assert (intent.status, intent.next_action, intent.amount_received) == ("requires_payment_method", None, 0)
    assert (intent.latest_charge.status, intent.latest_charge.failure_code) == ("failed", "authentication_required")
    assert api.event_types() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_card_pays_alone_when_it_is_set_up_and_nobody_is_there(api: Api) -> None:
    intent = confirm(api, "pm_card_authenticationRequiredSetupForOffSession", off_session=True)

    assert (intent.status, intent.amount_received) == ("succeeded", 500)


@pytest.mark.parametrize("by_api", [False, True], ids=["typed", "named"])
def test_outcome_is_blocked_when_the_fraud_check_refuses_the_card(api: Api, by_api: bool) -> None:
    if by_api:
        with pytest.raises(stripe.CardError) as caught:
            confirm(api, "pm_card_radarBlock")
        assert (caught.value.code, caught.value.error.decline_code) == ("card_declined", "fraudulent")
    else:
        assert api.pay(api.open_session().id, "4100000000000019").kind == "declined"

    (charge,) = api.v1.charges.list().data
    assert charge.outcome.type == "blocked"
    assert charge.outcome.network_status == "not_sent_to_network"
    assert (charge.outcome.reason, charge.outcome.risk_level) == ("highest_risk_level", "highest")
    assert charge.outcome.seller_message == "Stripe blocked this payment."
    assert (charge.status, charge.paid, charge.amount_captured) == ("failed", False, 0)
    assert api.v1.payment_intents.list().data[0].status == "requires_payment_method"
    api.advance(10)
    assert api.balance() == {}


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("4000000000000002", "generic_decline"),
        ("4000000000009995", "insufficient_funds"),
        ("4000000000009987", "lost_card"),
        ("4000000000009979", "stolen_card"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
        ("4000000000006975", "card_velocity_exceeded"),
    ],
)
def test_outcome_is_the_issuers_when_its_bank_declines_the_card(api: Api, number: str, reason: str) -> None:
    api.pay(api.open_session().id, number)

    (charge,) = api.v1.charges.list().data
    assert (charge.outcome.type, charge.outcome.network_status) == ("issuer_declined", "declined_by_network")
    assert (charge.outcome.reason, charge.outcome.risk_level) == (reason, "normal")


@pytest.mark.parametrize(
    ("number", "brand", "country"),
    [
        ("4242424242424242", "visa", "US"),
        ("4000000000000077", "visa", "US"),
        ("4000000000003055", "visa", "US"),
        ("378282246310005", "amex", "US"),
        ("5555555555554444", "mastercard", "US"),
        ("6011111111111117", "discover", "US"),
        ("3566002020360505", "jcb", "JP"),
        ("6200000000000005", "unionpay", "CN"),
        ("4000002760000016", "visa", "DE"),
        ("4000002500000003", "visa", "FR"),
        ("4000008260000000", "visa", "GB"),
        ("4000000000007726", "visa", "US"),
        ("4000000000005126", "visa", "US"),
    ],
)
def test_card_pays_without_a_question_when_the_table_says_that_it_succeeds(
    api: Api, number: str, brand: str, country: str
) -> None:
    session = api.open_session()

    outcome = api.pay(session.id, number, cvc="1234" if brand == "amex" else "123")

    charge = read(api, session).payment_intent.latest_charge
    card = charge.payment_method_details.card
    assert (outcome.kind, charge.status, charge.amount_captured) == ("complete", "succeeded", 1000)
    assert (card.brand, card.country, card.last4, card.three_d_secure) == (brand, country, number[-4:], None)
    assert (charge.outcome.type, charge.outcome.network_status) == ("authorized", "approved_by_network")


def test_card_can_be_kept_but_not_charged_when_every_charge_of_it_fails(api: Api) -> None:
    ada = api.v1.customers.create({"name": "Ada Buyer"})
    kept = api.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": ada.id})

    with pytest.raises(stripe.CardError) as caught:
        confirm(api, kept.id, customer=ada.id)

    assert caught.value.code == "card_declined"
    assert api.v1.payment_methods.retrieve(kept.id).customer == ada.id


def test_card_is_declined_without_a_question_when_the_lookup_of_3d_secure_fails(api: Api) -> None:
    session = api.open_session()

    outcome = api.pay(session.id, "4000008400001280")

    intent = read(api, session).payment_intent
    assert (outcome.kind, outcome.challenge_id, intent.status) == ("declined", None, "requires_payment_method")
    assert (intent.latest_charge.status, intent.last_payment_error.code) == ("failed", "card_declined")
