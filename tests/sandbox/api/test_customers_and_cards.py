"""Customers, their cards, products and prices."""

import pytest
import stripe

from store.sandbox.stripe.checkout import pay_by_debit
from tests.sandbox.api.conftest import Api

ACCOUNT = "000123456789"
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}


def test_customer_is_a_tombstone_when_deleted(api: Api) -> None:
    customer = api.v1.customers.create({"email": "ada@example.com", "name": "Ada"})

    api.v1.customers.delete(customer.id)

    assert api.v1.customers.retrieve(customer.id).deleted is True
    assert api.v1.customers.list({"email": "ada@example.com"}).data == []


def test_nothing_can_be_made_of_a_customer_when_it_was_deleted(api: Api) -> None:
    customer = api.v1.customers.create({"email": "ada@example.com"}).id
    method = api.v1.payment_methods.create({"type": "card", "card": CARD}).id
    coupon = api.v1.coupons.create({"percent_off": 10, "duration": "once"}).id
    line = {"price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Mug"}}, "quantity": 1}
    api.v1.customers.delete(customer)

    for ask in (
        lambda: api.v1.customers.update(customer, {"name": "Ada"}),
        lambda: api.v1.customers.delete(customer),
        lambda: api.v1.payment_methods.attach(method, {"customer": customer}),
        lambda: api.v1.payment_intents.create({"amount": 900, "currency": "usd", "customer": customer}),
        lambda: api.v1.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon}, "customer": customer}
        ),
        lambda: api.v1.checkout.sessions.create(
            {"mode": "payment", "success_url": "http://localhost/", "line_items": [line], "customer": customer}
        ),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="No such customer") as refused:
            ask()
        assert refused.value.code == "resource_missing"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"number": "4242424242424241"}, "card[number]"),
        ({"exp_month": 13}, "card[exp_month]"),
        ({"exp_year": 2020}, "card[exp_year]"),
        ({"cvc": "12"}, "card[cvc]"),
    ],
)
def test_field_is_blamed_when_a_card_is_mistyped(api: Api, wrong: dict[str, object], param: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        api.v1.payment_methods.create({"type": "card", "card": {**CARD, **wrong}})

    assert refused.value.param == param


def test_field_is_cleared_when_an_empty_text_is_sent(api: Api) -> None:
    customer = api.v1.customers.create({"name": "Ada", "metadata": {"a": "1"}})

    customer = api.v1.customers.update(customer.id, {"name": "", "metadata": ""})

    assert (customer.name, customer.metadata.to_dict()) == (None, {})


def test_card_is_attached_and_detached(api: Api) -> None:
    customer = api.v1.customers.create({"name": "Ada"})
    method = api.v1.payment_methods.create({"type": "card", "card": CARD, "billing_details": {"name": "Ada"}})

    api.v1.payment_methods.attach(method.id, {"customer": customer.id})

    assert [m.id for m in api.v1.payment_methods.list({"customer": customer.id}).data] == [method.id]
    assert [m.id for m in api.v1.customers.payment_methods.list(customer.id).data] == [method.id]
    assert (method.card.brand, method.card.last4, method.billing_details.name) == ("visa", "4242", "Ada")
    assert api.v1.payment_methods.detach(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_methods.attach(method.id, {"customer": customer.id})


def test_card_is_not_attached_when_its_bank_declines(api: Api) -> None:
    customer = api.v1.customers.create({"name": "Ada"})

    with pytest.raises(stripe.CardError):
        api.v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer.id})

    assert (
        api.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id}).customer == customer.id
    )


@pytest.mark.parametrize(
    "wrong",
    [{"number": "4242424242424241"}, {"exp_year": 2020}, {"cvc": "1"}, {"number": "4111111111111111"}],
)
def test_card_is_refused_when_it_is_typed_wrong(api: Api, wrong: dict[str, object]) -> None:
    with pytest.raises(stripe.CardError):
        api.v1.payment_methods.create({"type": "card", "card": {**CARD, **wrong}})  # type: ignore[typeddict-item]


