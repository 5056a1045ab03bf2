"""Discounts on Checkout Sessions: the merchant's at creation, what is counted when."""

from typing import Any

import pytest
import stripe

from store.sandbox.stripe.checkout import Outcome, enter_code, pay
from tests.sandbox.api.conftest import EXPRESS, Api
from tests.sandbox.api.test_coupons import TEN, code_for, refused

DECLINED = "4000000000000002"


def line(name: str, amount: int, quantity: int = 1) -> dict[str, Any]:
    data = {"currency": "usd", "unit_amount": amount, "product_data": {"name": name}}
    return {"quantity": quantity, "price_data": data}


def read(api: Api, id: str, account: str | None = None, *expand: str) -> Any:
    options: Any = {"stripe_account": account} if account else {}
    return api.v1.checkout.sessions.retrieve(id, {"expand": list(expand)}, options)


def enter(api: Api, session: Any, text: str) -> Outcome:
    return enter_code(api.world, session.id, text)


def test_total_and_lines_are_less_when_the_merchant_gives_a_coupon(api: Api) -> None:
    coupon = api.v1.coupons.create({"percent_off": 33.3, "name": "Third"})

    session = api.open_session(
        line_items=[line("Card", 199, 3), line("Frame", 1000)],
        discounts=[{"coupon": coupon.id}],
        expand=["total_details.breakdown", "line_items"],
    )

    assert (session.amount_subtotal, session.amount_total) == (1597, 1065)
    assert session.total_details.amount_discount == 532
    assert [d.to_dict() for d in session.discounts] == [{"coupon": coupon.id, "promotion_code": None}]
    given = session.total_details.breakdown.discounts[0]
    assert (given.amount, given.discount.source.coupon, given.discount.checkout_session) == (532, coupon.id, session.id)
    lines = session.line_items.data
    assert [(i.amount_subtotal, i.amount_discount, i.amount_total) for i in lines] == [
        (597, 199, 398),
        (1000, 333, 667),
    ]
    assert "breakdown" not in read(api, session.id).total_details


def test_paid_amount_is_the_discounted_total_when_the_card_is_good(api: Api) -> None:
    coupon = api.v1.coupons.create({"amount_off": 300, "currency": "usd"})
    session = api.open_session(discounts=[{"coupon": coupon.id}])

    api.pay(session.id)

    paid = read(api, session.id, None, "payment_intent")
    assert (paid.payment_status, paid.amount_total, paid.payment_intent.amount_received) == ("paid", 700, 700)
    assert api.v1.charges.list().data[0].amount == 700


def test_only_named_products_are_discounted_when_the_coupon_says_which(api: Api) -> None:
    price = api.v1.prices.create({"currency": "usd", "unit_amount": 700, "product_data": {"name": "Frame"}})
    coupon = api.v1.coupons.create({"percent_off": 50, "applies_to": {"products": [price.product]}})
    lines = [line("Card", 300), {"price": price.id, "quantity": 1}]

    session = api.open_session(line_items=lines, discounts=[{"coupon": coupon.id}], expand=["line_items"])

    assert (session.amount_total, session.total_details.amount_discount) == (650, 350)
    assert [i.amount_discount for i in session.line_items.data] == [0, 350]
    error = refused(lambda: api.open_session(discounts=[{"coupon": coupon.id}]))
    assert error.param == "discounts[0][coupon]"


def test_amount_off_ends_at_zero_when_it_is_more_than_the_order(api: Api) -> None:
    coupon = api.v1.coupons.create({"amount_off": 5000, "currency": "usd"})

    session = api.open_session(discounts=[{"coupon": coupon.id}])

    assert (session.amount_total, session.total_details.amount_discount) == (0, 1000)


