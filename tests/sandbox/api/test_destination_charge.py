"""Destination charges: the platform charges, everything is transferred, the fee comes back."""

from typing import Any

import pytest
import stripe

from tests.sandbox.api.conftest import BOTH, EXPRESS, Api


def open_split(api: Api, vendor: Any, total: int = 1000, **split: Any) -> Any:
    data = {"transfer_data": {"destination": vendor.id}, **split}
    return api.open_session(total, payment_intent_data=data)


def test_money_lands_as_the_fee_table_says_when_a_destination_charge_settles(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    api.pay(open_split(api, vendor, application_fee_amount=123).id)
    api.advance(3)

    assert api.balance(vendor.id) == {"usd": 1000 - 123}
    assert api.balance() == {"usd": 123 - 59}


def test_transfer_fee_and_payment_are_linked_when_a_destination_charge_settles(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)
    api.pay(open_split(api, vendor, application_fee_amount=123).id)
    before = api.v1.charges.list().data[0]
    api.advance(3)

    charge = api.v1.charges.retrieve(before.id, {"expand": ["transfer.destination_payment.application_fee"]})

    assert (before.transfer, before.application_fee) == (None, None)
    transfer = charge.transfer
    assert (transfer.amount, transfer.destination, transfer.source_transaction) == (
        1000,
        vendor.id,
        charge.id,
    )
    payment = transfer.destination_payment
    assert payment.id.startswith("py_")
    assert (payment.amount, payment.source_transfer) == (1000, transfer.id)
    assert payment.application_fee.originating_transaction == charge.id
    assert charge.application_fee == payment.application_fee.id
    assert (charge.application_fee_amount, charge.transfer_data.destination) == (123, vendor.id)
    entry = api.v1.balance_transactions.retrieve(payment.balance_transaction, {}, {"stripe_account": vendor.id})
    assert (entry.type, entry.amount, entry.fee, entry.net) == ("payment", 1000, 123, 877)


def test_events_are_the_platforms_when_a_destination_charge_settles(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    api.pay(open_split(api, vendor, application_fee_amount=123).id)
    api.advance(3)

    assert api.event_types(vendor.id) == []
    assert sorted(api.event_types()[-3:]) == ["application_fee.created", "charge.updated", "transfer.created"]


def test_only_the_amount_is_transferred_when_the_session_names_one(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    api.pay(open_split(api, vendor, transfer_data={"destination": vendor.id, "amount": 700}).id)
    api.advance(3)

    assert api.balance(vendor.id) == {"usd": 700}
    assert api.balance() == {"usd": 300 - 59}


def refused(api: Api, vendor: Any, **split: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        open_split(api, vendor, **split)
    assert api.v1.checkout.sessions.list().data == []
    return caught.value


def test_destination_is_refused_when_it_carries_its_own_losses(api: Api) -> None:
    error = refused(api, api.vendor())

    assert error.code == "transfers_not_allowed"
    assert "only direct charges" in str(error.user_message)


def test_destination_is_refused_when_it_may_not_receive_transfers(api: Api) -> None:
    waiting = api.v1.accounts.create({"country": "US", "controller": EXPRESS, "capabilities": BOTH})

    assert refused(api, waiting).code == "insufficient_capabilities_for_transfer"


def test_destination_is_refused_when_nobody_knows_it(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)
    vendor.id = "acct_stranger"

    error = refused(api, vendor)

    assert (error.code, error.param) == (
        "resource_missing",
        "payment_intent_data[transfer_data][destination]",
    )


def test_fee_is_refused_when_it_is_more_than_the_total(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    assert refused(api, vendor, application_fee_amount=1001).param == "payment_intent_data[application_fee_amount]"


def test_fee_is_refused_when_an_amount_is_transferred(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    refused(api, vendor, application_fee_amount=1, transfer_data={"destination": vendor.id, "amount": 9})


def test_amount_is_refused_when_it_is_more_than_the_total(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    error = refused(api, vendor, transfer_data={"destination": vendor.id, "amount": 1001})

    assert error.param == "payment_intent_data[transfer_data][amount]"


def test_transfer_is_refused_when_the_charge_is_a_vendors_own(api: Api) -> None:
    direct, express = api.vendor(), api.vendor(controller=EXPRESS)
    data = {"transfer_data": {"destination": express.id}}

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.open_session(account=direct.id, payment_intent_data=data)

    assert caught.value.code == "sandbox_unsupported"


def test_nothing_is_transferred_when_the_platform_charges_for_several_vendors(api: Api) -> None:
    session = api.open_session(payment_intent_data={"transfer_group": "OP-7K3M9"})
    api.pay(session.id)
    api.advance(3)

    charge = api.v1.charges.list({"transfer_group": "OP-7K3M9", "expand": ["data.transfer_data.destination"]}).data[0]

    assert (charge.transfer, charge.transfer_data, charge.application_fee) == (None, None, None)
    assert api.balance() == {"usd": 1000 - 59}