def test_product_is_kept_when_it_has_prices(api: Api) -> None:
    product = api.v1.products.create({"name": "Print", "id": "print-1"})
    price = api.v1.prices.create({"currency": "usd", "unit_amount": 700, "product": product.id})

    with pytest.raises(stripe.InvalidRequestError):
        api.v1.products.delete(product.id)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.prices.update(price.id, {"unit_amount": 800})  # type: ignore[typeddict-unknown-key]

    assert str(price.unit_amount_decimal) == "700"
    assert api.v1.prices.update(price.id, {"active": False}).active is False
    assert [p.id for p in api.v1.prices.list({"product": product.id}).data] == [price.id]
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        api.open_session(line_items=[{"price": price.id, "quantity": 1}])


def test_product_is_deleted_when_it_has_no_prices(api: Api) -> None:
    product = api.v1.products.create({"name": "Print"})

    assert api.v1.products.update(product.id, {"name": "Poster"}).name == "Poster"
    assert api.v1.products.delete(product.id).deleted is True


def test_words_change_when_a_card_is_updated(api: Api) -> None:
    method = api.v1.payment_methods.create({"type": "card", "card": CARD, "metadata": {"a": "1"}})

    billing = {"name": "Ada", "address": {"city": "London"}}
    method = api.v1.payment_methods.update(method.id, {"billing_details": billing, "metadata": {"b": "2"}})

    method = api.v1.payment_methods.update(method.id, {"billing_details": {"email": "ada@example.com"}})
    details = method.billing_details
    assert (details.name, details.email, details.address.city) == ("Ada", "ada@example.com", "London")
    assert method.metadata.to_dict() == {"a": "1", "b": "2"}


def test_other_kinds_of_payment_method_and_price_are_refused_by_name(api: Api) -> None:
    with pytest.raises(stripe.InvalidRequestError) as method:
        api.v1.payment_methods.create({"type": "sepa_debit"})
    with pytest.raises(stripe.InvalidRequestError) as price:
        api.v1.prices.create(
            {"currency": "usd", "unit_amount": 5, "product_data": {"name": "x"}, "recurring": {"interval": "month"}}
        )
    with pytest.raises(stripe.InvalidRequestError) as listing:
        api.v1.prices.list({"type": "recurring"})

    assert {e.value.code for e in (method, price, listing)} == {"sandbox_unsupported"}


def test_product_is_refused_when_its_id_is_taken(api: Api) -> None:
    api.v1.products.create({"name": "Print", "id": "print-1"})

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.products.create({"name": "Other", "id": "print-1"})

    assert caught.value.code == "resource_already_exists"
    assert [p.name for p in api.v1.products.list({"ids": ["print-1", "print-2"]}).data] == ["Print"]


def test_card_is_shown_under_its_customer_only_when_it_is_attached_there(api: Api) -> None:
    ada, otto = api.v1.customers.create({"name": "Ada"}), api.v1.customers.create({"name": "Otto"})
    method = api.v1.payment_methods.attach("pm_card_visa", {"customer": ada.id})

    assert api.v1.customers.payment_methods.retrieve(ada.id, method.id).id == method.id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.customers.payment_methods.retrieve(otto.id, method.id)
    assert caught.value.http_status == 404


def test_unknown_number_and_bank_account_are_told_apart_when_they_are_used_by_api(api: Api) -> None:
    ada = api.v1.customers.create({"name": "Ada"})
    api.pay(api.open_session().id, "4111111111111111")
    unknown = api.v1.payment_methods.list().data[0]
    pay_by_debit(api.world, api.open_session(allowed_payment_method_types=["us_bank_account"]).id, ACCOUNT, "Ada")
    bank = api.v1.payment_methods.list().data[0]

    with pytest.raises(stripe.CardError):
        api.v1.payment_methods.attach(unknown.id, {"customer": ada.id})
    with pytest.raises(stripe.InvalidRequestError, match="bank account"):
        api.v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": bank.id, "confirm": True})

    assert api.v1.payment_methods.attach(bank.id, {"customer": ada.id}).type == "us_bank_account"