@pytest.mark.parametrize(
    ("coupon", "code", "more"),
    [
        ({"amount_off": 100, "currency": "eur"}, None, {}),
        ({"amount_off": 970, "currency": "usd"}, None, {}),
        (TEN, {"restrictions": {"minimum_amount": 1001, "minimum_amount_currency": "usd"}}, {}),
        (TEN, {"restrictions": {"minimum_amount": 1, "minimum_amount_currency": "eur"}}, {}),
        (TEN, {"active": False}, {}),
        (TEN, None, {"allow_promotion_codes": True}),
    ],
    ids=["other currency", "below the minimum", "small order", "minimum in euros", "inactive", "both"],
)
def test_session_is_refused_when_the_discount_does_not_fit(api: Api, coupon: Any, code: Any, more: Any) -> None:
    made = api.v1.coupons.create(coupon)
    given = {"promotion_code": code_for(api, made.id, **code).id} if code else {"coupon": made.id}

    error = refused(lambda: api.open_session(discounts=[given], **more))

    assert error.http_status == 400
    assert str(error.param).startswith("allow_promotion_codes" if more else "discounts[0]")
    assert api.v1.checkout.sessions.list().data == []


@pytest.mark.parametrize(
    "discounts", [[{"coupon": "a"}, {"coupon": "b"}], [{}], [{"coupon": "a", "promotion_code": "b"}], [{"coupon": "a"}]]
)
def test_session_is_refused_when_there_is_not_one_discount(api: Api, discounts: Any) -> None:
    body = {f"discounts[{n}][{key}]": value for n, row in enumerate(discounts) for key, value in row.items()}
    body = body or {"discounts[0]": ""}
    lines = "line_items[0]"
    status, _, answer = api.raw(
        "POST",
        "/v1/checkout/sessions",
        {
            "mode": "payment",
            "success_url": "http://localhost:8000/done",
            f"{lines}[quantity]": "1",
            f"{lines}[price_data][currency]": "usd",
            f"{lines}[price_data][unit_amount]": "1000",
            f"{lines}[price_data][product_data][name]": "Print",
            **body,
        },
    )

    assert status == 400
    assert answer["error"]["param"].startswith("discounts")


def test_code_is_for_one_customer_when_it_says_so(api: Api) -> None:
    ada, otto = (api.v1.customers.create({"name": name}) for name in ("Ada", "Otto"))
    code = code_for(api, api.v1.coupons.create(TEN).id, customer=ada.id)

    error = refused(lambda: api.open_session(discounts=[{"promotion_code": code.id}], customer=otto.id))

    assert error.param == "discounts[0][promotion_code]"
    assert api.open_session(discounts=[{"promotion_code": code.id}], customer=ada.id).amount_total == 900


def test_code_is_for_a_first_order_when_it_says_so(api: Api) -> None:
    code = code_for(api, api.v1.coupons.create(TEN).id, restrictions={"first_time_transaction": True})
    data = {"customer_email": "ada@example.com", "discounts": [{"promotion_code": code.id}]}
    first = api.open_session(**data)
    api.pay(first.id)

    error = refused(lambda: api.open_session(**data))

    assert "first order" in str(error.user_message)
    assert api.open_session(**data | {"customer_email": "otto@example.com"}).amount_total == 900


def test_redemption_is_counted_once_when_the_session_completes(api: Api) -> None:
    coupon = api.v1.coupons.create({**TEN, "max_redemptions": 2})
    code = code_for(api, coupon.id, max_redemptions=1)
    session = api.open_session(discounts=[{"promotion_code": code.id}])
    api.pay(session.id, DECLINED)
    before = api.v1.coupons.retrieve(coupon.id).times_redeemed

    api.pay(session.id)
    api.pay(session.id)

    assert before == 0
    after = api.v1.coupons.retrieve(coupon.id)
    assert (after.times_redeemed, after.valid) == (1, True)
    code = api.v1.promotion_codes.retrieve(code.id)
    assert (code.times_redeemed, code.active) == (1, False)
    assert refused(lambda: api.open_session(discounts=[{"promotion_code": code.id}])).param is not None


def test_coupon_and_its_codes_are_over_when_the_last_redemption_is_taken(api: Api) -> None:
    coupon = api.v1.coupons.create({**TEN, "max_redemptions": 1})
    code = code_for(api, coupon.id, code="OTHER")
    session = api.open_session(discounts=[{"coupon": coupon.id}])

    api.pay(session.id)

    after = api.v1.coupons.retrieve(coupon.id)
    assert (after.times_redeemed, after.valid) == (1, False)
    assert api.v1.promotion_codes.retrieve(code.id).active is False
    assert refused(lambda: api.open_session(discounts=[{"coupon": coupon.id}])).code == "coupon_expired"


