"""How refunds end: pending then succeeded, succeeded then failed, waiting for the buyer, cancelled."""

from typing import Any

import pytest

from store.sandbox.stripe.checkout import pay_by_debit
from tests.sandbox.api.conftest import Api
from tests.sandbox.api.test_coupons import refused

PENDING, FAILING = "4000000000007726", "4000000000005126"


def refund(api: Api, number: str, **more: Any) -> Any:
    api.pay(api.open_session().id, number)
    api.advance(3)
    return api.v1.refunds.create({"charge": api.v1.charges.list().data[0].id, **more})


def wait(api: Api, **more: Any) -> Any:
    session = api.open_session(allowed_payment_method_types=["us_bank_account"])
    pay_by_debit(api.world, session.id, "000123456789", "Ada Buyer")
    api.advance(3)
    params: Any = {"instructions_email": "ada@example.com", "charge": api.v1.charges.list().data[0].id}
    return api.v1.refunds.create(params | more)


def test_refund_succeeds_by_the_clock_when_the_card_makes_it_pending(api: Api) -> None:
    made = refund(api, PENDING)
    api.advance(179)
    before = api.v1.refunds.retrieve(made.id)
    api.advance(1)

    after = api.v1.refunds.retrieve(made.id)
    assert (made.status, made.pending_reason, before.status) == ("pending", "processing", "pending")
    assert (after.status, after.pending_reason) == ("succeeded", None)
    assert api.event_types()[-3:] == ["refund.created", "charge.refunded", "refund.updated"]


def test_money_comes_back_when_the_cards_refund_fails_later(api: Api) -> None:
    before = api.balance()
    made = refund(api, FAILING, amount=400)
    between = api.balance()
    api.advance(180)

    failed = api.v1.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction", "charge"]})
    assert (made.status, before, between) == ("succeeded", {}, {"usd": 1000 - 59 - 400})
    assert (failed.status, failed.failure_reason) == ("failed", "unknown")
    back = failed.failure_balance_transaction
    assert (back.amount, back.type, back.status, back.source) == (400, "refund_failure", "available", made.id)
    assert (failed.charge.amount_refunded, failed.charge.refunded) == (0, False)
    assert api.balance() == {"usd": 1000 - 59}
    assert api.event_types()[-3:] == ["refund.updated", "refund.failed", "charge.updated"]


def test_charge_is_refunded_again_when_the_first_refund_failed(api: Api) -> None:
    made = refund(api, FAILING)
    api.advance(180)

    again = api.v1.refunds.create({"charge": made.charge})

    assert (again.status, again.amount) == ("succeeded", 1000)
    assert api.balance() == {"usd": -59}


def test_refund_is_cancelled_when_it_waits_for_the_buyer(api: Api) -> None:
    made = wait(api)

    gone = api.v1.refunds.cancel(made.id)
    api.advance(86400)

    assert (made.status, made.next_action.display_details.email_sent.email_sent_to) == (
        "requires_action",
        "ada@example.com",
    )
    assert made.destination_details.type == "us_bank_transfer"
    assert (gone.status, gone.failure_reason, gone.next_action) == ("canceled", None, None)
    assert gone.failure_balance_transaction
    assert api.v1.refunds.retrieve(made.id).status == "canceled"
    assert api.balance() == {"usd": 1000 - 59}
    assert "refund.failed" not in api.event_types()
    assert refused(api.v1.refunds.cancel, made.id).param == "refund"


def test_refund_succeeds_when_the_buyer_answers_within_a_day(api: Api) -> None:
    made = wait(api)

    api.advance(86400)

    assert api.v1.refunds.retrieve(made.id).status == "succeeded"
    assert api.balance() == {"usd": -59}


def test_refund_fails_when_the_wait_for_the_buyer_expires(api: Api) -> None:
    made = wait(api, amount=300)

    failed = api.v1.test_helpers.refunds.expire(made.id)

    assert (failed.status, api.balance()) == ("failed", {"usd": 1000 - 59})
    assert api.event_types()[-2] == "refund.failed"


@pytest.mark.parametrize("act", ["cancel", "expire"])
def test_card_refund_is_not_called_off_when_it_succeeded(api: Api, act: str) -> None:
    made = refund(api, "4242424242424242", instructions_email="ada@example.com")

    error = refused(getattr(api.v1.refunds if act == "cancel" else api.v1.test_helpers.refunds, act), made.id)

    assert (made.status, error.param, error.http_status) == ("succeeded", "refund", 400)


def test_failing_refund_is_in_the_vendors_world_when_the_charge_is_direct(api: Api) -> None:
    vendor = api.vendor()
    options: Any = {"stripe_account": vendor.id}
    session = api.open_session(account=vendor.id, payment_intent_data={"application_fee_amount": 100})
    api.pay(session.id, FAILING)
    api.advance(3)
    charge = api.v1.charges.list({}, options).data[0]
    api.v1.refunds.create({"charge": charge.id}, options)

    api.advance(180)

    assert api.v1.refunds.list({}, options).data[0].status == "failed"
    assert api.balance(vendor.id) == {"usd": 1000 - 59 - 100}
    assert "refund.failed" in api.event_types(vendor.id)
    assert "refund.failed" not in api.event_types()
