"""Money across borders: who settles a destination charge, who may be sent to, and in which currency each part lands."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from store.sandbox.stripe.checkout import session_for_page
from store.sandbox.stripe.regions import may_send
from tests.sandbox.api.conftest import BASE, EXPRESS, Api

DAYS = 86400
CARDS_ONLY = {"card_payments": {"requested": True}}
TRANSFERS_ONLY = {"transfers": {"requested": True}}
PLATFORMS = {"US": "sk_test_overprint", "DE": "sk_test_de_shop", "JP": "sk_test_jp_shop"}


def move_to(api: Api, country: str) -> Api:
    """Let the client speak for a platform in this country."""
    api.stripe = stripe.StripeClient(
        PLATFORMS[country],
        base_addresses=dict.fromkeys(("api", "connect", "files", "meter_events"), BASE),
        http_client=api.transport,
    )
    api.v1 = api.stripe.v1
    return api


def charge(api: Api, amount: int, currency: str, **more: Any) -> Any:
    """Take money by card, settled at once; returns the charge."""
    params: Any = {"amount": amount, "currency": currency, "confirm": True, "payment_method": "pm_card_visa"}
    made = api.v1.payment_intents.create(params | {"capture_method": "automatic"} | more)
    return api.v1.charges.retrieve(made.latest_charge, {"expand": ["balance_transaction"]})  # type: ignore[arg-type]


def refused(api: Api, amount: int = 1000, currency: str = "usd", **more: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        charge(api, amount, currency, **more)
    assert api.v1.payment_intents.list().data == []
    return caught.value


def to(vendor: Any, *, on_behalf: bool = False, **more: Any) -> dict[str, Any]:
    split = {"transfer_data": {"destination": vendor.id}, **more}
    return split | ({"on_behalf_of": vendor.id} if on_behalf else {})


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("US", "US", True),
        ("JP", "JP", True),
        ("US", "DE", True),
        ("DE", "FR", True),
        ("GB", "CA", True),
        ("CH", "NO", True),
        ("US", "JP", False),
        ("JP", "US", False),
        ("DE", "AU", False),
        ("AU", "JP", False),
    ],
)
def test_money_crosses_a_border_where_the_provider_lets_it(source: str, target: str, allowed: bool) -> None:
    assert may_send(source, target) is allowed


def test_destination_charge_across_regions_is_refused_when_the_platform_settles_it(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="JP")

    error = refused(api, **to(vendor))

    assert (error.code, error.param) == ("transfers_not_allowed", "transfer_data[destination]")
    assert "`on_behalf_of`" in str(error)


def test_session_across_regions_is_refused_when_the_platform_settles_it(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="JP")

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.open_session(payment_intent_data=to(vendor))
    opened = api.open_session(payment_intent_data=to(vendor, on_behalf=True))

    assert caught.value.param == "payment_intent_data[transfer_data][destination]"
    assert opened.status == "open"


def test_transfer_across_regions_is_refused_when_it_is_made_by_hand(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="JP")
    source = charge(api, 1000, "usd").id

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.transfers.create(
            {"amount": 5, "currency": "usd", "destination": vendor.id, "source_transaction": source}
        )

    assert (caught.value.code, caught.value.param) == ("transfers_not_allowed", "destination")
    assert api.v1.transfers.list().data == []


def test_vendor_is_the_settlement_merchant_when_the_charge_is_on_its_behalf(api: Api) -> None:
    move_to(api, "DE")
    vendor = api.vendor(controller=EXPRESS, country="FR")

    made = charge(api, 1000, "eur", **to(vendor, on_behalf=True), application_fee_amount=123)

    assert (made.on_behalf_of, made.transfer_data.destination) == (vendor.id, vendor.id)
    assert made.calculated_statement_descriptor.startswith("VERA'S PRINT")
    assert api.v1.payment_intents.retrieve(made.payment_intent).on_behalf_of == vendor.id
    assert api.v1.charges.list({}, {"stripe_account": vendor.id}).data[0].id.startswith("py_")
    assert api.balance() == {"eur": 123 - 59}
    assert api.balance(vendor.id) == {"eur": 1000 - 123}


def test_page_and_statement_name_the_vendor_when_it_settles_or_is_charged(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="DE", business_profile={"name": "Werk"})
    suffix = {"statement_descriptor_suffix": "OP-7K3M9"}
    on_behalf = api.open_session(payment_intent_data=to(vendor, on_behalf=True) | suffix)
    ours = api.open_session(payment_intent_data=to(vendor) | suffix)
    direct = api.open_session(currency="eur", account=vendor.id, payment_intent_data=suffix)

    pages = [session_for_page(api.world, one.id) for one in (on_behalf, ours, direct)]
    for one in (on_behalf, ours, direct):
        api.pay(one.id)

    assert [page["merchant"] for page in pages if page] == ["Werk", "Overprint", "Werk"]
    said = [one.calculated_statement_descriptor for one in api.v1.charges.list().data]
    said += [one.calculated_statement_descriptor for one in api.v1.charges.list({}, {"stripe_account": vendor.id}).data]
    assert said == ["OVERPRINT* OP-7K3M9", "WERK* OP-7K3M9", "WERK* OP-7K3M9"]


def test_charge_lands_in_the_vendors_currency_when_it_is_on_the_vendors_behalf(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="DE")

    made = charge(api, 1000, "eur", **to(vendor, on_behalf=True), application_fee_amount=123)

    entry = made.balance_transaction
    assert (entry.amount, entry.fee, entry.currency, entry.exchange_rate) == (1000, 59, "eur", None)
    assert api.balance(vendor.id) == {"eur": 1000 - 123}
    # 1.23 EUR are 1.33 USD; the provider's 0.59 EUR were taken where the charge landed.
    assert api.balance() == {"usd": 133, "eur": -59}


def test_money_is_exchanged_twice_when_the_platform_settles_a_foreign_charge(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="DE")

    made = charge(api, 1000, "eur", **to(vendor), application_fee_amount=123)

    entry = made.balance_transaction
    assert (entry.amount, entry.fee, entry.currency, entry.exchange_rate) == (1080, 61, "usd", 1.08)
    transfer = api.v1.transfers.retrieve(made.transfer)
    assert (transfer.amount, transfer.currency) == (1080, "usd")
    arrived = api.v1.charges.retrieve(
        transfer.destination_payment,  # type: ignore[arg-type]
        {"expand": ["balance_transaction"]},
        {"stripe_account": vendor.id},
    )
    assert (arrived.amount, arrived.currency, arrived.application_fee_amount) == (1000, "eur", 123)
    assert arrived.balance_transaction.exchange_rate == 0.92592593  # type: ignore[union-attr]
    assert api.balance(vendor.id) == {"eur": 877}
    assert api.balance() == {"usd": 133 - 61}


@pytest.mark.parametrize("on_behalf", [True, False])
def test_everything_comes_back_when_a_foreign_charge_is_given_back_in_parts(api: Api, on_behalf: bool) -> None:
    vendor = api.vendor(controller=EXPRESS, country="DE")
    made = charge(api, 1001, "eur", **to(vendor, on_behalf=on_behalf), application_fee_amount=123)

    for amount in (333, 334, 334):
        api.v1.refunds.create(
            {"charge": made.id, "amount": amount, "reverse_transfer": True, "refund_application_fee": True}
        )

    assert api.balance(vendor.id) == {}
    assert api.balance() == ({"eur": -59} if on_behalf else {"usd": -made.balance_transaction.fee})
    assert api.v1.transfers.retrieve(made.transfer).reversed is True
    assert api.v1.application_fees.list().data[0].refunded is True


def test_transfer_arrives_exchanged_when_the_account_has_another_currency(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="DE")
    source = charge(api, 2000, "usd").id

    made = api.v1.transfers.create(
        {"amount": 1080, "currency": "usd", "destination": vendor.id, "source_transaction": source}
    )
    arrived = (api.balance(vendor.id), api.balance())
    api.v1.transfers.reversals.create(made.id, {"amount": 540})

    assert arrived == ({"eur": 1000}, {"usd": 2000 - 88 - 1080})
    assert (api.balance(vendor.id), api.balance()) == ({"eur": 500}, {"usd": 2000 - 88 - 540})


def test_transfer_is_refused_when_the_balance_has_none_of_its_currency(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="DE")
    charge(api, 2000, "usd", payment_method="pm_card_bypassPending")

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.transfers.create({"amount": 5, "currency": "eur", "destination": vendor.id})

    assert caught.value.code == "balance_insufficient"


def test_transfer_has_the_currency_of_the_balance_when_a_japanese_platform_sends_it(api: Api) -> None:
    move_to(api, "JP")
    vendor = api.vendor(controller=EXPRESS, country="JP")
    source = charge(api, 3000, "jpy").id

    made = api.v1.transfers.create(
        {"amount": 2000, "currency": "jpy", "destination": vendor.id, "source_transaction": source}
    )

    assert (made.amount, made.currency, made.source_transaction) == (2000, "jpy", source)
    assert (api.balance(vendor.id), api.balance()) == ({"jpy": 2000}, {"jpy": 3000 - 117 - 2000})


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("nobody", "resource_missing"),
        ("the platform", "resource_missing"),
        ("takes no cards", "account_invalid"),
        ("not verified", "account_invalid"),
        ("not the destination", "sandbox_unsupported"),
    ],
)
def test_merchant_is_refused_when_nothing_can_settle_for_it(api: Api, who: str, code: str) -> None:
    vendor = api.vendor(controller=EXPRESS)
    merchant = {
        "nobody": lambda: "acct_1nobody",
        "the platform": lambda: api.world.platform,
        "takes no cards": lambda: api.vendor(controller=EXPRESS, capabilities=TRANSFERS_ONLY).id,
        "not verified": lambda: api.vendor(controller=EXPRESS, individual={"first_name": "Vera"}).id,
        "not the destination": lambda: api.vendor(controller=EXPRESS).id,
    }[who]()

    error = refused(api, **to(vendor), on_behalf_of=merchant)

    assert (error.code, error.param) == (code, "on_behalf_of")


def test_merchant_is_refused_when_the_charge_is_a_vendors_own(api: Api) -> None:
    vendor, other = api.vendor(), api.vendor(controller=EXPRESS)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.open_session(account=vendor.id, payment_intent_data={"on_behalf_of": other.id})

    assert (caught.value.code, caught.value.param) == ("sandbox_unsupported", "payment_intent_data[on_behalf_of]")


def test_destination_is_refused_when_it_takes_cards_and_no_transfers(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, capabilities=CARDS_ONLY)

    assert refused(api, **to(vendor)).code == "insufficient_capabilities_for_transfer"


def test_platform_may_settle_for_a_vendor_when_it_transfers_by_hand(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS, country="DE")
    made = charge(api, 1000, "eur", on_behalf_of=vendor.id)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.transfers.create(
            {"amount": 900, "currency": "usd", "destination": vendor.id, "source_transaction": made.id}
        )
    api.v1.transfers.create({"amount": 900, "currency": "eur", "destination": vendor.id, "source_transaction": made.id})

    assert caught.value.param == "currency"
    assert (api.balance(vendor.id), api.balance()) == ({"eur": 900}, {"eur": 1000 - 59 - 900})


def test_money_is_reserved_when_an_account_owes_for_which_the_platform_answers(api: Api) -> None:
    custom = {**EXPRESS, "requirement_collection": "application", "stripe_dashboard": {"type": "none"}}
    vendor = api.vendor(controller=custom, external_account="btok_us_verified")
    charge(api, 5000, "usd", payment_method="pm_card_bypassPending")
    paid = charge(api, 1000, "usd", payment_method="pm_card_bypassPending", **to(vendor), application_fee_amount=123)
    api.v1.payouts.create({"amount": 877, "currency": "usd"}, {"stripe_account": vendor.id})
    before = api.v1.balance.retrieve()

    api.v1.transfers.reversals.create(paid.transfer, {"amount": 123})

    after = api.v1.balance.retrieve()
    assert (before.available[0].amount, before.connect_reserved[0].amount) == (4825 - 59, 0)  # type: ignore[index]
    assert (after.available[0].amount, after.connect_reserved[0].amount) == (4825 - 59, 123)  # type: ignore[index]
    assert api.balance(vendor.id) == {"usd": -123}
    # All three together are what the balance transactions say.
    nets = sum(entry["net"] for entry in api.world.find(api.world.platform, "balance_transaction"))
    assert nets == sum(getattr(after, name)[0].amount for name in ("available", "pending", "connect_reserved"))
