"""Held money: captured whole or in part, given back by hand or by itself; fees and transfers follow."""

from typing import Any

import pytest
import stripe

from tests.sandbox.api.conftest import EXPRESS, Api
from tests.sandbox.api.test_coupons import refused

DAYS = 86400


def hold(api: Api, amount: int = 1000, account: str | None = None, **more: Any) -> Any:
    params: Any = {"amount": amount, "currency": "usd", "capture_method": "manual", "confirm": True}
    options: Any = {"stripe_account": account} if account else {}
    return api.v1.payment_intents.create(params | {"payment_method": "pm_card_visa"} | more, options)


def charge_of(api: Api, intent: Any, account: str | None = None) -> Any:
    return api.v1.charges.retrieve(intent.latest_charge, {}, {"stripe_account": account} if account else {})


def test_money_is_held_and_not_booked_when_capture_is_manual(api: Api) -> None:
    intent = hold(api)
    api.advance(10)

    charge = charge_of(api, intent)
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 1000, 0)
    assert (charge.status, charge.captured, charge.amount_captured) == ("succeeded", False, 0)
    assert charge.payment_method_details.card.capture_before == charge.created + 7 * DAYS
    assert (charge.balance_transaction, api.balance()) == (None, {})
    assert api.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    ]


@pytest.mark.parametrize(("asked", "captured", "fee"), [({}, 1000, 59), ({"amount_to_capture": 400}, 400, 42)])
def test_money_is_booked_when_it_is_captured(api: Api, asked: Any, captured: int, fee: int) -> None:
    intent = hold(api)

    done = api.v1.payment_intents.capture(intent.id, {**asked, "metadata": {"a": "1"}})
    api.advance(3)

    charge = charge_of(api, intent)
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", captured, 0)
    assert (charge.captured, charge.amount_captured, charge.amount) == (True, captured, 1000)
    assert api.balance() == {"usd": captured - fee}
    assert api.event_types()[-3:] == ["charge.captured", "payment_intent.succeeded", "charge.updated"]
    assert refused(api.v1.payment_intents.capture, intent.id).code == "payment_intent_unexpected_state"


def test_captured_part_is_refunded_at_most_when_more_was_held(api: Api) -> None:
    intent = hold(api)
    api.v1.payment_intents.capture(intent.id, {"amount_to_capture": 400})

    too_much = refused(api.v1.refunds.create, {"payment_intent": intent.id, "amount": 401})
    api.v1.refunds.create({"payment_intent": intent.id})

    charge = charge_of(api, intent)
    assert too_much.param == "amount"
    assert (charge.amount_refunded, charge.refunded) == (400, True)
    assert api.balance() == {"usd": -42}


def test_charge_is_captured_when_it_is_asked_the_old_way(api: Api) -> None:
    intent = hold(api)

    charge = api.v1.charges.capture(intent.latest_charge, {"amount": 250})

    assert (charge.captured, charge.amount_captured) == (True, 250)
    assert api.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert refused(api.v1.charges.capture, intent.latest_charge).code == "charge_already_captured"


def test_money_goes_back_when_the_intent_is_cancelled(api: Api) -> None:
    intent = hold(api)

    gone = api.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "requested_by_customer"})
    api.advance(8 * DAYS)

    charge = charge_of(api, intent)
    assert (gone.status, gone.cancellation_reason, gone.amount_capturable) == ("canceled", "requested_by_customer", 0)
    assert (charge.refunded, charge.captured, api.balance()) == (True, False, {})
    assert api.event_types()[-2:] == ["charge.refunded", "payment_intent.canceled"]


