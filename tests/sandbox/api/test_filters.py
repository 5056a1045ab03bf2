"""Every filter the provider's lists have: supported, and true to its name."""

from typing import Any
from urllib.parse import urlencode

import pytest

from store.sandbox.kernel.spec import request_node
from store.sandbox.stripe.checkout import pay_by_debit
from store.sandbox.stripe.resources import ROUTES
from tests.sandbox.api.conftest import EXPRESS, Api

LIMIT = 100
NOTHING = {"limit": str(LIMIT)}
UNMADE = {
    "product": {"id": "prod_good", "type": "good"},
    "payment_method": {"id": "pm_always", "allow_redisplay": "always"},
    "balance_transaction": {"id": "txn_eur", "currency": "eur"},
}
LISTS = [route for route in ROUTES if {"limit", "starting_after"} <= set(request_node(route.operation)["p"])]


@pytest.fixture
def busy(api: Api) -> Api:
    """Two customers, payments of all ends, split ones, codes and prices: no filter finds all that a list holds."""
    for name in ("Ada", "Vera"):
        customer = api.v1.customers.create({"name": name, "email": f"{name.lower()}@example.com"})
        api.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        api.pay(api.open_session(customer=customer.id).id)
        product = api.v1.products.create({"name": f"{name}'s print", "url": f"http://localhost/{name}"})
        api.v1.prices.create({"product": product.id, "unit_amount": 500, "currency": "usd", "lookup_key": name})
        coupon = api.v1.coupons.create({"id": name, "percent_off": 10})
        api.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": f"{name}10"})
    api.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "customer": customer.id})
    api.open_session()
    for group in ("g1", "g2"):
        express = api.vendor(controller=EXPRESS)
        split: Any = {"transfer_data": {"destination": express.id}, "application_fee_amount": 100}
        api.pay(api.open_session(payment_intent_data={**split, "transfer_group": group}).id)
    api.advance(5)
    for charge in [charge for charge in api.v1.charges.list().data if charge.transfer]:
        api.v1.refunds.create({"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True})
    debited = api.open_session(allowed_payment_method_types=["us_bank_account"])
    pay_by_debit(api.world, debited.id, "000123456789", "Ada Buyer")
    poster = api.v1.products.create({"name": "Poster", "shippable": True})
    api.v1.prices.create({"product": poster.id, "unit_amount": 500, "currency": "gbp"})
    # What the API has and the sandbox never makes is put beside the others, so that a filter has what to leave out.
    for kind, change in UNMADE.items():
        sample = api.world.find(api.world.platform, kind)[0]
        api.world.put(api.world.platform, kind, sample | change)
    api.v1.webhook_endpoints.create({"url": "http://localhost:8000/", "enabled_events": ["*"]})
    return api


def fetch(api: Api, path: str, **params: str) -> list[dict[str, Any]]:
    status, _, answer = api.raw("GET", f"{path}?{urlencode(NOTHING | params)}")
    assert status == 200, answer
    rows: list[dict[str, Any]] = answer["data"]
    return rows


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.operation)
def test_list_has_every_filter_of_the_provider(route: Any) -> None:
    supported = {path.split(".")[0] for path in route.supported}

    assert set(request_node(route.operation)["p"]) - supported == set()


@pytest.mark.parametrize(
    ("path", "field", "param"),
    [
        ("/v1/charges", "customer", "customer"),
        ("/v1/charges", "payment_intent", "payment_intent"),
        ("/v1/charges", "transfer_group", "transfer_group"),
        ("/v1/payment_intents", "customer", "customer"),
        ("/v1/checkout/sessions", "customer", "customer"),
        ("/v1/checkout/sessions", "payment_intent", "payment_intent"),
        ("/v1/checkout/sessions", "status", "status"),
        ("/v1/customers", "email", "email"),
        ("/v1/payment_methods", "customer", "customer"),
        ("/v1/payment_methods", "type", "type"),
        ("/v1/payment_methods", "allow_redisplay", "allow_redisplay"),
        ("/v1/products", "url", "url"),
        ("/v1/products", "shippable", "shippable"),
        ("/v1/products", "type", "type"),
        ("/v1/prices", "product", "product"),
        ("/v1/prices", "currency", "currency"),
        ("/v1/balance_transactions", "type", "type"),
        ("/v1/balance_transactions", "source", "source"),
        ("/v1/balance_transactions", "currency", "currency"),
        ("/v1/refunds", "charge", "charge"),
        ("/v1/refunds", "payment_intent", "payment_intent"),
        ("/v1/transfers", "destination", "destination"),
        ("/v1/transfers", "transfer_group", "transfer_group"),
        ("/v1/application_fees", "charge", "charge"),
        ("/v1/promotion_codes", "code", "code"),
        ("/v1/promotion_codes", "customer", "customer"),
        ("/v1/events", "type", "type"),
    ],
)
def test_list_holds_what_the_filter_names_and_nothing_else(busy: Api, path: str, field: str, param: str) -> None:
    rows = fetch(busy, path)
    wanted = next(row[field] for row in rows if row[field])

    found = fetch(busy, path, **{param: str(wanted).lower() if wanted is True else wanted})

    assert [row["id"] for row in found] == [row["id"] for row in rows if row[field] == wanted]
    assert 0 < len(found) < len(rows) < LIMIT


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/v1/balance_transactions", "payout"),
        ("/v1/checkout/sessions", "subscription"),
        ("/v1/checkout/sessions", "payment_link"),
        ("/v1/checkout/sessions", "customer_account"),
        ("/v1/payment_intents", "customer_account"),
        ("/v1/payment_methods", "customer_account"),
        ("/v1/promotion_codes", "customer_account"),
        ("/v1/customers", "test_clock"),
        ("/v1/prices", "recurring[interval]"),
    ],
)
def test_list_is_empty_when_the_filter_names_what_the_sandbox_lacks(busy: Api, path: str, param: str) -> None:
    value = "month" if param.startswith("recurring") else "none_1"

    assert fetch(busy, path)
    assert fetch(busy, path, **{param: value}) == []