def test_redemption_is_not_counted_when_the_session_expires(api: Api) -> None:
    coupon = api.v1.coupons.create(TEN)
    session = api.open_session(discounts=[{"coupon": coupon.id}])

    api.v1.checkout.sessions.expire(session.id)

    assert api.v1.coupons.retrieve(coupon.id).times_redeemed == 0


def test_second_session_cannot_pay_when_the_first_took_the_last_redemption(api: Api) -> None:
    coupon = api.v1.coupons.create({**TEN, "max_redemptions": 1})
    first, second = (api.open_session(discounts=[{"coupon": coupon.id}]) for _ in range(2))
    api.pay(first.id)

    outcome = api.pay(second.id)

    assert (outcome.kind, api.v1.coupons.retrieve(coupon.id).times_redeemed) == ("declined", 1)
    assert "no longer be used" in outcome.message
    assert read(api, second.id).status == "open"
    assert len(api.v1.charges.list().data) == 1


def test_discount_stays_when_its_coupon_is_deleted(api: Api) -> None:
    coupon = api.v1.coupons.create(TEN)
    session = api.open_session(discounts=[{"coupon": coupon.id}])
    api.v1.coupons.delete(coupon.id)

    assert api.pay(session.id).kind == "complete"
    assert read(api, session.id).amount_total == 900


def test_discount_lives_where_the_session_lives_when_it_is_a_vendors(api: Api) -> None:
    vendor = api.vendor()
    options: Any = {"stripe_account": vendor.id}
    coupon = api.v1.coupons.create(TEN, options)

    session = api.open_session(account=vendor.id, discounts=[{"coupon": coupon.id}])
    error = refused(lambda: api.open_session(discounts=[{"coupon": coupon.id}]))
    api.pay(session.id)

    assert error.code == "resource_missing"
    assert api.v1.coupons.retrieve(coupon.id, {}, options).times_redeemed == 1
    assert read(api, session.id, vendor.id).amount_total == 900


def test_nothing_is_paid_and_no_intent_is_made_when_the_coupon_takes_all(api: Api) -> None:
    coupon = api.v1.coupons.create({"percent_off": 100})
    session = api.open_session(discounts=[{"coupon": coupon.id}], customer_email="ada@example.com")

    outcome = pay(api.world, session.id, None)

    done = read(api, session.id, None, "customer")
    assert outcome.kind == "complete"
    assert (done.status, done.payment_status, done.payment_intent) == ("complete", "no_payment_required", None)
    assert (done.amount_total, done.amount_subtotal, done.total_details.amount_discount) == (0, 1000, 1000)
    assert done.customer.email == "ada@example.com"
    assert api.event_types() == ["coupon.created", "customer.created", "coupon.updated", "checkout.session.completed"]
    assert api.v1.charges.list().data == api.v1.payment_intents.list().data == []


@pytest.mark.parametrize("charged", ["direct", "destination"])
def test_fee_is_at_most_what_is_paid_when_a_code_takes_most_of_it(api: Api, charged: str) -> None:
    direct = charged == "direct"
    vendor = api.vendor(**({} if direct else {"controller": EXPRESS}))
    account = vendor.id if direct else None
    code_for(
        api,
        api.v1.coupons.create({"percent_off": 90}, {"stripe_account": account} if account else {}).id,
        account,
        code="MOST",
    )
    data: dict[str, Any] = {"application_fee_amount": 300}
    data |= {} if direct else {"transfer_data": {"destination": vendor.id}}
    session = api.open_session(account=account, allow_promotion_codes=True, payment_intent_data=data)

    enter(api, session, "MOST")
    api.pay(session.id)
    api.advance(3)

    paid = read(api, session.id, account, "payment_intent")
    assert (paid.amount_total, paid.payment_intent.application_fee_amount) == (100, 100)
    assert [fee.amount for fee in api.v1.application_fees.list().data] == [100]


def test_session_is_refused_when_its_fee_is_more_than_the_discounted_total(api: Api) -> None:
    vendor = api.vendor()
    coupon = api.v1.coupons.create({"percent_off": 80}, {"stripe_account": vendor.id})

    error = refused(
        lambda: api.open_session(
            account=vendor.id,
            discounts=[{"coupon": coupon.id}],
            payment_intent_data={"application_fee_amount": 201},
        )
    )

    assert error.param == "payment_intent_data[application_fee_amount]"
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.coupons.retrieve(coupon.id)
