"""Checkout Sessions in payment mode: made, looked at, paid, declined, verified, expired."""

import pytest
import stripe

from store.sandbox.stripe.cards import TEST_CARDS
from store.sandbox.stripe.checkout import pay, session_for_page
from tests.sandbox.api.conftest import Api

INSUFFICIENT = "4000000000009995"
CHALLENGE = "4000002760003184"
DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline"),
    INSUFFICIENT: ("card_declined", "insufficient_funds"),
    "4000000000009987": ("card_declined", "lost_card"),
    "4000000000009979": ("card_declined", "stolen_card"),
    "4000000000000069": ("expired_card", None),
    "4000000000000127": ("incorrect_cvc", None),
    "4000000000000119": ("processing_error", None),
    "4000000000006975": ("card_declined", "card_velocity_exceeded"),
    "4000000000000341": ("card_declined", "generic_decline"),
    "4000008400001280": ("card_declined", "generic_decline"),
    "4100000000000019": ("card_declined", "fraudulent"),
    "4111111111111111": ("card_declined", "test_mode_live_card"),
}
NO_FURTHER_EFFECT = [
    "4242424242424242",
    "378282246310005",
    "5555555555554444",
    "4000002760000016",
    "4000000000003055",
]


def test_session_is_open_and_has_its_page_when_created(api: Api) -> None:
    session = api.open_session(1250, client_reference_id="OP-7K3M9", metadata={"order": "7"})

    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (1250, "usd")
    assert session.url == f"http://127.0.0.1:8001/c/pay/{session.id}"
    assert session.expires_at - session.created == 24 * 3600
    assert (session.client_reference_id, session.metadata["order"]) == ("OP-7K3M9", "7")
    assert api.event_types() == []


def test_session_is_complete_and_paid_when_the_card_succeeds(api: Api) -> None:
    session = api.open_session(
        1250,
        customer_email="ada@example.com",
        payment_intent_data={"metadata": {"order": "7"}},
        metadata={"of": "session"},
    )

    outcome = api.pay(session.id)

    assert outcome.kind == "complete"
    expand = {"expand": ["payment_intent.latest_charge", "line_items"]}
    session = api.v1.checkout.sessions.retrieve(session.id, expand)
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert (session.customer, session.customer_details.email) == (None, "ada@example.com")
    assert session.payment_intent.status == "succeeded"
    assert session.payment_intent.metadata.to_dict() == {"order": "7"}
    charge = session.payment_intent.latest_charge
    assert (charge.amount_captured, charge.paid, charge.status) == (1250, True, "succeeded")
    assert charge.billing_details.name == "Ada Buyer"
    assert session.line_items.data[0].description == "Print"
    assert api.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize("number", NO_FURTHER_EFFECT)
def test_session_is_paid_when_the_card_is_of_another_kind(api: Api, number: str) -> None:
    session = api.open_session()

    outcome = api.pay(session.id, number, cvc="1234" if number.startswith("37") else "123")

    assert outcome.kind == "complete"


@pytest.mark.parametrize(("number", "codes"), DECLINES.items())
def test_session_stays_open_when_the_card_is_declined(api: Api, number: str, codes: tuple[str, str | None]) -> None:
    session = api.open_session()

    outcome = api.pay(session.id, number)

    assert outcome.kind == "declined"
    session = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (session.status, session.payment_status) == ("open", "unpaid")
    intent = session.payment_intent
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.message == outcome.message
    assert (intent.last_payment_error.code, getattr(intent.last_payment_error, "decline_code", None)) == codes
    assert (intent.latest_charge.status, intent.latest_charge.failure_code) == ("failed", codes[0])
    assert api.event_types() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_same_intent_is_used_when_a_second_card_succeeds(api: Api) -> None:
    session = api.open_session()
    api.pay(session.id, INSUFFICIENT)
    first = api.v1.checkout.sessions.retrieve(session.id).payment_intent

    api.pay(session.id)

    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (paid.payment_intent.id, paid.payment_intent.last_payment_error) == (first, None)
    assert [c.status for c in api.v1.charges.list({"payment_intent": first}).data] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": "4242424242424241"}, "number is incorrect"),
        ({"number": "4242"}, "number is incorrect"),
        ({"number": "abcd"}, "number is incorrect"),
        ({"exp_month": 13}, "month is invalid"),
        ({"exp_year": 2020}, "year is in the past"),
        ({"exp_year": 99999}, "year is in the past"),
        ({"cvc": "12"}, "security code is incomplete"),
        ({"number": "378282246310005", "cvc": "123"}, "security code is incomplete"),
    ],
)
def test_nothing_is_tried_when_the_form_is_filled_in_wrong(api: Api, typed: dict[str, object], words: str) -> None:
    session = api.open_session()

    outcome = api.pay(session.id, **{"number": "4242 4242 4242 4242", **typed})

    assert outcome.kind == "declined"
    assert words in outcome.message
    assert api.v1.checkout.sessions.retrieve(session.id).payment_intent is None