def test_sessions_are_found_by_the_buyer_s_address(busy: Api) -> None:
    found = fetch(busy, "/v1/checkout/sessions", **{"customer_details[email]": "ada@example.com"})

    assert [row["customer_details"]["email"] for row in found] == ["ada@example.com"]
    assert len(fetch(busy, "/v1/checkout/sessions")) > 1


def test_prices_and_products_are_found_by_several_names(busy: Api) -> None:
    products = [row["id"] for row in fetch(busy, "/v1/products")][:2]

    prices = fetch(busy, "/v1/prices", **{"lookup_keys[0]": "Ada", "lookup_keys[1]": "Vera"})
    found = fetch(busy, "/v1/products", **{"ids[0]": products[0], "ids[1]": products[1]})

    assert {row["lookup_key"] for row in prices} == {"Ada", "Vera"}
    assert [row["id"] for row in found] == products
    assert len(fetch(busy, "/v1/prices")) > len(prices)
    assert len(fetch(busy, "/v1/products")) > len(products)


def test_prices_for_one_time_are_told_from_recurring_ones(busy: Api) -> None:
    made = fetch(busy, "/v1/prices")
    # The sandbox makes no recurring price: one is put beside the others.
    busy.world.put(busy.world.platform, "price", made[0] | {"id": "price_recurring", "type": "recurring"})

    found = fetch(busy, "/v1/prices", type="one_time")

    assert len(fetch(busy, "/v1/prices")) == len(made) + 1
    assert found == made != []


@pytest.mark.parametrize("path", ["/v1/prices", "/v1/products", "/v1/promotion_codes"])
def test_active_ones_are_told_from_the_others(busy: Api, path: str) -> None:
    gone, *others = [row["id"] for row in fetch(busy, path, active="true")]
    busy.raw("POST", f"{path}/{gone}", {"active": "false"})

    assert [row["id"] for row in fetch(busy, path, active="true")] == others != []
    inactive = fetch(busy, path, active="false")
    assert gone in [row["id"] for row in inactive]
    assert {row["active"] for row in inactive} == {False}


def test_codes_are_found_by_their_coupon(busy: Api) -> None:
    rows = fetch(busy, "/v1/promotion_codes")

    found = fetch(busy, "/v1/promotion_codes", coupon="Ada")

    assert found == [row for row in rows if row["promotion"]["coupon"] == "Ada"]
    assert 0 < len(found) < len(rows)


def test_events_are_found_by_several_types(busy: Api) -> None:
    found = fetch(busy, "/v1/events", **{"types[0]": "refund.created", "types[1]": "customer.created"})

    assert {row["type"] for row in found} == {"refund.created", "customer.created"}
    assert len(found) < len(fetch(busy, "/v1/events"))


def test_events_are_told_apart_by_their_delivery(busy: Api) -> None:
    event = fetch(busy, "/v1/events")[0]
    busy.world.put(busy.world.platform, "event", event | {"pending_webhooks": 1})

    undelivered = fetch(busy, "/v1/events", delivery_success="false")

    assert [row["id"] for row in undelivered] == [event["id"]]
    assert event["id"] not in [row["id"] for row in fetch(busy, "/v1/events", delivery_success="true")]


def test_event_is_gone_when_thirty_days_have_passed(busy: Api) -> None:
    event = fetch(busy, "/v1/events")[0]
    busy.advance(30 * 86400 + 1)

    status, _, answer = busy.raw("GET", f"/v1/events/{event['id']}")

    assert (status, answer["error"]["code"]) == (404, "resource_missing")
    assert event["id"] not in [row["id"] for row in fetch(busy, "/v1/events")]


def test_currency_may_be_written_in_capitals(busy: Api) -> None:
    assert fetch(busy, "/v1/prices", currency="USD") == fetch(busy, "/v1/prices", currency="usd") != []


@pytest.mark.parametrize("path", ["/v1/products", "/v1/coupons"])
def test_deleted_object_says_so_and_is_listed_no_more(busy: Api, path: str) -> None:
    made = busy.v1.products.create({"name": "Gone"}).id if path == "/v1/products" else "Ada"
    _, _, answer = busy.raw("DELETE", f"{path}/{made}")

    assert answer == {"id": made, "object": path.split("/")[2][:-1], "deleted": True}
    assert made not in [row["id"] for row in fetch(busy, path)]


def test_deleted_customer_is_a_tombstone_where_it_is_expanded(busy: Api) -> None:
    customer = fetch(busy, "/v1/customers")[0]
    busy.v1.customers.delete(customer["id"])

    found = busy.v1.charges.list({"customer": customer["id"], "expand": ["data.customer"]}).data

    assert busy.v1.customers.retrieve(customer["id"]).to_dict() == {
        "id": customer["id"],
        "object": "customer",
        "deleted": True,
    }
    assert [(charge.customer.id, charge.customer.deleted) for charge in found] == [  # type: ignore[union-attr]
        (customer["id"], True)
    ]
