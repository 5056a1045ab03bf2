"""Transfers, their reversals and application fees as the platform's API shows them."""

from typing import Any

import pytest
import stripe

from tests.sandbox.api.conftest import EXPRESS, Api


@pytest.fixture
def transfer(api: Api) -> Any:
    """The transfer of 10.00 that a destination charge made, fee 1.23."""
    vendor = api.vendor(controller=EXPRESS)
    data = {"transfer_data": {"destination": vendor.id}, "application_fee_amount": 123}
    api.pay(api.open_session(payment_intent_data=data).id)
    api.advance(3)
    return api.v1.transfers.list({"destination": vendor.id}).data[0]


def test_part_of_the_fee_comes_back_when_a_part_is_reversed(api: Api, transfer: Any) -> None:
    reversal = api.v1.transfers.reversals.create(transfer.id, {"amount": 500, "refund_application_fee": True})

    assert (reversal.amount, reversal.transfer, reversal.source_refund) == (500, transfer.id, None)
    assert api.v1.transfers.reversals.retrieve(transfer.id, reversal.id).id == reversal.id
    assert [r.id for r in api.v1.transfers.reversals.list(transfer.id).data] == [reversal.id]
    assert api.v1.application_fees.list().data[0].amount_refunded == 62
    assert api.balance(transfer.destination) == {"usd": 877 - 500 + 62}
    again = api.v1.transfers.retrieve(transfer.id)
    assert (again.amount_reversed, again.reversed) == (500, False)


def test_all_comes_back_when_the_rest_is_reversed(api: Api, transfer: Any) -> None:
    for params in ({"amount": 333, "refund_application_fee": True}, {"refund_application_fee": True}):
        api.v1.transfers.reversals.create(transfer.id, params)  # type: ignore[arg-type]

    assert api.balance(transfer.destination) == {}
    with pytest.raises(stripe.InvalidRequestError, match="already fully reversed"):
        api.v1.transfers.reversals.create(transfer.id)


@pytest.mark.parametrize("amount", [0, 1001])
def test_reversal_is_refused_when_the_amount_is_wrong(api: Api, transfer: Any, amount: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.transfers.reversals.create(transfer.id, {"amount": amount})

    assert caught.value.param == "amount"
    assert api.v1.transfers.reversals.list(transfer.id).data == []


def test_fee_cannot_come_back_when_none_was_taken(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)
    api.pay(api.open_session(payment_intent_data={"transfer_data": {"destination": vendor.id}}).id)
    api.advance(3)
    transfer = api.v1.transfers.list().data[0]

    with pytest.raises(stripe.InvalidRequestError, match="has no application fee"):
        api.v1.transfers.reversals.create(transfer.id, {"refund_application_fee": True})


def test_reversal_is_missing_when_it_is_another_transfers(api: Api, transfer: Any) -> None:
    reversal = api.v1.transfers.reversals.create(transfer.id, {"amount": 5})

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.transfers.reversals.retrieve("tr_other", reversal.id)

    assert caught.value.code == "resource_missing"


def test_words_change_and_money_does_not_when_a_transfer_is_updated(api: Api, transfer: Any) -> None:
    changed = api.v1.transfers.update(transfer.id, {"description": "July", "metadata": {"order": "7"}})

    assert (changed.description, changed.metadata["order"], changed.amount) == ("July", "7", 1000)
    assert api.event_types()[-1] == "transfer.updated"


def test_fee_refund_is_refused_when_nothing_is_left(api: Api, transfer: Any) -> None:
    fee = api.v1.application_fees.list().data[0]
    api.v1.application_fees.refunds.create(fee.id, {"metadata": {"why": "late"}})

    with pytest.raises(stripe.InvalidRequestError):
        api.v1.application_fees.refunds.create(fee.id)

    assert api.v1.application_fees.refunds.list(fee.id).data[0].metadata["why"] == "late"
    assert api.balance(transfer.destination) == {"usd": 1000}
    balance = api.v1.balance.retrieve({}, {"stripe_account": transfer.destination})
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 1000)


def test_parts_have_metadata_of_their_own_when_they_are_updated(api: Api, transfer: Any) -> None:
    fee = api.v1.application_fees.list().data[0]
    reversal = api.v1.transfers.reversals.create(transfer.id, {"amount": 5})
    refund = api.v1.application_fees.refunds.create(fee.id, {"amount": 5, "metadata": {"why": "late"}})

    told = api.v1.transfers.reversals.update(transfer.id, reversal.id, {"metadata": {"order": "7"}})
    changed = api.v1.application_fees.refunds.update(fee.id, refund.id, {"metadata": {"order": "7"}})

    assert (told.metadata.to_dict(), told.amount) == ({"order": "7"}, 5)  # type: ignore[union-attr]
    assert changed.metadata.to_dict() == {"why": "late", "order": "7"}  # type: ignore[union-attr]
    assert api.v1.transfers.retrieve(transfer.id).reversals.data[0].metadata["order"] == "7"  # type: ignore[index]
    assert api.v1.application_fees.retrieve(fee.id).refunds.data[0].metadata["order"] == "7"  # type: ignore[index]
    event = api.v1.events.list({"type": "application_fee.refund.updated"}).data[0]
    assert event.data.previous_attributes.to_dict() == {"metadata": {"why": "late"}}  # type: ignore[union-attr]


def test_payment_of_a_transfer_is_not_refunded_as_if_it_were_a_charge(api: Api, transfer: Any) -> None:
    options: Any = {"stripe_account": transfer.destination}

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.refunds.create({"charge": transfer.destination_payment}, options)

    assert caught.value.code == "sandbox_unsupported"