@pytest.mark.parametrize("number", [card.number for card in TEST_CARDS if card.refused])
def test_card_is_refused_by_name_when_its_effects_are_not_built(api: Api, number: str) -> None:
    session = api.open_session()

    outcome = api.pay(session.id, number)

    assert outcome.kind == "declined"
    assert number[-4:] in outcome.message
    assert "does not support" in outcome.message
    assert api.event_types() == []


def test_session_is_paid_when_the_challenge_is_passed(api: Api) -> None:
    session = api.open_session()
    outcome = api.pay(session.id, CHALLENGE)
    waiting = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})

    done = api.answer_challenge(session.id, outcome.challenge_id, passed=True)

    assert (outcome.kind, done.kind) == ("challenge", "complete")
    assert (waiting.status, waiting.payment_intent.status) == ("open", "requires_action")
    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert paid.payment_status == "paid"
    assert paid.payment_intent.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
    assert "payment_intent.requires_action" in api.event_types()


def test_session_stays_open_when_the_challenge_is_failed(api: Api) -> None:
    session = api.open_session()
    outcome = api.pay(session.id, CHALLENGE)

    done = api.answer_challenge(session.id, outcome.challenge_id, passed=False)

    assert done.kind == "declined"
    session = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (session.status, session.payment_intent.status) == ("open", "requires_payment_method")
    assert session.payment_intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert api.event_types()[-1] == "payment_intent.payment_failed"


@pytest.mark.parametrize(
    ("number", "code"), [("4000008260003178", "insufficient_funds"), ("4000008400001629", "generic_decline")]
)
def test_card_is_declined_when_the_bank_says_no_after_the_challenge(api: Api, number: str, code: str) -> None:
    session = api.open_session()
    outcome = api.pay(session.id, number)

    done = api.answer_challenge(session.id, outcome.challenge_id, passed=True)

    assert done.kind == "declined"
    session = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert session.payment_intent.last_payment_error.decline_code == code


def test_challenge_changes_nothing_when_it_is_answered_twice(api: Api) -> None:
    session = api.open_session()
    outcome = api.pay(session.id, CHALLENGE)
    api.answer_challenge(session.id, outcome.challenge_id, passed=False)

    again = api.answer_challenge(session.id, outcome.challenge_id, passed=True)

    assert again.kind == "declined"
    assert api.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_nothing_happens_when_a_paid_session_is_paid_again(api: Api) -> None:
    session = api.open_session()
    api.pay(session.id)

    again = api.pay(session.id)

    assert again.kind == "closed"
    assert len(api.v1.charges.list().data) == 1


def test_session_is_complete_without_intent_when_nothing_is_to_pay(api: Api) -> None:
    session = api.open_session(0)

    outcome = pay(api.world, session.id, None)

    assert outcome.kind == "complete"
    session = api.v1.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status) == ("complete", "no_payment_required")
    assert (session.payment_intent, session.amount_total) == (None, 0)
    assert session.customer is not None
    assert api.event_types() == ["customer.created", "checkout.session.completed"]


def test_customer_is_made_when_the_session_asks_for_one(api: Api) -> None:
    session = api.open_session(customer_creation="always", customer_email="ada@example.com")
    api.pay(session.id)

    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})

    assert paid.customer.email == "ada@example.com"


def test_session_is_expired_when_it_was_open(api: Api) -> None:
    session = api.open_session()
    api.pay(session.id, INSUFFICIENT)

    expired = api.v1.checkout.sessions.expire(session.id, {"expand": ["payment_intent"]})

    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    assert (expired.payment_intent.status, expired.payment_intent.cancellation_reason) == (
        "canceled",
        "expired",
    )
    assert set(api.event_types()[-2:]) == {"payment_intent.canceled", "checkout.session.expired"}
    assert api.pay(session.id).kind == "closed"


