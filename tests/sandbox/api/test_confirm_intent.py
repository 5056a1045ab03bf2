"""Confirming by API: every test card by name, 3D Secure with a way back, nobody there to be asked, browser's calls."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from store.sandbox.stripe.authentication import answer_challenge, find_challenge
from store.sandbox.stripe.cards import TEST_CARDS
from tests.sandbox.api.conftest import Api
from tests.sandbox.api.test_coupons import refused

BACK = "http://localhost:8000/back?order=7"
ASKS = "pm_card_authenticationRequired"
GOOD = [card for card in TEST_CARDS if not (card.decline or card.challenge or card.refused)]
DECLINING = [card for card in TEST_CARDS if card.decline and not card.refused]
ASKING = [card for card in TEST_CARDS if card.challenge]


def confirm(api: Api, token: str, **more: Any) -> Any:
    params: Any = {"amount": 500, "currency": "usd", "payment_method": token, "confirm": True, **more}
    return api.v1.payment_intents.create(params)


@pytest.mark.parametrize("card", GOOD, ids=lambda card: card.token)
def test_intent_succeeds_when_the_named_card_is_good(api: Api, card: Any) -> None:
    intent = confirm(api, card.token)

    assert (intent.status, intent.amount_received) == ("succeeded", 500)


@pytest.mark.parametrize("card", DECLINING, ids=lambda card: card.token)
def test_intent_waits_for_another_card_when_the_named_one_is_declined(api: Api, card: Any) -> None:
    with pytest.raises(stripe.CardError) as caught:
        confirm(api, card.token)

    assert caught.value.code == card.decline.code
    intent = api.v1.payment_intents.retrieve(caught.value.error.payment_intent.id, {"expand": ["latest_charge"]})
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", card.decline.code)
    assert intent.latest_charge.outcome.type == ("blocked" if card.decline.blocked else "issuer_declined")


@pytest.mark.parametrize("card", ASKING, ids=lambda card: card.token)
def test_buyer_is_sent_to_the_bank_when_the_named_card_asks(api: Api, card: Any) -> None:
    intent = confirm(api, card.token, return_url=BACK)

    step = intent.next_action
    assert (intent.status, step.type, step.redirect_to_url.return_url) == ("requires_action", "redirect_to_url", BACK)
    assert step.redirect_to_url.url.startswith(f"http://127.0.0.1:8001/c/authenticate/{intent.id}/3ds_")
    assert api.event_types() == ["payment_intent.created", "payment_intent.requires_action"]


@pytest.mark.parametrize(
    ("token", "passed", "status", "told"),
    [
        (ASKS, True, "succeeded", "succeeded"),
        (ASKS, False, "requires_payment_method", "failed"),
        ("pm_card_threeDSecureRequiredChargeDeclined", True, "requires_payment_method", "failed"),
    ],
)
def test_buyer_comes_back_with_the_result_when_the_bank_was_answered(
    api: Api, token: str, passed: bool, status: str, told: str
) -> None:
    intent = confirm(api, token, return_url=BACK)
    challenge = intent.next_action.redirect_to_url.url.rsplit("/", 1)[1]

    address = answer_challenge(api.world, intent.id, challenge, passed)
    again = answer_challenge(api.world, intent.id, challenge, not passed)

    query = parse_qs(urlsplit(str(address)).query)
    assert again == address
    assert query["redirect_status"] == [told]
    assert (query["order"], query["payment_intent"]) == (["7"], [intent.id])
    assert query["payment_intent_client_secret"] == [intent.client_secret]
    assert api.v1.payment_intents.retrieve(intent.id).status == status


def test_challenge_is_unknown_when_its_id_or_its_way_back_is_missing(api: Api) -> None:
    intent = confirm(api, ASKS)

    challenge = api.world.get(api.world.platform, "payment_intent", intent.id)["_challenge"]
    assert intent.next_action.type == "use_stripe_sdk"
    assert find_challenge(api.world, intent.id, challenge) is None
    assert answer_challenge(api.world, intent.id, "3ds_other", True) is None
    assert answer_challenge(api.world, "pi_unknown", challenge, True) is None


@pytest.mark.parametrize("more", [{"off_session": True}, {"error_on_requires_action": True}])
def test_card_is_declined_when_nobody_is_there_to_be_asked(api: Api, more: Any) -> None:
    with pytest.raises(stripe.CardError) as caught:
        confirm(api, ASKS, **more)

    assert caught.value.code == "authentication_required"
    assert api.v1.payment_intents.list().data[0].status == "requires_payment_method"


def test_card_pays_alone_when_it_was_set_up_for_that(api: Api) -> None:
    token = "pm_card_authenticationRequiredSetupForOffSession"

    assert confirm(api, token, off_session=True).status == "succeeded"
    assert confirm(api, token).status == "requires_action"


@pytest.mark.parametrize("name", ["return_url", "off_session", "error_on_requires_action"])
def test_intent_is_refused_when_what_goes_with_confirming_comes_without(api: Api, name: str) -> None:
    value: Any = BACK if name == "return_url" else True

    error = refused(api.v1.payment_intents.create, {"amount": 500, "currency": "usd", name: value})

    assert error.param == name


@pytest.mark.parametrize("reason", ["duplicate", "fraudulent", "requested_by_customer", "abandoned"])
def test_intent_is_cancelled_for_a_reason_when_the_buyer_was_asked(api: Api, reason: Any) -> None:
    intent = confirm(api, ASKS, return_url=BACK)

    gone = api.v1.payment_intents.cancel(intent.id, {"cancellation_reason": reason})

    assert (gone.status, gone.cancellation_reason, gone.next_action) == ("canceled", reason, None)
    assert refused(api.v1.payment_intents.cancel, intent.id).code == "payment_intent_unexpected_state"


def test_capture_method_is_chosen_late_when_the_confirmation_names_it(api: Api) -> None:
    intent = api.v1.payment_intents.create({"amount": 500, "currency": "usd"})

    intent = api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "capture_method": "manual"})

    assert intent.status == "requires_capture"


def test_browser_confirms_when_it_has_the_client_secret(api: Api) -> None:
    intent = api.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    path = f"/v1/payment_intents/{intent.id}/confirm"
    browser = {"authorization": "Bearer pk_test_overprint"}

    wrong, _, _ = api.raw("POST", path, {"payment_method": "pm_card_visa", "client_secret": "x"}, **browser)
    right, _, answer = api.raw(
        "POST", path, {"payment_method": "pm_card_visa", "client_secret": intent.client_secret}, **browser
    )

    assert (wrong, right, answer["status"]) == (400, 200, "succeeded")


def test_browser_makes_the_card_that_the_server_confirms_with(api: Api) -> None:
    typed = {"card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}

    status, _, method = api.raw(
        "POST", "/v1/payment_methods", {"type": "card", **typed}, authorization="Bearer pk_test_overprint"
    )

    assert status == 200
    assert confirm(api, method["id"]).status == "succeeded"
