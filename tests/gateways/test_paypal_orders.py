"""What an order says when it is made: one part, amounts that add up at PayPal, and what the buyer may still change."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from store.gateways.paypal.orders import ORDERS_PATH, freeze_checkout, open_checkout, track
from store.gateways.port import CheckoutItem, Declined, GatewayBug, ShipTo, Unavailable
from tests.gateways.paypal_wire import (
    ADDRESS,
    ORDER,
    Script,
    body_of,
    fault,
    link,
    make_calls,
    make_order,
    make_request,
    money,
)

SHOP = "shop.example.com"


def freeze(**changes: Any) -> dict[str, Any]:
    """The body, read back."""
    body: dict[str, Any] = json.loads(freeze_checkout(make_request(**changes), SHOP))
    return body


def unit_of(**changes: Any) -> dict[str, Any]:
    """The only part of the order."""
    (unit,) = freeze(**changes)["purchase_units"]
    assert isinstance(unit, dict)
    return unit


def test_order_is_ours_by_three_ids_when_it_is_frozen() -> None:
    request = make_request(attempt=3)

    body = json.loads(freeze_checkout(request, SHOP))

    (unit,) = body["purchase_units"]
    assert body["intent"] == "CAPTURE"
    assert (unit["custom_id"], unit["reference_id"]) == (request.payment_id, request.order_id)
    assert unit["invoice_id"] == f"{SHOP}-{request.payment_id}-3"
    assert (unit["description"], unit["soft_descriptor"]) == ("Order OP-7K3M9", "OP-7K3M9")
    assert freeze_checkout(request, SHOP) == freeze_checkout(request, SHOP)


def test_invoice_number_keeps_payment_and_attempt_when_the_shops_name_is_long() -> None:
    request = make_request(attempt=12)

    invoice = json.loads(freeze_checkout(request, "x" * 200))["purchase_units"][0]["invoice_id"]

    assert len(invoice) == 127
    assert invoice.endswith(f"-{request.payment_id}-12")


def test_amount_is_goods_and_delivery_less_discount_when_they_add_up() -> None:
    unit = unit_of(total=2500, discount=500, discount_name="TENOFF")

    parts = {"item_total": money("24.00"), "shipping": money("6.00"), "discount": money("5.00")}
    assert unit["amount"] == money("25.00") | {"breakdown": parts}
    assert unit["items"] == [
        {"name": "Mug", "quantity": "2", "unit_amount": money("12.00"), "category": "PHYSICAL_GOODS"}
    ]


def test_lines_are_left_out_when_they_cannot_add_up() -> None:
    unit = unit_of(total=2999)

    assert unit["amount"] == money("29.99")
    assert "items" not in unit


def test_lines_are_left_out_when_paypal_has_no_coins_for_one_of_them() -> None:
    halves = [CheckoutItem("Pin", 175_050, 2)]

    unit = unit_of(currency="HUF", total=350_100, items=halves)

    assert unit["amount"] == money("3501", "HUF") | {"breakdown": {"item_total": money("3501", "HUF")}}
    assert "items" not in unit


def test_sums_are_left_out_when_paypal_has_no_coins_for_them() -> None:
    items = [CheckoutItem("Pin", 175_050, 1), CheckoutItem("Delivery", 175_050, 1, delivery=True)]

    assert unit_of(currency="HUF", total=350_100, items=items)["amount"] == money("3501", "HUF")


@pytest.mark.parametrize("changes", [{"currency": "HUF", "total": 350_101}, {"total": 0}, {"total": -1}])
def test_nothing_is_frozen_when_paypal_cannot_take_the_total(changes: dict[str, Any]) -> None:
    with pytest.raises(GatewayBug):
        freeze(**changes)


@pytest.mark.parametrize(
    "items",
    [
        [CheckoutItem("Mug", 4000, 1), CheckoutItem("Gift", -1000, 1)],
        [CheckoutItem("Mug", 3000, 1), CheckoutItem("Nothing", 10, 0)],
    ],
)
def test_lines_are_left_out_when_one_is_below_what_paypal_takes(items: list[CheckoutItem]) -> None:
    unit = unit_of(items=items)

    assert unit["amount"]["breakdown"] == {"item_total": money("30.00")}
    assert "items" not in unit


@pytest.mark.parametrize(
    "items",
    [
        [CheckoutItem("Mug", 4000, 1), CheckoutItem("Delivery", -1000, 1, delivery=True)],
        [CheckoutItem("Gift", -1000, 1), CheckoutItem("Delivery", 4000, 1, delivery=True)],
    ],
)
def test_sums_are_left_out_when_one_is_negative(items: list[CheckoutItem]) -> None:
    assert unit_of(items=items)["amount"] == money("30.00")


def test_delivery_stands_alone_when_nothing_else_costs() -> None:
    unit = unit_of(total=600, items=[CheckoutItem("Delivery", 600, 1, delivery=True)])

    assert unit["amount"]["breakdown"] == {"item_total": money("0.00"), "shipping": money("6.00")}
    assert "items" not in unit


def test_long_and_empty_names_fit_when_they_are_sent() -> None:
    items = [CheckoutItem("x" * 300, 1000, 1), CheckoutItem("", 2000, 1)]

    assert [item["name"] for item in unit_of(items=items)["items"]] == ["x" * 127, "Item"]


def test_address_is_ours_and_stays_when_something_is_sent() -> None:
    body = freeze()

    (unit,) = body["purchase_units"]
    assert unit["shipping"] == {
        "type": "SHIPPING",
        "name": {"full_name": "Ada Buyer"},
        "address": {
            "address_line_1": "1 Analytical Row",
            "admin_area_2": "London",
            "postal_code": "N1 9GU",
            "country_code": "GB",
        },
    }
    assert body["payment_source"]["paypal"]["experience_context"] == {
        "brand_name": "Overprint",
        "locale": "en-US",
        "user_action": "PAY_NOW",
        "shipping_preference": "SET_PROVIDED_ADDRESS",
        "return_url": make_request().success_url,
        "cancel_url": make_request().cancel_url,
    }


def test_whole_address_is_sent_when_it_has_every_part() -> None:
    to = ShipTo("Otto", "1 Main St", "Flat 2", "Springfield", "IL", "62701", "US")

    assert unit_of(ship_to=to)["shipping"]["address"] == {
        "address_line_1": "1 Main St",
        "address_line_2": "Flat 2",
        "admin_area_2": "Springfield",
        "admin_area_1": "IL",
        "postal_code": "62701",
        "country_code": "US",
    }
    assert ADDRESS.region == ""


def test_no_address_is_asked_for_when_the_goods_are_digital() -> None:
    body = freeze(ship_to=None, total=2400, items=[CheckoutItem("Font", 2400, 1)])

    (unit,) = body["purchase_units"]
    assert body["payment_source"]["paypal"]["experience_context"]["shipping_preference"] == "NO_SHIPPING"
    assert "shipping" not in unit
    assert unit["items"][0]["category"] == "DIGITAL_GOODS"


@pytest.mark.parametrize("rel", ["payer-action", "approve"])
async def test_buyer_is_led_to_the_approval_when_its_link_has_either_name(rel: str) -> None:
    order = make_order("CREATED", links=[link("self", ORDER), link(rel, "/checkoutnow?token=X")])
    script = Script({ORDERS_PATH: order})
    frozen = freeze_checkout(make_request(), SHOP)

    opened = await open_checkout(make_calls(script), frozen, "order:1")

    assert (opened.ref, opened.payee_ref) == ("5O190127TN364715T", "2222222222222")
    assert opened.redirect_url == "https://api.sandbox.paypal.com/checkoutnow?token=X"
    (asked,) = script.of(ORDERS_PATH)
    assert (asked.content.decode(), asked.headers["paypal-request-id"]) == (frozen, "order:1")


async def test_order_leads_nowhere_when_a_key_replays_one_that_is_paid() -> None:
    opened = await open_checkout(make_calls(Script({ORDERS_PATH: {"id": "5O", "links": []}})), "{}", "k")

    assert (opened.ref, opened.redirect_url, opened.payee_ref) == ("5O", "", "")


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ({"status": "CREATED"}, Unavailable),
        (httpx.Response(500), Unavailable),
        (fault(422, "UNPROCESSABLE_ENTITY", "ITEM_TOTAL_MISMATCH"), GatewayBug),
        (fault(422, "UNPROCESSABLE_ENTITY", "SHIPPING_ADDRESS_INVALID"), Declined),
    ],
    ids=range(4),
)
async def test_no_order_is_known_when_its_answer_is_lost_or_no(answer: Any, meaning: type[Exception]) -> None:
    with pytest.raises(meaning):
        await open_checkout(make_calls(Script({ORDERS_PATH: answer})), "{}", "k")


async def test_number_is_told_once_when_it_is_told_twice() -> None:
    path = f"{ORDER}/track"
    order = make_order("COMPLETED")
    tracked = make_order("COMPLETED")
    tracked["purchase_units"][0]["shipping"] = {"trackers": [{"id": "3C6-OTHER"}, {"id": "3C6-1Z999"}]}
    script = Script({ORDER: [order, tracked], path: {"id": "5O190127TN364715T"}})
    calls = make_calls(script)

    for _ in range(2):
        await track(calls, "5O190127TN364715T", "3C6", "Royal Post", "1Z 999")

    (asked,) = script.of(path)
    assert body_of(asked) == {
        "capture_id": "3C6",
        "tracking_number": "1Z999",
        "notify_payer": False,
        "carrier": "OTHER",
        "carrier_name_other": "Royal Post",
    }


async def test_no_carrier_is_told_when_there_is_none() -> None:
    path = f"{ORDER}/track"
    script = Script({ORDER: make_order("COMPLETED"), path: {"id": "x"}})

    await track(make_calls(script), "5O190127TN364715T", "3C6", "", "1Z999")

    assert "carrier" not in body_of(script.of(path)[0])
