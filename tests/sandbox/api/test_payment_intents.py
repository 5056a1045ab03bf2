"""Payment intents by API: confirmed with a test card, declined, cancelled; a session's intent is the "
"buyer's."""

import pytest
import stripe

from tests.sandbox.api.conftest import Api


def test_intent_succeeds_when_it_is_confirmed_at_once(api: Api) -> None:
    intent = api.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "expand": ["latest_charge"],
        }
    )

    assert (intent.status, intent.amount_received) == ("succeeded", 500)
    assert intent.latest_charge.payment_method_details.card.last4 == "4242"


def test_intent_stays_open_when_its_card_is_declined(api: Api) -> None:
    intent = api.v1.payment_intents.create({"amount": 500, "currency": "usd"})

    with pytest.raises(stripe.CardError) as caught:
        api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"})

    assert (caught.value.http_status, caught.value.code) == (402, "card_declined")
    assert caught.value.error.decline_code == "insufficient_funds"
    assert caught.value.error.payment_intent.id == intent.id
    intent = api.v1.payment_intents.retrieve(intent.id)
    assert (intent.status, intent.last_payment_error.decline_code) == (
        "requires_payment_method",
        "insufficient_funds",
    )
    assert api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_same_decline_comes_back_when_the_key_is_used_again(api: Api) -> None:
    intent = api.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            api.v1.payment_intents.confirm(
                intent.id, {"payment_method": "pm_card_visa_chargeDeclined"}, {"idempotency_key": "k1"}
            )

    assert len(api.v1.charges.list().data) == 1


def test_intent_is_cancelled_when_nothing_was_paid(api: Api) -> None:
    intent = api.v1.payment_intents.create({"amount": 500, "currency": "usd"})

    intent = api.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

    assert (intent.status, intent.cancellation_reason) == ("canceled", "abandoned")
    for act in (api.v1.payment_intents.cancel, api.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            act(intent.id)
        assert caught.value.code == "payment_intent_unexpected_state"


def test_sessions_intent_is_refused_when_the_api_confirms_or_cancels_it(api: Api) -> None:
    session = api.open_session()
    api.pay(session.id, "4000000000000002")
    intent = api.v1.checkout.sessions.retrieve(session.id).payment_intent

    for act in (api.v1.payment_intents.cancel, api.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError, match="expire its Checkout Session"):
            act(intent)


def test_intent_is_updated_while_it_is_open(api: Api) -> None:
    intent = api.v1.payment_intents.create({"amount": 500, "currency": "usd", "metadata": {"a": "1"}})

    intent = api.v1.payment_intents.update(intent.id, {"amount": 700, "metadata": {"a": "", "b": "2"}})

    assert (intent.amount, intent.metadata.to_dict()) == (700, {"b": "2"})


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"amount": 49}, "amount_too_small"),
        ({"amount": 100_000_000}, "amount_too_large"),
        ({"capture_method": "later"}, None),
        ({"application_fee_amount": 5}, None),
        ({"payment_method": "pm_unknown"}, "resource_missing"),
        ({"return_url": "http://localhost:8000/done"}, None),
        ({"return_url": "/done", "confirm": True}, "url_invalid"),
        ({"confirm": True}, "payment_intent_unexpected_state"),
    ],
)
def test_intent_is_refused_when_a_field_is_wrong(api: Api, wrong: dict[str, object], code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.payment_intents.create({"amount": 500, "currency": "usd", **wrong})  # type: ignore[typeddict-item]

    assert caught.value.code == code
    assert api.v1.payment_intents.list().data == []


def test_card_that_opens_a_dispute_is_refused_by_name(api: Api) -> None:
    with pytest.raises(stripe.CardError, match="0259"):
        api.v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": "pm_card_createDispute"})