def test_money_goes_back_by_itself_when_nobody_captures_it_in_seven_days(api: Api) -> None:
    intent = hold(api)

    api.advance(7 * DAYS - 1)
    before = api.v1.payment_intents.retrieve(intent.id).status
    api.advance(1)

    after = api.v1.payment_intents.retrieve(intent.id)
    assert (before, after.status, after.cancellation_reason) == ("requires_capture", "canceled", "automatic")
    assert api.event_types()[-2:] == ["charge.expired", "payment_intent.canceled"]
    assert refused(api.v1.payment_intents.capture, intent.id).code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"amount_to_capture": 1001}, "amount_to_capture"),
        ({"amount_to_capture": 0}, "amount_to_capture"),
        ({"amount_to_capture": 100, "application_fee_amount": 101}, "application_fee_amount"),
        ({"transfer_data": {"amount": 100}}, "transfer_data"),
    ],
)
def test_capture_is_refused_when_it_does_not_fit(api: Api, wrong: Any, param: str) -> None:
    vendor = api.vendor()
    intent = hold(api, account=vendor.id, application_fee_amount=300)

    error = refused(api.v1.payment_intents.capture, intent.id, wrong, {"stripe_account": vendor.id})

    assert error.param == param
    assert charge_of(api, intent, vendor.id).captured is False


def test_fee_cannot_be_added_when_the_hold_had_none(api: Api) -> None:
    vendor = api.vendor()
    intent = hold(api, account=vendor.id)

    error = refused(
        api.v1.payment_intents.capture, intent.id, {"application_fee_amount": 1}, {"stripe_account": vendor.id}
    )

    assert error.param == "application_fee_amount"


@pytest.mark.parametrize(("asked", "fee"), [({}, 200), ({"application_fee_amount": 50}, 50)])
def test_fee_is_at_most_what_is_captured_when_only_a_part_is(api: Api, asked: Any, fee: int) -> None:
    vendor = api.vendor()
    options: Any = {"stripe_account": vendor.id}
    intent = hold(api, account=vendor.id, application_fee_amount=300)

    api.v1.payment_intents.capture(intent.id, {"amount_to_capture": 200, **asked}, options)
    api.advance(3)

    assert [row.amount for row in api.v1.application_fees.list().data] == [fee]
    assert api.balance() == {"usd": fee}
    assert api.balance(vendor.id) == ({"usd": 200 - fee - 36} if fee != 164 else {})


def test_transfer_is_what_was_captured_when_only_a_part_is(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)
    intent = hold(api, application_fee_amount=100, transfer_data={"destination": vendor.id})

    api.v1.payment_intents.capture(intent.id, {"amount_to_capture": 400})
    api.advance(3)

    assert [transfer.amount for transfer in api.v1.transfers.list().data] == [400]
    assert api.balance(vendor.id) == {"usd": 300}


@pytest.mark.parametrize(("asked", "moved"), [({}, 400), ({"transfer_data": {"amount": 250}}, 250)])
def test_transfer_is_at_most_what_was_captured_when_it_was_to_be_more(api: Api, asked: Any, moved: int) -> None:
    vendor = api.vendor(controller=EXPRESS)
    intent = hold(api, transfer_data={"destination": vendor.id, "amount": 900})

    api.v1.payment_intents.capture(intent.id, {"amount_to_capture": 400, **asked})
    api.advance(3)

    assert [transfer.amount for transfer in api.v1.transfers.list().data] == [moved]


def test_session_is_complete_and_unpaid_until_the_money_is_captured(api: Api) -> None:
    session = api.open_session(payment_intent_data={"capture_method": "manual"})
    api.pay(session.id)
    held = api.v1.checkout.sessions.retrieve(session.id)

    api.v1.payment_intents.capture(held.payment_intent)

    paid = api.v1.checkout.sessions.retrieve(session.id)
    assert (held.status, held.payment_status) == ("complete", "unpaid")
    assert (paid.status, paid.payment_status) == ("complete", "paid")


def test_refund_is_refused_when_the_money_is_only_held(api: Api) -> None:
    intent = hold(api)

    assert refused(api.v1.refunds.create, {"charge": intent.latest_charge}).code == "charge_not_refundable"
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.refunds.create({"payment_intent": intent.id})


def test_hold_survives_a_restart_when_the_file_is_opened_again(api: Api) -> None:
    intent = hold(api)

    again = api.reopen()
    again.advance(7 * DAYS)

    assert again.v1.payment_intents.retrieve(intent.id).status == "canceled"
