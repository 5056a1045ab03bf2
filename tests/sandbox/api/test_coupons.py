"""Coupons and promotion codes: what they are, when they are refused, when they end."""

from typing import Any

import pytest
import stripe

from store.sandbox.kernel.spec import object_fields
from tests.sandbox.api.conftest import Api

TEN = {"percent_off": 10, "duration": "once"}


def refused(call: Any, *args: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(*args)
    return caught.value


def code_for(api: Api, coupon: str, account: str | None = None, **more: Any) -> Any:
    params: Any = {"promotion": {"type": "coupon", "coupon": coupon}, **more}
    return api.v1.promotion_codes.create(params, {"stripe_account": account} if account else {})


def test_coupon_and_code_have_every_field_when_created(api: Api) -> None:
    coupon = api.v1.coupons.create({**TEN, "name": "Welcome", "metadata": {"a": "1"}})
    code = code_for(api, coupon.id, code="WELCOME10")

    assert (coupon.percent_off, coupon.amount_off, coupon.duration, coupon.valid) == (10.0, None, "once", True)
    assert (coupon.times_redeemed, coupon.name, coupon.metadata.to_dict()) == (0, "Welcome", {"a": "1"})
    assert (code.code, code.active, code.times_redeemed) == ("WELCOME10", True, 0)
    assert code.promotion.to_dict() == {"coupon": coupon.id, "type": "coupon"}
    assert set(object_fields("coupon")) - {"currency_options"} <= set(coupon.to_dict())
    assert set(object_fields("promotion_code")) <= set(code.to_dict())
    assert api.event_types() == ["coupon.created", "promotion_code.created"]


def test_code_and_id_are_made_up_when_none_is_given(api: Api) -> None:
    first, second = api.v1.coupons.create(TEN), api.v1.coupons.create({"amount_off": 500, "currency": "USD"})

    assert first.id != second.id
    assert (second.amount_off, second.currency, second.percent_off) == (500, "usd", None)
    assert len(code_for(api, first.id).code) == 8


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"duration": "once"}, "percent_off"),
        ({"percent_off": 10, "amount_off": 100, "currency": "usd"}, "amount_off"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 100.5}, "percent_off"),
        ({"amount_off": 0, "currency": "usd"}, "amount_off"),
        ({"amount_off": 100_000_000, "currency": "usd"}, "amount_off"),
        ({"amount_off": 100}, "currency"),
        ({"percent_off": 10, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 10, "duration": "once", "duration_in_months": 3}, "duration_in_months"),
        ({"percent_off": 10, "duration": "repeating", "duration_in_months": 0}, "duration_in_months"),
        ({"percent_off": 10, "max_redemptions": 0}, "max_redemptions"),
        ({"percent_off": 10, "redeem_by": 1}, "redeem_by"),
        ({"percent_off": 10, "applies_to": {"products": ["prod_unknown"]}}, "applies_to[products]"),
        ({"percent_off": 10, "currency_options": {"eur": {"amount_off": 5}}}, "currency_options[eur][amount_off]"),
    ],
)
def test_coupon_is_refused_when_a_field_is_wrong(api: Api, params: Any, param: str) -> None:
    assert refused(api.v1.coupons.create, params).param == param
    assert api.v1.coupons.list().data == []


def test_code_is_refused_when_it_names_the_coupon_the_old_way(api: Api) -> None:
    coupon = api.v1.coupons.create(TEN)

    error = refused(api.v1.promotion_codes.create, {"coupon": coupon.id})

    assert (error.param, error.code) == ("coupon", "parameter_unknown")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"promotion": {"type": "coupon"}}, "promotion[coupon]"),
        ({"promotion": {"type": "coupon", "coupon": "none"}}, "promotion[coupon]"),
        ({"code": "TEN PER CENT"}, "code"),
        ({"max_redemptions": 0}, "max_redemptions"),
        ({"max_redemptions": 9}, "max_redemptions"),
        ({"expires_at": 1}, "expires_at"),
        ({"expires_at": 4_000_000_000}, "expires_at"),
        ({"restrictions": {"minimum_amount": 100}}, "restrictions[minimum_amount_currency]"),
        (
            {"restrictions": {"minimum_amount": 0, "minimum_amount_currency": "usd"}},
            "restrictions[minimum_amount]",
        ),
        ({"customer": "cus_unknown"}, "customer"),
    ],
)
def test_code_is_refused_when_a_field_is_wrong(api: Api, more: Any, param: str) -> None:
    by = api.world.clock.now() + 3600
    coupon = api.v1.coupons.create({**TEN, "max_redemptions": 5, "redeem_by": by})

    assert refused(lambda: code_for(api, coupon.id, **more)).param == param