@pytest.mark.parametrize("end", ["paid", "expired"])
def test_expire_is_refused_when_the_session_is_not_open(api: Api, end: str) -> None:
    session = api.open_session()
    _ = api.pay(session.id) if end == "paid" else api.v1.checkout.sessions.expire(session.id)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.checkout.sessions.expire(session.id)

    assert caught.value.http_status == 400
    assert ("complete" if end == "paid" else "expired") in str(caught.value.user_message)


def test_session_expires_when_its_time_is_up(api: Api) -> None:
    session = api.open_session(expires_at=api.world.clock.now() + 45 * 60)

    api.advance(45 * 60)

    assert api.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert api.event_types() == ["checkout.session.expired"]


def test_session_takes_a_payment_when_one_second_is_left(api: Api) -> None:
    session = api.open_session(expires_at=api.world.clock.now() + 45 * 60)
    api.advance(45 * 60 - 1)

    assert api.pay(session.id).kind == "complete"
    api.advance(2)

    assert api.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert "checkout.session.expired" not in api.event_types()


def test_page_finds_the_session_closed_when_its_time_is_up_and_nothing_ticked(api: Api) -> None:
    session = api.open_session(expires_at=api.world.clock.now() + 45 * 60)
    api.world.clock.advance(45 * 60)  # type: ignore[attr-defined]

    outcome = api.pay(session.id)

    assert outcome.kind == "closed"
    assert api.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_page_has_what_it_shows_when_the_session_is_a_vendors(api: Api) -> None:
    vendor = api.vendor()
    session = api.open_session(account=vendor.id)

    page = session_for_page(api.world, session.id)

    assert page is not None
    assert (page["account"], page["merchant"]) == (vendor.id, "Vera's Prints")
    assert page["line_items"][0]["amount_total"] == 1000
    assert session_for_page(api.world, "cs_test_unknown") is None


def test_sessions_are_listed_when_filtered(api: Api) -> None:
    first, second = api.open_session(), api.open_session()
    api.pay(second.id)
    intent = api.v1.checkout.sessions.retrieve(second.id).payment_intent

    by_status = api.v1.checkout.sessions.list({"status": "open"})
    by_intent = api.v1.checkout.sessions.list({"payment_intent": intent})
    everything = api.v1.checkout.sessions.list({"created": {"gte": first.created}})

    assert [s.id for s in by_status.data] == [first.id]
    assert [s.id for s in by_intent.data] == [second.id]
    assert [s.id for s in everything.data] == [second.id, first.id]


def test_line_items_are_listed_in_the_order_they_were_given(api: Api) -> None:
    price = api.v1.prices.create({"currency": "usd", "unit_amount": 700, "product_data": {"name": "Frame"}})
    lines = [
        {
            "quantity": 2,
            "price_data": {"currency": "usd", "unit_amount": 300, "product_data": {"name": "Card"}},
        },
        {"quantity": 1, "price": price.id},
    ]
    session = api.open_session(line_items=lines)

    items = api.v1.checkout.sessions.line_items.list(session.id, {"expand": ["data.price.product"]})

    assert [(i.description, i.quantity, i.amount_total) for i in items.data] == [
        ("Card", 2, 600),
        ("Frame", 1, 700),
    ]
    assert items.data[1].price.product.name == "Frame"
    assert session.amount_total == 1300


def test_metadata_is_merged_when_the_session_is_updated(api: Api) -> None:
    session = api.open_session(metadata={"a": "1", "b": "2"})

    session = api.v1.checkout.sessions.update(session.id, {"metadata": {"b": "", "c": "3"}})

    assert session.metadata.to_dict() == {"a": "1", "c": "3"}


def test_nothing_happens_when_the_session_is_unknown_or_over(api: Api) -> None:
    session = api.open_session()
    challenge = api.pay(session.id, CHALLENGE).challenge_id
    api.v1.checkout.sessions.expire(session.id)

    late = api.answer_challenge(session.id, challenge, passed=True)

    assert late.kind == api.pay("cs_test_unknown").kind == "closed"
    assert api.v1.charges.list().data == []


def test_card_is_asked_for_when_there_is_something_to_pay(api: Api) -> None:
    session = api.open_session()

    assert pay(api.world, session.id, None).kind == "declined"
    assert api.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_customers_mail_is_shown_when_the_session_is_for_a_customer(api: Api) -> None:
    customer = api.v1.customers.create({"email": "ada@example.com"})
    session = api.open_session(customer=customer.id)
    api.pay(session.id)

    found = api.v1.checkout.sessions.list({"customer_details": {"email": "ada@example.com"}}).data

    assert session.customer_details.email == "ada@example.com"
    assert [(s.id, s.customer) for s in found] == [(session.id, customer.id)]
