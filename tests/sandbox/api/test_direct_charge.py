"""Direct charges: the vendor is paid and pays the provider; the platform earns its fee."""

import pytest

from tests.sandbox.api.conftest import EXPRESS, Api

FEE = {"payment_intent_data": {"application_fee_amount": 123}}
# 2.9 % of 1000 and 30.
PROVIDER = 59


def test_money_lands_as_the_fee_table_says_when_a_direct_charge_settles(api: Api) -> None:
    vendor = api.vendor()
    session = api.open_session(1000, account=vendor.id, **FEE)

    api.pay(session.id)
    api.advance(3)

    assert api.balance(vendor.id) == {"usd": 1000 - PROVIDER - 123}
    assert api.balance() == {"usd": 123}


def test_everything_is_null_for_three_seconds_when_capture_is_automatic_async(api: Api) -> None:
    vendor = api.vendor()
    options = {"stripe_account": vendor.id}
    session = api.open_session(1000, account=vendor.id, **FEE)
    api.pay(session.id)
    before = api.v1.charges.list({}, options).data[0]
    balance_before = api.balance(vendor.id)

    api.advance(2)
    early = api.v1.charges.retrieve(before.id, {}, options)
    api.advance(1)

    after = api.v1.charges.retrieve(before.id, {}, options)
    for charge in (before, early):
        assert (charge.balance_transaction, charge.transfer, charge.application_fee) == (None, None, None)
    assert balance_before == {}
    assert after.balance_transaction.startswith("txn_")
    assert after.application_fee.startswith("fee_")
    event = api.v1.events.list({"type": "charge.updated"}, options).data[0]
    assert event.account == vendor.id
    assert event.data.previous_attributes.to_dict() == {"application_fee": None, "balance_transaction": None}
    assert event.data.object.balance_transaction == after.balance_transaction


def test_everything_is_there_at_once_when_capture_is_automatic(api: Api) -> None:
    vendor = api.vendor()
    data = {"payment_intent_data": {"application_fee_amount": 123, "capture_method": "automatic"}}
    session = api.open_session(1000, account=vendor.id, **data)

    api.pay(session.id)

    options = {"stripe_account": vendor.id}
    charge = api.v1.charges.list({}, options).data[0]
    assert charge.balance_transaction is not None
    assert charge.application_fee is not None
    succeeded = api.v1.events.list({"type": "charge.succeeded"}, options).data[0]
    assert succeeded.data.object.balance_transaction == charge.balance_transaction
    assert "charge.updated" not in api.event_types(vendor.id)


def test_fee_details_name_both_takers_when_a_direct_charge_settles(api: Api) -> None:
    vendor = api.vendor()
    api.pay(api.open_session(1000, account=vendor.id, **FEE).id)
    api.advance(3)

    entry = api.v1.balance_transactions.list({}, {"stripe_account": vendor.id}).data[0]

    assert (entry.type, entry.amount, entry.fee, entry.net) == ("charge", 1000, 182, 818)
    assert [(row.type, row.amount) for row in entry.fee_details] == [
        ("application_fee", 123),
        ("stripe_fee", PROVIDER),
    ]
    assert entry.status == "pending"


@pytest.mark.parametrize(
    ("country", "currency", "total", "fee", "provider", "landed", "rate"),
    [("DE", "eur", 1000, 123, 59, 133, 1.08), ("JP", "jpy", 3000, 300, 117, 195, 0.0065)],
)
def test_application_fee_lands_in_the_platforms_currency_when_the_charge_has_another(
    api: Api, country: str, currency: str, total: int, fee: int, provider: int, landed: int, rate: float
) -> None:
    vendor = api.vendor(country=country)
    data = {"payment_intent_data": {"application_fee_amount": fee}}

    api.pay(api.open_session(total, currency, account=vendor.id, **data).id)
    api.advance(3)

    earned = api.v1.application_fees.list({"expand": ["data.balance_transaction", "data.charge"]}).data[0]
    assert (earned.amount, earned.currency, earned.account) == (fee, currency, vendor.id)
    assert earned.charge.amount == total
    entry = earned.balance_transaction
    assert (entry.amount, entry.currency, entry.exchange_rate) == (landed, "usd", rate)
    assert api.balance() == {"usd": landed}
    assert api.balance(vendor.id) == {currency: total - provider - fee}


def test_platform_pays_the_provider_when_the_controller_says_so(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    api.pay(api.open_session(1000, account=vendor.id, **FEE).id)
    api.advance(3)

    assert api.balance(vendor.id) == {"usd": 1000 - 123}
    assert api.balance() == {"usd": 123 - PROVIDER}


def test_events_go_to_the_account_they_happened_in(api: Api) -> None:
    vendor = api.vendor()

    api.pay(api.open_session(1000, account=vendor.id, **FEE).id)
    api.advance(3)

    assert api.event_types() == ["application_fee.created"]
    assert api.event_types(vendor.id) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_money_is_available_at_once_when_the_card_bypasses_pending(api: Api) -> None:
    vendor = api.vendor()
    api.pay(api.open_session(1000, account=vendor.id).id, "4000000000000077")
    api.advance(3)

    balance = api.v1.balance.retrieve(options={"stripe_account": vendor.id})

    assert (balance.available[0].amount, balance.pending[0].amount) == (941, 0)


def test_money_becomes_available_when_two_days_have_passed(api: Api) -> None:
    vendor = api.vendor()
    api.pay(api.open_session(1000, account=vendor.id).id)
    api.advance(3)
    waiting = api.v1.balance.retrieve(options={"stripe_account": vendor.id})

    api.advance(2 * 86400)

    balance = api.v1.balance.retrieve(options={"stripe_account": vendor.id})
    assert (waiting.available[0].amount, waiting.pending[0].amount) == (0, 941)
    assert (balance.available[0].amount, balance.pending[0].amount) == (941, 0)


def test_statement_says_the_suffix_when_the_session_has_one(api: Api) -> None:
    session = api.open_session(payment_intent_data={"statement_descriptor_suffix": "OP-7K3M9"})

    api.pay(session.id)

    charge = api.v1.charges.list().data[0]
    assert charge.calculated_statement_descriptor == "OVERPRINT* OP-7K3M9"


def test_settlement_survives_when_the_sandbox_is_started_again(api: Api) -> None:
    vendor = api.vendor()
    api.pay(api.open_session(1000, account=vendor.id, **FEE).id)

    reopened = api.reopen()
    reopened.advance(3)

    assert reopened.balance(vendor.id) == {"usd": 818}
