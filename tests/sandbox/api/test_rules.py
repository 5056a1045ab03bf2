"""The rules between fields: each row of each table has a case that breaks it, and nothing is made then."""

from typing import Any
from urllib.parse import urlencode

import pytest

from store.sandbox.stripe.checks import Table
from store.sandbox.stripe.resources import ROUTES
from tests.sandbox.api.conftest import Api
from tests.sandbox.api.test_parameters import LINE, SESSION

SESSIONS, INTENTS, COUPONS = "POST /v1/checkout/sessions", "POST /v1/payment_intents", "POST /v1/coupons"
CODES, METHODS, PRICES = "POST /v1/promotion_codes", "POST /v1/payment_methods", "POST /v1/prices"
ENDPOINTS, ACCOUNTS, REFUNDS = "POST /v1/webhook_endpoints", "POST /v1/accounts", "POST /v1/refunds"
TRANSFERS, PAYOUTS, LINKS = "POST /v1/transfers", "POST /v1/payouts", "POST /v1/account_links"
GOOD: dict[str, dict[str, str]] = {
    SESSIONS: SESSION,
    INTENTS: {"amount": "500", "currency": "usd"},
    COUPONS: {"percent_off": "10"},
    CODES: {"promotion[type]": "coupon", "promotion[coupon]": "c1"},
    METHODS: {
        "type": "card",
        "card[number]": "4242424242424242",
        "card[exp_month]": "1",
        "card[exp_year]": "2040",
        "card[cvc]": "123",
    },
    PRICES: {"currency": "usd", "unit_amount": "500", "product_data[name]": "Print"},
    ENDPOINTS: {"url": "http://localhost:8000/", "enabled_events[0]": "*"},
    REFUNDS: {"charge": "ch_1"},
    LINKS: {"account": "acct_1", "type": "account_onboarding"},
    TRANSFERS: {"amount": "5", "currency": "usd", "destination": "acct_1"},
    PAYOUTS: {"amount": "5", "currency": "usd", "destination": "ba_1"},
}
INTENT_DATA = "payment_intent_data[{}]"
PRODUCT = "line_items[0][price_data][product_data]"
TYPES = "allowed_payment_method_types"
ELEMENTS = {"ui_mode": "elements", "success_url": None}
# Operation, what is changed in a good request (None: left out), and the parameter that is blamed.
CASES: list[tuple[str, dict[str, Any], str]] = [
    (SESSIONS, {"mode": None}, "mode"),
    (SESSIONS, {"mode": "subscription"}, "mode"),
    (SESSIONS, {"mode": "setup", "payment_intent_data[description]": "x"}, "payment_intent_data"),
    (SESSIONS, {"mode": "subscription", "customer_creation": "always"}, "customer_creation"),
    (SESSIONS, {"subscription_data[description]": "x"}, "subscription_data"),
    (SESSIONS, {"payment_method_collection": "always"}, "payment_method_collection"),
    (SESSIONS, {"ui_mode": "elements"}, "success_url"),
    (SESSIONS, ELEMENTS | {"cancel_url": "http://localhost/"}, "cancel_url"),
    (SESSIONS, {"ui_mode": "embedded_page"}, "success_url"),
    (SESSIONS, {"ui_mode": "embedded_page", "success_url": None, "cancel_url": "http://localhost/"}, "cancel_url"),
    (SESSIONS, {"redirect_on_completion": "never"}, "redirect_on_completion"),
    (SESSIONS, ELEMENTS | {"after_expiration[recovery][enabled]": "true"}, "after_expiration"),
    (SESSIONS, {"ui_mode": "form"}, "ui_mode"),
    (SESSIONS, dict.fromkeys(LINE), "line_items"),
    (SESSIONS, {k.replace("[0]", f"[{n}]"): v for n in range(101) for k, v in LINE.items()}, "line_items"),
    (SESSIONS, {"success_url": None}, "success_url"),
    (SESSIONS, {"success_url": "/done"}, "success_url"),
    (SESSIONS, {"cancel_url": "/cart"}, "cancel_url"),
    (SESSIONS, {"line_items[0][price]": "price_1"}, "line_items"),
    (SESSIONS, {"line_items[0][quantity]": None}, "line_items"),
    (SESSIONS, {"line_items[0][quantity]": "1000000"}, "line_items"),
    (SESSIONS, {"line_items[0][price_data][product]": "prod_1"}, "line_items"),
    (SESSIONS, {"line_items[0][price_data][unit_amount_decimal]": "1000"}, "line_items"),
    (SESSIONS, {f"{PRODUCT}[images][{n}]": "http://localhost/a.png" for n in range(9)}, "line_items"),
    (SESSIONS, {"expires_at": "1"}, "expires_at"),
    (SESSIONS, {"expires_at": "9999999999"}, "expires_at"),
    (
        SESSIONS,
        {f"custom_fields[{n}][{k}]": v for n in range(4) for k, v in {"key": f"k{n}", "type": "text"}.items()}
        | {f"custom_fields[{n}][label][{k}]": v for n in range(4) for k, v in (("type", "custom"), ("custom", "x"))},
        "custom_fields",
    ),
    (SESSIONS, {f"shipping_options[{n}][shipping_rate]": "shr_1" for n in range(6)}, "shipping_options"),
    (SESSIONS, {"discounts[0][coupon]": "a", "discounts[1][coupon]": "b"}, "discounts"),
    (SESSIONS, {"discounts[0][coupon]": "a", "discounts[0][promotion_code]": "b"}, "discounts"),
    (SESSIONS, {"allow_promotion_codes": "true", "discounts[0][coupon]": "a"}, "allow_promotion_codes"),
    (SESSIONS, {"customer": "cus_1", "customer_email": "a@example.com"}, "customer_email"),
    (SESSIONS, {"customer": "cus_1", "customer_account": "acct_1"}, "customer_account"),
    (SESSIONS, {"customer_account": "acct_1", "customer_email": "a@example.com"}, "customer_email"),
    (SESSIONS, {"customer": "cus_1", "customer_creation": "always"}, "customer_creation"),
    (SESSIONS, {f"{TYPES}[0]": "card", "excluded_payment_method_types[0]": "alipay"}, TYPES),
    (SESSIONS, {f"{TYPES}[0]": "card", "payment_method_configuration": "pmc_1"}, TYPES),
    (SESSIONS, {INTENT_DATA.format("application_fee_amount"): "0"}, INTENT_DATA.format("application_fee_amount")),
    (
        SESSIONS,
        {
            INTENT_DATA.format("application_fee_amount"): "1",
            "payment_intent_data[transfer_data][amount]": "1",
            "payment_intent_data[transfer_data][destination]": "acct_1",
        },
        INTENT_DATA.format("application_fee_amount"),
    ),
    (
        SESSIONS,
        {
            "payment_intent_data[transfer_data][amount]": "0",
            "payment_intent_data[transfer_data][destination]": "acct_1",
        },
        "payment_intent_data[transfer_data][amount]",
    ),
    (INTENTS, {"amount": "0"}, "amount"),
    (INTENTS, {f"{TYPES}[0]": "paypal"}, TYPES),
    (INTENTS, {f"{TYPES}[0]": "card", "automatic_payment_methods[enabled]": "true"}, TYPES),
    (INTENTS, {f"{TYPES}[0]": "card", "excluded_payment_method_types[0]": "alipay"}, TYPES),
    (INTENTS, {f"{TYPES}[0]": "card", "payment_method_configuration": "pmc_1"}, TYPES),
    (
        INTENTS,
        {"application_fee_amount": "1", "transfer_data[amount]": "1", "transfer_data[destination]": "acct_1"},
        "application_fee_amount",
    ),
    (INTENTS, {"return_url": "/done", "confirm": "true"}, "return_url"),
    ("POST /v1/payment_intents/pi_1/confirm", {"return_url": "/done"}, "return_url"),
    (REFUNDS, {"charge": None}, "charge"),
    (REFUNDS, {"payment_intent": "pi_1"}, "charge"),
    (REFUNDS, {"amount": "0"}, "amount"),
    (ACCOUNTS, {"country": "XX"}, "country"),
    (ACCOUNTS, {"controller[losses][payments]": "application"}, "controller[losses][payments]"),
    (LINKS, {"return_url": "/done"}, "return_url"),
    (LINKS, {"refresh_url": "localhost:8000"}, "refresh_url"),
    (LINKS, {"collect": "currently_due", "collection_options[fields]": "currently_due"}, "collect"),
    (ENDPOINTS, {"url": "localhost"}, "url"),
    (ENDPOINTS, {"api_version": "2024-04-10"}, "api_version"),
    (TRANSFERS, {"amount": None}, "amount"),
    (TRANSFERS, {"amount": "0"}, "amount"),
    (TRANSFERS, {"source_type": "fpx"}, "source_type"),
    (PAYOUTS, {"amount": "0"}, "amount"),
    (PAYOUTS, {"source_type": "bank_account"}, "source_type"),
    (PAYOUTS, {"method": "instant"}, "method"),
    (PAYOUTS, {"statement_descriptor": "x" * 23}, "statement_descriptor"),
    ("POST /v1/transfers/tr_1/reversals", {"amount": "0"}, "amount"),
    ("POST /v1/application_fees/fee_1/refunds", {"amount": "-1"}, "amount"),
    ("GET /v1/events", {"type": "charge.succeeded", "types[0]": "charge.failed"}, "type"),
    ("GET /v1/events", {f"types[{n}]": "charge.failed" for n in range(21)}, "types"),
    (METHODS, {"type": "paypal"}, "type"),
    *((METHODS, {f"card[{name}]": None}, f"card[{name}]") for name in ("number", "exp_month", "exp_year")),
    ("POST /v1/payment_methods/pm_1/attach", {}, "customer"),
    (PRICES, {"unit_amount": None}, "unit_amount"),
    (PRICES, {"product": "prod_1"}, "product"),
    (PRICES, {"product_data[name]": None}, "product"),
    ("GET /v1/prices", {"type": "recurring"}, "type"),
    (COUPONS, {"percent_off": None}, "percent_off"),
    (COUPONS, {"amount_off": "5", "currency": "usd"}, "amount_off"),
    (COUPONS, {"percent_off": "100.5"}, "percent_off"),
    (COUPONS, {"percent_off": "0"}, "percent_off"),
    (COUPONS, {"percent_off": None, "amount_off": "0", "currency": "usd"}, "amount_off"),
    (COUPONS, {"percent_off": None, "amount_off": "100000000", "currency": "usd"}, "amount_off"),
    (COUPONS, {"percent_off": None, "amount_off": "5"}, "currency"),
    (COUPONS, {"duration": "repeating"}, "duration_in_months"),
    (COUPONS, {"duration": "once", "duration_in_months": "2"}, "duration_in_months"),
    (COUPONS, {"duration": "repeating", "duration_in_months": "0"}, "duration_in_months"),
    (COUPONS, {"max_redemptions": "0"}, "max_redemptions"),
    (COUPONS, {"redeem_by": "1"}, "redeem_by"),
    (CODES, {"promotion[coupon]": None}, "promotion[coupon]"),
    (CODES, {"code": "MÖNCH"}, "code"),
    (CODES, {"max_redemptions": "0"}, "max_redemptions"),
    (CODES, {"expires_at": "1"}, "expires_at"),
    (CODES, {"restrictions[minimum_amount]": "500"}, "restrictions[minimum_amount_currency]"),
    (
        CODES,
        {"restrictions[minimum_amount]": "0", "restrictions[minimum_amount_currency]": "usd"},
        "restrictions[minimum_amount]",
    ),
]
RULES = {
    id(rule): (route.operation, rule)
    for route in ROUTES
    for check in route.checks
    if isinstance(check, Table)
    for rule in check.rules
}