def test_code_is_taken_when_an_active_one_is_spelt_alike(api: Api) -> None:
    coupon = api.v1.coupons.create(TEN)
    first = code_for(api, coupon.id, code="Welcome")

    taken = refused(lambda: code_for(api, coupon.id, code="WELCOME"))
    api.v1.promotion_codes.update(first.id, {"active": False})
    second = code_for(api, coupon.id, code="WELCOME")
    again = refused(api.v1.promotion_codes.update, first.id, {"active": True})

    assert (taken.param, taken.code) == ("code", "resource_already_exists")
    assert again.param == "code"
    assert [c.id for c in api.v1.promotion_codes.list({"code": "welcome", "active": True}).data] == [second.id]
    assert {c.id for c in api.v1.promotion_codes.list({"coupon": coupon.id}).data} == {first.id, second.id}


def test_coupon_and_its_codes_end_when_the_time_to_redeem_is_over(api: Api) -> None:
    coupon = api.v1.coupons.create({**TEN, "redeem_by": api.world.clock.now() + 60})
    code = code_for(api, coupon.id)

    api.advance(60)

    assert api.v1.coupons.retrieve(coupon.id).valid is False
    assert api.v1.promotion_codes.retrieve(code.id).active is False
    assert refused(lambda: code_for(api, coupon.id)).param == "promotion[coupon]"
    assert refused(api.v1.promotion_codes.update, code.id, {"active": True}).param == "active"
    assert api.event_types()[-2:] == ["coupon.updated", "promotion_code.updated"]


def test_code_ends_when_it_expires_and_its_coupon_stays(api: Api) -> None:
    coupon = api.v1.coupons.create(TEN)
    code = code_for(api, coupon.id, expires_at=api.world.clock.now() + 60)

    api.advance(60)

    assert api.v1.promotion_codes.retrieve(code.id).active is False
    assert api.v1.coupons.retrieve(coupon.id).valid is True


def test_coupon_is_gone_and_its_codes_end_when_deleted(api: Api) -> None:
    coupon = api.v1.coupons.create(TEN)
    code = code_for(api, coupon.id)

    gone = api.v1.coupons.delete(coupon.id)

    assert (gone.id, gone.deleted) == (coupon.id, True)
    assert refused(api.v1.coupons.retrieve, coupon.id).code == "resource_missing"
    assert api.v1.promotion_codes.retrieve(code.id).active is False


def test_only_words_change_when_a_coupon_is_updated(api: Api) -> None:
    coupon = api.v1.coupons.create({**TEN, "id": "SUMMER", "metadata": {"a": "1"}})

    changed = api.v1.coupons.update(coupon.id, {"name": "Summer", "metadata": {"a": "", "b": "2"}})

    assert (changed.name, changed.metadata.to_dict(), changed.percent_off) == ("Summer", {"b": "2"}, 10.0)
    assert refused(api.v1.coupons.update, coupon.id, {"percent_off": 20}).code == "parameter_unknown"
    assert refused(api.v1.coupons.create, {**TEN, "id": "SUMMER"}).code == "resource_already_exists"


def test_coupon_is_of_one_account_when_another_asks(api: Api) -> None:
    vendor = api.vendor()
    options: Any = {"stripe_account": vendor.id}
    coupon = api.v1.coupons.create(TEN, options)

    assert refused(api.v1.coupons.retrieve, coupon.id).code == "resource_missing"
    assert [c.id for c in api.v1.coupons.list({}, options).data] == [coupon.id]
    assert refused(lambda: code_for(api, coupon.id)).param == "promotion[coupon]"
    assert code_for(api, coupon.id, vendor.id).promotion.coupon == coupon.id


def test_coupon_of_the_same_account_is_shown_when_two_accounts_chose_one_id(api: Api) -> None:
    vendor = api.vendor()
    options: Any = {"stripe_account": vendor.id}
    api.v1.coupons.create({**TEN, "id": "SALE", "name": "The platform's"})
    api.v1.coupons.create({"percent_off": 20, "id": "SALE", "name": "The vendor's"}, options)
    codes = [code_for(api, "SALE", account) for account in (None, vendor.id)]

    shown = [
        api.v1.promotion_codes.retrieve(code.id, {"expand": ["promotion.coupon"]}, given)
        for code, given in zip(codes, ({}, options), strict=True)
    ]

    assert [code.promotion.coupon.name for code in shown] == ["The platform's", "The vendor's"]
