"""What a step of the walk is, and parts of the walk: accounts, catalogue, discounts, customers, payouts.

A step names the operation, the client's method below `client.v1`, and its arguments; what it returns is kept under
its operation. Steps between them (`Do`) are what a buyer, a bank or the clock does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.api.conftest import BOTH, EXPRESS, TEST_PERSON, Api


@dataclass
class Kept:
    """What the steps returned, by operation; `name` overrides the operation."""

    api: Api
    made: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.made[name]


@dataclass(frozen=True)
class Step:
    """One call of the client."""

    operation: str
    call: str
    arguments: Callable[[Kept], tuple[Any, ...]] = lambda kept: ()
    keep: str = ""


@dataclass(frozen=True)
class Do:
    """What happens between two calls."""

    act: Callable[[Kept], Any]


def id_of(name: str) -> Callable[[Kept], tuple[Any, ...]]:
    return lambda kept: (kept[name]["id"],)


def query(text: str) -> Callable[[Kept], tuple[Any, ...]]:
    return lambda kept: ({"query": text},)


ACCOUNTS = (
    Step("GET /v1/account", "accounts.retrieve_current"),
    Step(
        "POST /v1/accounts",
        "accounts.create",
        lambda kept: (
            {
                "country": "US",
                "email": "vera@example.com",
                "business_type": "individual",
                "individual": TEST_PERSON,
                "capabilities": BOTH,
                "controller": EXPRESS,
                "external_account": {"object": "bank_account", "country": "US", "account_number": "000123456789"},
            },
        ),
        "vendor",
    ),
    Step("GET /v1/accounts/{account}", "accounts.retrieve", id_of("vendor")),
    Step("GET /v1/accounts", "accounts.list"),
    Step(
        "POST /v1/accounts/{account}",
        "accounts.update",
        lambda kept: (kept["vendor"]["id"], {"metadata": {"a": "b"}, "business_profile": {"name": "Vera"}}),
    ),
)
CATALOGUE = (
    Step("POST /v1/products", "products.create", lambda kept: ({"name": "Print", "images": ["http://a.example/a"]},)),
    Step("GET /v1/products/{id}", "products.retrieve", id_of("POST /v1/products")),
    Step("GET /v1/products", "products.list"),
    Step("GET /v1/products/search", "products.search", query('name~"print"')),
    Step(
        "POST /v1/products/{id}",
        "products.update",
        lambda kept: (kept["POST /v1/products"]["id"], {"description": "Two colours"}),
    ),
    Step(
        "POST /v1/prices",
        "prices.create",
        lambda kept: ({"product": kept["POST /v1/products"]["id"], "currency": "usd", "unit_amount": 5000},),
    ),
    Step("GET /v1/prices/{price}", "prices.retrieve", id_of("POST /v1/prices")),
    Step("GET /v1/prices", "prices.list"),
    Step("GET /v1/prices/search", "prices.search", query('active:"true"')),
    Step("POST /v1/prices/{price}", "prices.update", lambda kept: (kept["POST /v1/prices"]["id"], {"nickname": "a"})),
    Step("POST /v1/products", "products.create", lambda kept: ({"name": "To be deleted"},), "short-lived"),
    Step("DELETE /v1/products/{id}", "products.delete", id_of("short-lived")),
)
DISCOUNTS = (
    Step("POST /v1/coupons", "coupons.create", lambda kept: ({"percent_off": 12.5, "name": "Spring"},)),
    Step("GET /v1/coupons/{coupon}", "coupons.retrieve", id_of("POST /v1/coupons")),
    Step("GET /v1/coupons", "coupons.list"),
    Step(
        "POST /v1/coupons/{coupon}", "coupons.update", lambda kept: (kept["POST /v1/coupons"]["id"], {"name": "Summer"})
    ),
    Step(
        "POST /v1/promotion_codes",
        "promotion_codes.create",
        lambda kept: (
            {
                "promotion": {"type": "coupon", "coupon": kept["POST /v1/coupons"]["id"]},
                "code": "SPRING",
                "restrictions": {"minimum_amount": 1000, "minimum_amount_currency": "usd"},
            },
        ),
    ),
    Step("GET /v1/promotion_codes/{promotion_code}", "promotion_codes.retrieve", id_of("POST /v1/promotion_codes")),
    Step("GET /v1/promotion_codes", "promotion_codes.list"),
    Step(
        "POST /v1/promotion_codes/{promotion_code}",
        "promotion_codes.update",
        lambda kept: (kept["POST /v1/promotion_codes"]["id"], {"metadata": {"a": "b"}}),
    ),
    Step("POST /v1/coupons", "coupons.create", lambda kept: ({"amount_off": 500, "currency": "usd"},), "gone"),
    Step("DELETE /v1/coupons/{coupon}", "coupons.delete", id_of("gone")),
)
CUSTOMERS = (
    Step(
        "POST /v1/customers",
        "customers.create",
        lambda kept: ({"name": "Ada", "email": "ada@example.com", "address": {"city": "Lisbon", "country": "PT"}},),
    ),
    Step("GET /v1/customers/{customer}", "customers.retrieve", id_of("POST /v1/customers")),
    Step("GET /v1/customers", "customers.list"),
    Step("GET /v1/customers/search", "customers.search", query('email:"ada@example.com"')),
    Step(
        "POST /v1/customers/{customer}",
        "customers.update",
        lambda kept: (kept["POST /v1/customers"]["id"], {"phone": "+351", "metadata": {"a": "b"}}),
    ),
    Step("POST /v1/customers", "customers.create", lambda kept: ({"name": "Short"},), "leaving"),
    Step("DELETE /v1/customers/{customer}", "customers.delete", id_of("leaving")),
    Step("GET /v1/customers/{customer}", "customers.retrieve", id_of("leaving")),
    Step(
        "POST /v1/payment_methods",
        "payment_methods.create",
        lambda kept: (
            {"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}},
        ),
    ),
    Step("GET /v1/payment_methods/{payment_method}", "payment_methods.retrieve", id_of("POST /v1/payment_methods")),
    Step(
        "POST /v1/payment_methods/{payment_method}/attach",
        "payment_methods.attach",
        lambda kept: (kept["POST /v1/payment_methods"]["id"], {"customer": kept["POST /v1/customers"]["id"]}),
    ),
    Step(
        "POST /v1/payment_methods/{payment_method}",
        "payment_methods.update",
        lambda kept: (kept["POST /v1/payment_methods"]["id"], {"billing_details": {"name": "Ada"}}),
    ),
    Step(
        "GET /v1/payment_methods",
        "payment_methods.list",
        lambda kept: ({"customer": kept["POST /v1/customers"]["id"]},),
    ),
    Step("GET /v1/customers/{customer}/payment_methods", "customers.payment_methods.list", id_of("POST /v1/customers")),
    Step(
        "GET /v1/customers/{customer}/payment_methods/{payment_method}",
        "customers.payment_methods.retrieve",
        lambda kept: (kept["POST /v1/customers"]["id"], kept["POST /v1/payment_methods"]["id"]),
    ),
    Step(
        "POST /v1/payment_methods/{payment_method}/detach",
        "payment_methods.detach",
        id_of("POST /v1/payment_methods"),
    ),
)


def pay_at_once(kept: Kept) -> None:
    """Let a buyer pay what is available at once."""
    intent = kept.api.v1.payment_intents.create(
        {"amount": 5000, "currency": "usd", "confirm": True, "payment_method": "pm_card_bypassPending"}
    )
    kept.made["available"] = {"id": intent.latest_charge}
    kept.api.advance(5)


def as_vendor(kept: Kept) -> dict[str, str]:
    return {"stripe_account": kept["vendor"]["id"]}


PAYOUTS = (
    Do(pay_at_once),
    Step(
        "POST /v1/transfers",
        "transfers.create",
        lambda kept: (
            {
                "amount": 2000,
                "currency": "usd",
                "destination": kept["vendor"]["id"],
                "source_transaction": kept["available"]["id"],
                "expand": ["destination", "destination_payment", "balance_transaction", "source_transaction"],
            },
        ),
    ),
    Step(
        "POST /v1/payouts",
        "payouts.create",
        lambda kept: ({"amount": 100, "currency": "usd", "expand": ["destination", "balance_transaction"]},),
    ),
    Step("GET /v1/payouts/{payout}", "payouts.retrieve", id_of("POST /v1/payouts")),
    Step(
        "POST /v1/payouts/{payout}",
        "payouts.update",
        lambda kept: (kept["POST /v1/payouts"]["id"], {"metadata": {"a": "b"}}),
    ),
    Step("POST /v1/payouts", "payouts.create", lambda kept: ({"amount": 100, "currency": "usd"},), "called off"),
    Step("POST /v1/payouts/{payout}/cancel", "payouts.cancel", id_of("called off")),
    Step(
        "POST /v1/payouts",
        "payouts.create",
        lambda kept: ({"amount": 1000, "currency": "usd"}, as_vendor(kept)),
        "vendor's",
    ),
    Do(lambda kept: kept.api.advance(3 * 86400)),
    Step(
        "POST /v1/payouts/{payout}/reverse",
        "payouts.reverse",
        lambda kept: (kept["vendor's"]["id"], {"expand": ["original_payout"]}, as_vendor(kept)),
    ),
    Step("GET /v1/payouts", "payouts.list", lambda kept: ({"expand": ["data.destination"]},)),
)
