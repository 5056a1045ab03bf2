"""Refunds: what goes back, to whom, and what is left on every balance."""

from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.sandbox.api.conftest import EXPRESS, Api

BACK = {"refund_application_fee": True}
ALL_BACK = {"refund_application_fee": True, "reverse_transfer": True}
PROVIDER = 59


def pay_direct(api: Api, total: int = 1000, fee: int = 123, **vendor: Any) -> tuple[str, Any]:
    account = api.vendor(**vendor)
    data = {"payment_intent_data": {"application_fee_amount": fee}}
    api.pay(api.open_session(total, account.default_currency, account=account.id, **data).id)
    api.advance(3)
    return account.id, api.v1.charges.list({}, {"stripe_account": account.id}).data[0]


def pay_destination(api: Api, total: int = 1000, fee: int = 123) -> tuple[str, Any]:
    account = api.vendor(controller=EXPRESS)
    data = {"transfer_data": {"destination": account.id}, "application_fee_amount": fee}
    api.pay(api.open_session(total, payment_intent_data=data).id)
    api.advance(3)
    return account.id, api.v1.charges.list().data[0]


def test_all_goes_back_but_the_providers_fee_when_a_direct_charge_is_refunded(api: Api) -> None:
    vendor, charge = pay_direct(api)

    refund = api.v1.refunds.create({"payment_intent": charge.payment_intent, **BACK}, {"stripe_account": vendor})

    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 1000, charge.id)
    assert api.balance(vendor) == {"usd": -PROVIDER}
    assert api.balance() == {}
    fee = api.v1.application_fees.list().data[0]
    assert (fee.refunded, fee.amount_refunded, fee.refunds.data[0].amount) == (True, 123, 123)
    charge = api.v1.charges.retrieve(charge.id, {"expand": ["refunds"]}, {"stripe_account": vendor})
    assert (charge.refunded, charge.amount_refunded) == (True, 1000)
    assert [r.id for r in charge.refunds.data] == [refund.id]
    assert api.event_types(vendor)[-2:] == ["refund.created", "charge.refunded"]
    assert api.event_types()[-1] == "application_fee.refunded"


def test_platform_keeps_its_fee_when_a_direct_refund_does_not_ask_for_it(api: Api) -> None:
    vendor, charge = pay_direct(api)

    api.v1.refunds.create({"charge": charge.id}, {"stripe_account": vendor})

    assert api.balance(vendor) == {"usd": -PROVIDER - 123}
    assert api.balance() == {"usd": 123}


def test_all_goes_back_but_the_providers_fee_when_a_destination_charge_is_refunded(api: Api) -> None:
    vendor, charge = pay_destination(api)

    refund = api.v1.refunds.create({"charge": charge.id, "expand": ["transfer_reversal"], **ALL_BACK})

    assert api.balance(vendor) == {}
    assert api.balance() == {"usd": -PROVIDER}
    assert (refund.status, refund.transfer_reversal.amount) == ("succeeded", 1000)
    assert refund.transfer_reversal.source_refund == refund.id
    transfer = api.v1.transfers.retrieve(charge.transfer)
    assert (transfer.reversed, transfer.amount_reversed) == (True, 1000)
    assert [r.id for r in transfer.reversals.data] == [refund.transfer_reversal.id]
    payment = api.v1.charges.retrieve(transfer.destination_payment, {}, {"stripe_account": vendor})
    assert (payment.refunded, payment.amount_refunded) == (True, 1000)
    assert set(api.event_types()[-4:]) == {
        "application_fee.refunded",
        "transfer.reversed",
        "refund.created",
        "charge.refunded",
    }