def ask(api: Api, operation: str, change: dict[str, Any]) -> dict[str, Any]:
    """Send the good request with the change and return the refusal."""
    method, path = operation.split(" ")
    sent = {name: value for name, value in (GOOD.get(operation, {}) | change).items() if value is not None}
    if method == "GET":
        path, sent = f"{path}?{urlencode(sent)}", {}
    status, _, answer = api.raw(method, path, sent)
    assert status == 400, answer
    error: dict[str, Any] = answer["error"]
    return error


@pytest.mark.parametrize(("operation", "change", "param"), CASES)
def test_request_is_refused_when_a_rule_is_broken(api: Api, operation: str, change: dict[str, Any], param: str) -> None:
    error = ask(api, operation, change)

    assert error["param"] == param
    made = {kind for (kind,) in api.world.sql("SELECT DISTINCT kind FROM documents")}
    assert made <= {"account"}


@pytest.mark.parametrize("operation", list(GOOD))
def test_request_is_good_or_lacks_only_what_it_names_when_no_rule_is_broken(api: Api, operation: str) -> None:
    status, _, answer = api.raw("POST", operation.split(" ")[1], GOOD[operation])

    assert status == 200 or answer["error"]["code"] == "resource_missing"


def test_every_rule_has_a_case_and_cites_a_fact(api: Api) -> None:
    broken = {(error["param"], error["message"]) for error in (ask(api, *case[:2]) for case in CASES)}

    untried = [
        (operation, rule.param, rule.message)
        for operation, rule in RULES.values()
        if (rule.param, rule.message) not in broken
    ]
    assert untried == []
    assert [rule for _, rule in RULES.values() if not rule.fact.startswith("§")] == []


