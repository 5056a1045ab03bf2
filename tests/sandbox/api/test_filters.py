"""Every filter the provider's lists have: supported, and true to its name."""

from typing import Any
from urllib.parse import urlencode

import pytest

from store.sandbox.kernel.spec import request_node
from store.sandbox.stripe.resources import ROUTES
from tests.sandbox.api.conftest import EXPRESS, Api

NOTHING: dict[str, str] = {"limit": "100"}
LISTS = [route for route in ROUTES if {"limit", "starting_after"} <= set(request_node(route.operation)["p"])]


@pytest.fixture
def busy(api: Api) -> Api:
    """Two customers, payments of all ends, a split one, codes and prices; every list holds something."""
    express = api.vendor(controller=EXPRESS)
    for name in ("Ada", "Vera"):
        customer = api.v1.customers.create({"name": name, "email": f"{name.lower()}@example.com"})
        api.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        api.pay(api.open_session(customer=customer.id).id)
        product = api.v1.products.create({"name": f"{name}'s print", "url": f"http://localhost/{name}"})
        api.v1.prices.create({"product": product.id, "unit_amount": 500, "currency": "usd", "lookup_key": name})
        coupon = api.v1.coupons.create({"id": name, "percent_off": 10})
        api.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": f"{name}10"})
    api.open_session()
    split: Any = {"transfer_data": {"destination": express.id}, "application_fee_amount": 100}
    api.pay(api.open_session(payment_intent_data={**split, "transfer_group": "g1"}).id)
    api.advance(5)
    charge = next(charge for charge in api.v1.charges.list().data if charge.transfer)
    api.v1.refunds.create({"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True})
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
        ("/v1/products", "url", "url"),
        ("/v1/products", "type", "type"),
        ("/v1/prices", "product", "product"),
        ("/v1/prices", "currency", "currency"),
        ("/v1/prices", "type", "type"),
        ("/v1/balance_transactions", "type", "type"),
        ("/v1/balance_transactions", "source", "source"),
        ("/v1/balance_transactions", "currency", "currency"),
        ("/v1/refunds", "charge", "charge"),
        ("/v1/refunds", "payment_intent", "payment_intent"),
        ("/v1/transfers", "destination", "destination"),
        ("/v1/transfers", "transfer_group", "transfer_group"),
        ("/v1/application_fees", "charge", "charge"),
        ("/v1/promotion_codes", "code", "code"),
        ("/v1/events", "type", "type"),
    ],
)
def test_list_holds_what_the_filter_names_and_nothing_else(busy: Api, path: str, field: str, param: str) -> None:
    rows = fetch(busy, path)
    wanted = next(row[field] for row in rows if row[field])

    found = fetch(busy, path, **{param: wanted})

    assert [row["id"] for row in found] == [row["id"] for row in rows if row[field] == wanted]
    assert all(row[field] == wanted for row in found)


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


def test_prices_and_products_are_found_by_several_names(busy: Api) -> None:
    products = [row["id"] for row in fetch(busy, "/v1/products")][:2]

    prices = fetch(busy, "/v1/prices", **{"lookup_keys[0]": "Ada", "lookup_keys[1]": "Vera"})
    found = fetch(busy, "/v1/products", **{"ids[0]": products[0], "ids[1]": products[1]})

    assert {row["lookup_key"] for row in prices} == {"Ada", "Vera"}
    assert [row["id"] for row in found] == products


def test_active_ones_are_told_from_the_others(busy: Api) -> None:
    price = fetch(busy, "/v1/prices", active="true")[0]
    busy.v1.prices.update(price["id"], {"active": False})

    assert price["id"] in [row["id"] for row in fetch(busy, "/v1/prices", active="false")]
    assert price["id"] not in [row["id"] for row in fetch(busy, "/v1/prices", active="true")]


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