@pytest.mark.parametrize(
    ("country", "currency", "total", "fee", "provider"),
    [("DE", "eur", 1999, 201, 88), ("JP", "jpy", 3000, 300, 117)],
)
def test_platform_is_back_at_zero_when_the_fee_was_earned_in_another_currency(
    api: Api, country: str, currency: str, total: int, fee: int, provider: int
) -> None:
    vendor, charge = pay_direct(api, total, fee, country=country)

    api.v1.refunds.create({"charge": charge.id, **BACK}, {"stripe_account": vendor})

    assert api.balance() == {}
    assert api.balance(vendor) == {currency: -provider}


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.integers(1, 700), min_size=1, max_size=5), fee=st.integers(1, 100))
def test_parts_give_back_what_one_refund_would(api: Api, parts: list[int], fee: int) -> None:
    total = sum(parts) + 100
    before = api.balance()
    vendor, charge = pay_destination(api, total, fee)
    provider = api.v1.balance_transactions.retrieve(charge.balance_transaction).fee

    for part in [*parts, 100]:
        api.v1.refunds.create({"charge": charge.id, "amount": part, **ALL_BACK})

    assert api.balance(vendor) == {}
    assert api.balance().get("usd", 0) == before.get("usd", 0) - provider
    assert api.v1.charges.retrieve(charge.id).refunded is True


def test_charge_is_settled_first_when_it_is_refunded_within_three_seconds(api: Api) -> None:
    account = api.vendor(controller=EXPRESS)
    data = {"transfer_data": {"destination": account.id}, "application_fee_amount": 123}
    api.pay(api.open_session(1000, payment_intent_data=data).id)
    charge = api.v1.charges.list().data[0]

    api.v1.refunds.create({"charge": charge.id, **ALL_BACK})
    api.advance(10)

    assert api.balance(account.id) == {}
    assert api.balance() == {"usd": -PROVIDER}
    assert api.event_types().count("charge.updated") == 1


def test_refund_waits_when_the_platform_has_too_little(api: Api) -> None:
    _, charge = pay_destination(api)

    refund = api.v1.refunds.create({"charge": charge.id})

    assert (refund.status, refund.pending_reason, refund.balance_transaction) == (
        "pending",
        "insufficient_funds",
        None,
    )
    api.pay(api.open_session(5000).id)
    api.advance(3700)
    refund = api.v1.refunds.retrieve(refund.id)
    assert (refund.status, refund.pending_reason) == ("succeeded", None)
    assert api.event_types()[-1] == "refund.updated"


def test_reversal_is_refused_when_the_vendor_has_too_little(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)
    options: Any = {"stripe_account": vendor.id}
    data = {"payment_intent_data": {"application_fee_amount": 500}}
    api.pay(api.open_session(account=vendor.id, **data).id)
    api.v1.refunds.create({"charge": api.v1.charges.list({}, options).data[0].id}, options)
    api.pay(api.open_session(payment_intent_data={"transfer_data": {"destination": vendor.id}}).id)
    api.advance(3)
    charge = api.v1.charges.list().data[0]

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.refunds.create({"charge": charge.id, "reverse_transfer": True})

    assert caught.value.code == "balance_insufficient"
    assert api.v1.refunds.list().data == []
    assert api.balance(vendor.id) == {"usd": 500}


def refused(api: Api, params: Any, options: Any = None) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.refunds.create(params, options or {})
    return caught.value


def test_refund_is_refused_when_the_charge_is_used_up(api: Api) -> None:
    vendor, charge = pay_direct(api)
    options = {"stripe_account": vendor}
    api.v1.refunds.create({"charge": charge.id, "amount": 400}, options)

    too_much = refused(api, {"charge": charge.id, "amount": 601}, options)
    api.v1.refunds.create({"charge": charge.id}, options)
    nothing_left = refused(api, {"charge": charge.id}, options)

    assert too_much.param == "amount"
    assert "greater than unrefunded amount" in str(too_much.user_message)
    assert nothing_left.code == "charge_already_refunded"
    assert [r.amount for r in api.v1.refunds.list({"charge": charge.id}, options).data] == [600, 400]