@pytest.mark.parametrize(
    ("currency", "amount", "code"),
    [
        ("usd", 49, "amount_too_small"),
        ("usd", 50, ""),
        ("usd", 99_999_999, ""),
        ("usd", 100_000_000, "amount_too_large"),
        ("gbp", 29, "amount_too_small"),
        ("gbp", 30, ""),
        ("jpy", 49, "amount_too_small"),
        ("jpy", 50, ""),
        ("huf", 17_499, "amount_too_small"),
        ("huf", 17_500, ""),
        ("nok", 300, ""),
        ("kwd", 1_000, ""),
        ("kwd", 1_001, None),
        ("kwd", 10, "amount_too_small"),
        ("bhd", 2_345, None),
        ("isk", 10_000, ""),
        ("isk", 10_050, None),
        ("ugx", 250_000, ""),
        ("ugx", 250_001, None),
    ],
)
def test_amount_is_checked_by_its_currency(api: Api, currency: str, amount: int, code: str | None) -> None:
    body = {"amount": str(amount), "currency": currency}

    status, _, answer = api.raw("POST", "/v1/payment_intents", body)

    assert (status == 200) is (code == "")
    if code != "":
        assert (answer["error"].get("code"), answer["error"]["param"]) == (code, "amount")


@pytest.mark.parametrize(
    ("unset", "field", "left"),
    [
        ({"description": ""}, "description", None),
        ({"name": ""}, "name", None),
        ({"metadata[a]": ""}, "metadata", {"b": "2"}),
        ({"metadata": ""}, "metadata", {}),
        ({"address": ""}, "address", None),
    ],
)
def test_field_is_unset_when_it_is_sent_empty(api: Api, unset: dict[str, str], field: str, left: object) -> None:
    address: Any = {"city": "Lisbon"}
    customer = api.v1.customers.create(
        {"name": "Ada", "description": "buys", "metadata": {"a": "1", "b": "2"}, "address": address}
    )

    status, _, answer = api.raw("POST", f"/v1/customers/{customer.id}", unset)

    assert (status, answer[field]) == (200, left)