def test_refund_is_refused_when_the_platform_asks_for_a_vendors_charge(api: Api) -> None:
    _, charge = pay_direct(api)

    error = refused(api, {"payment_intent": charge.payment_intent})

    assert (error.http_status, error.code) == (404, "resource_missing")
    assert str(error.user_message).startswith("No such payment_intent")


def test_refund_is_refused_when_a_flag_does_not_fit(api: Api) -> None:
    api.pay(api.open_session().id)
    plain = api.v1.charges.list().data[0]

    assert "has no application fee" in str(refused(api, {"charge": plain.id, **BACK}).user_message)
    assert refused(api, {"charge": plain.id, "reverse_transfer": True}).param == "reverse_transfer"
    _, split = pay_destination(api)
    assert refused(api, {"charge": split.id, **BACK}).param == "refund_application_fee"


@pytest.mark.parametrize("params", [{}, {"charge": "ch_1", "payment_intent": "pi_1"}, {"charge": "ch_1", "amount": 0}])
def test_refund_is_refused_when_its_parameters_are_wrong(api: Api, params: Any) -> None:
    assert refused(api, params).http_status == 400


def test_refund_is_refused_when_the_charge_failed(api: Api) -> None:
    api.pay(api.open_session().id, "4000000000000002")
    charge = api.v1.charges.list().data[0]

    assert refused(api, {"charge": charge.id}).code == "charge_not_refundable"
    assert "successful charge" in str(refused(api, {"payment_intent": charge.payment_intent}).user_message)


def test_same_refund_comes_back_when_the_key_is_used_again(api: Api) -> None:
    vendor, charge = pay_direct(api)
    options: Any = {"stripe_account": vendor, "idempotency_key": "refund-1"}

    first = api.v1.refunds.create({"charge": charge.id, "amount": 100}, options)
    second = api.v1.refunds.create({"charge": charge.id, "amount": 100}, options)

    assert first.id == second.id
    assert api.v1.charges.retrieve(charge.id, {}, {"stripe_account": vendor}).amount_refunded == 100


def test_fee_goes_back_when_the_platform_refunds_it_alone(api: Api) -> None:
    vendor, _ = pay_direct(api)
    fee = api.v1.application_fees.list().data[0]

    refund = api.v1.application_fees.refunds.create(fee.id, {"amount": 23})

    assert api.v1.application_fees.retrieve(fee.id).amount_refunded == 23
    assert api.v1.application_fees.refunds.retrieve(fee.id, refund.id).amount == 23
    assert api.balance() == {"usd": 100}
    assert api.balance(vendor) == {"usd": 818 + 23}


def test_cancel_is_refused_when_the_refund_asks_for_nothing(api: Api) -> None:
    vendor, charge = pay_direct(api)
    refund = api.v1.refunds.create({"charge": charge.id}, {"stripe_account": vendor})

    with pytest.raises(stripe.InvalidRequestError, match="requires_action"):
        api.v1.refunds.cancel(refund.id, {}, {"stripe_account": vendor})


def test_metadata_is_merged_when_a_refund_is_updated(api: Api) -> None:
    vendor, charge = pay_direct(api)
    options: Any = {"stripe_account": vendor}
    refund = api.v1.refunds.create({"charge": charge.id, "metadata": {"a": "1"}}, options)

    refund = api.v1.refunds.update(refund.id, {"metadata": {"b": "2"}}, options)

    assert refund.metadata.to_dict() == {"a": "1", "b": "2"}
    assert api.v1.refunds.retrieve(refund.id, {}, options).metadata["b"] == "2"
    assert api.event_types(vendor)[-1] == "refund.updated"


def test_refund_goes_on_waiting_when_there_is_still_too_little(api: Api) -> None:
    _, charge = pay_destination(api)
    refund = api.v1.refunds.create({"charge": charge.id})

    api.advance(2 * 3600)

    assert api.v1.refunds.retrieve(refund.id).status == "pending"
    assert api.balance() == {"usd": 123 - PROVIDER}
