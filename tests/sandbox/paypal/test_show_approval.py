"""The approval page: what it shows of an order in each state, where its buttons lead, and who may press them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.conftest import SHOP
from tests.sandbox.paypal.conftest import UNIT, PayPal

HOURS = 3600
LIFETIME = 6 * HOURS
CONTEXT = {
    "brand_name": "Overprint",
    "user_action": "PAY_NOW",
    "shipping_preference": "SET_PROVIDED_ADDRESS",
    "return_url": f"{SHOP}/payments/tok/return?door=paypal",
    "cancel_url": f"{SHOP}/pay/tok",
}
MONEY = {"currency_code": "USD", "value": "12.00"}
WHOLE_UNIT = {
    "amount": {
        "currency_code": "USD",
        "value": "27.00",
        "breakdown": {
            "item_total": {**MONEY, "value": "24.00"},
            "shipping": {**MONEY, "value": "5.00"},
            "discount": {**MONEY, "value": "2.00"},
        },
    },
    "items": [{"name": "Moon over <Lisbon>", "quantity": "2", "unit_amount": MONEY}],
    "shipping": {
        "name": {"full_name": "Ada Buyer"},
        "address": {
            "address_line_1": "1 Quay",
            "admin_area_2": "Lisbon",
            "postal_code": "1000-001",
            "country_code": "PT",
        },
    },
}


async def open_order(paypal: PayPal, unit: Any = None, **context: str) -> dict[str, Any]:
    source = {"paypal": {"experience_context": CONTEXT | context}}
    made: dict[str, Any] = await paypal.open_order(unit or WHOLE_UNIT, payment_source=source)
    return made


async def show(paypal: PayPal, order: dict[str, Any], mode: str = "") -> httpx.Response:
    return await paypal.sandbox.client.get("/checkoutnow", params={"token": order["id"], "mode": mode})


async def press(
    paypal: PayPal, order: dict[str, Any], button: str, outcome: str = "balance", mode: str = "", **headers: str
) -> httpx.Response:
    return await paypal.sandbox.client.post(
        "/checkoutnow",
        params={"token": order["id"], "mode": mode},
        data={"answer": button, "outcome": outcome},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


async def status(paypal: PayPal, order: dict[str, Any]) -> str:
    return str((await paypal.create("GET", f"/v2/checkout/orders/{order['id']}"))["status"])


async def test_page_shows_seller_lines_sums_and_address_when_the_order_waits(paypal: PayPal) -> None:
    order = await open_order(paypal)

    page = await paypal.sandbox.client.get(next(one["href"] for one in order["links"] if one["rel"] == "payer-action"))

    words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page.text)))
    assert page.status_code == 200
    assert "Moon over &lt;Lisbon&gt;" in page.text
    assert "Moon over <Lisbon> × 2 $24.00 Items $24.00 Delivery $5.00 Discount −$2.00 Total $27.00" in words
    assert "Ship to Ada Buyer 1 Quay Lisbon 1000-001 Portugal" in words
    assert "Overprint takes $27.00 as soon as you approve." in words
    assert re.findall(r"<button[^>]*>([^<]*)</button>", page.text) == ["Approve", "Cancel"]
    assert re.findall(r'name="outcome" value="(\w+)"', page.text) == [
        "balance",
        "declined",
        "echeck",
        "review",
        "action",
    ]
    assert page.text.count("<h1") == 1


async def test_message_and_buttons_come_before_the_order_when_a_card_was_declined(paypal: PayPal) -> None:
    order = await open_order(paypal)
    await press(paypal, order, "approve", "declined")
    await paypal.call("POST", f"/v2/checkout/orders/{order['id']}/capture", {})

    page = (await show(paypal, order, mode="popup")).text

    parts = ("<h1>", "$27.00</strong>", 'role="alert"', "<fieldset", ">Approve<", ">Cancel<", "Your order", "Ship to")
    places = [page.index(part) for part in parts]
    assert places == sorted(places)


async def test_page_names_the_merchants_origin_and_keeps_its_opener(paypal: PayPal) -> None:
    page = await show(paypal, await open_order(paypal))

    assert f"form-action 'self' {SHOP};" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert page.headers["cache-control"] == "no-store"


async def test_page_has_no_address_when_nothing_is_shipped(paypal: PayPal) -> None:
    bare = {name: value for name, value in WHOLE_UNIT.items() if name != "shipping"}

    page = await show(paypal, await open_order(paypal, bare, shipping_preference="NO_SHIPPING"))

    assert "Ship to" not in page.text


async def test_page_has_the_buyers_own_address_when_the_merchant_leaves_it_to_her(paypal: PayPal) -> None:
    page = await show(paypal, await open_order(paypal, UNIT, shipping_preference="GET_FROM_FILE"))

    assert "1 Main St" in page.text


@pytest.mark.parametrize(("currency", "value", "shown"), [("JPY", "4500", "¥4,500"), ("HUF", "1200", "HUF 1,200")])
async def test_amount_has_paypals_decimals_when_shown(paypal: PayPal, currency: str, value: str, shown: str) -> None:
    unit = {"amount": {"currency_code": currency, "value": value}}

    page = await show(paypal, await open_order(paypal, unit, shipping_preference="NO_SHIPPING"))

    assert shown in unescape(page.text).replace("\xa0", " ")


async def test_buyer_returns_with_token_and_payer_when_she_approves(paypal: PayPal) -> None:
    order = await open_order(paypal)

    answer = await press(paypal, order, "approve")

    address = urlsplit(answer.headers["location"])
    payer = parse_qs(address.query)["PayerID"][0]
    assert answer.status_code == 303
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{SHOP}/payments/tok/return"
    assert address.query == f"door=paypal&token={order['id']}&PayerID={payer}"
    assert re.fullmatch("[2-9A-HJ-NP-Z]{13}", payer)
    assert await status(paypal, order) == "APPROVED"


async def test_buyer_returns_with_the_token_only_when_she_cancels(paypal: PayPal) -> None:
    order = await open_order(paypal)

    answer = await press(paypal, order, "cancel")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{SHOP}/pay/tok?token={order['id']}")
    assert await status(paypal, order) == "PAYER_ACTION_REQUIRED"


@pytest.mark.parametrize(("button", "outcome"), [("approve", "approved"), ("cancel", "canceled")])
async def test_window_tells_the_button_when_the_button_opened_it(paypal: PayPal, button: str, outcome: str) -> None:
    order = await open_order(paypal)

    page = await press(paypal, order, button, mode="popup")

    assert page.status_code == 200
    assert f'data-outcome="{outcome}" data-order="{order["id"]}"' in page.text
    assert '<script src="/sdk/popup.js" defer></script>' in page.text
    assert f'href="{SHOP}/' in page.text
    assert page.headers["cross-origin-opener-policy"] == "unsafe-none"


async def test_form_keeps_the_windows_mode(paypal: PayPal) -> None:
    order = await open_order(paypal)

    page = await show(paypal, order, mode="popup")

    assert f'action="/checkoutnow?token={order["id"]}&amp;mode=popup"' in page.text


@pytest.mark.parametrize("outcome", ["", "gold", "action'"])
async def test_balance_pays_when_the_form_names_no_outcome(paypal: PayPal, outcome: str) -> None:
    order = await open_order(paypal)

    await press(paypal, order, "approve", outcome)

    captured = await paypal.create("POST", f"/v2/checkout/orders/{order['id']}/capture", {})
    assert captured["purchase_units"][0]["payments"]["captures"][0]["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("outcome", "issue", "words"),
    [
        ("declined", "INSTRUMENT_DECLINED", "Your card was declined"),
        ("action", "PAYER_ACTION_REQUIRED", "PayPal needs you once more"),
    ],
)
async def test_paypal_pitfall_07_buyer_may_approve_anew_when_the_capture_sent_her_back(
    paypal: PayPal, outcome: str, issue: str, words: str
) -> None:
    order = await open_order(paypal)
    await press(paypal, order, "approve", outcome)
    refused = (await paypal.call("POST", f"/v2/checkout/orders/{order['id']}/capture", {})).json()

    page = await paypal.sandbox.client.get(
        next(one["href"] for one in refused["links"] if "/checkoutnow" in one["href"])
    )
    again = await press(paypal, order, "approve")

    assert refused["details"][0]["issue"] == issue
    assert words in page.text
    assert again.status_code == 303
    await paypal.create("POST", f"/v2/checkout/orders/{order['id']}/capture", {})
    assert await status(paypal, order) == "COMPLETED"


@pytest.mark.parametrize(("outcome", "reason"), [("echeck", "ECHECK"), ("review", "PENDING_REVIEW")])
async def test_payment_waits_as_the_buyer_chose(paypal: PayPal, outcome: str, reason: str) -> None:
    order = await open_order(paypal)
    await press(paypal, order, "approve", outcome)

    captured = await paypal.create("POST", f"/v2/checkout/orders/{order['id']}/capture", {})

    capture = captured["purchase_units"][0]["payments"]["captures"][0]
    assert (capture["status"], capture["status_details"]["reason"]) == ("PENDING", reason)


async def test_page_says_approved_when_the_merchant_has_not_captured_yet(paypal: PayPal) -> None:
    order = await open_order(paypal)
    await press(paypal, order, "approve")

    page = await show(paypal, order)

    assert "You have approved this payment already." in page.text
    assert ">Approve</button>" in page.text


async def test_paypal_pitfall_17_page_says_expired_when_the_time_is_up(paypal: PayPal) -> None:
    order = await open_order(paypal)
    paypal.advance(LIFETIME - 1)
    assert ">Approve</button>" in (await show(paypal, order)).text
    paypal.advance(1)

    page = await show(paypal, order)
    pressed = await press(paypal, order, "approve")

    for answer in (page, pressed):
        assert answer.status_code == 404
        assert "<h1>This payment has expired</h1>" in answer.text
        assert "You have not been charged." in answer.text
        assert "<form" not in answer.text


@pytest.mark.parametrize("token", ["", "5O190127TN364715T", "x' OR 1=1"])
async def test_page_says_expired_when_there_is_no_such_order(paypal: PayPal, token: str) -> None:
    page = await paypal.sandbox.client.get("/checkoutnow", params={"token": token})

    assert page.status_code == 404
    assert "<h1>This payment has expired</h1>" in page.text


async def test_page_says_complete_and_takes_no_approval_when_it_was_captured(paypal: PayPal) -> None:
    order = await open_order(paypal)
    await press(paypal, order, "approve")
    await paypal.create("POST", f"/v2/checkout/orders/{order['id']}/capture", {})

    page = await show(paypal, order)
    pressed = await press(paypal, order, "approve", "declined")

    for answer in (page, pressed):
        assert answer.status_code == 200
        assert "<h1>This payment is complete</h1>" in answer.text
        assert f"token={order['id']}&amp;PayerID=" in answer.text
        assert "<form" not in answer.text
    assert await status(paypal, order) == "COMPLETED"


async def test_approval_is_refused_when_another_site_sends_the_form(paypal: PayPal) -> None:
    order = await open_order(paypal)

    answer = await press(paypal, order, "approve", Sec_Fetch_Site="cross-site")

    assert answer.status_code == 403
    assert await status(paypal, order) == "PAYER_ACTION_REQUIRED"


async def test_merchant_has_heard_of_the_approval_before_the_buyer_returns(paypal: PayPal) -> None:
    url = f"{SHOP}/webhooks/paypal"
    await paypal.create("POST", "/v1/notifications/webhooks", {"url": url, "event_types": [{"name": "*"}]})
    order = await open_order(paypal)

    await press(paypal, order, "approve")

    heard = [httpx.Response(200, content=request.content).json() for request in paypal.sandbox.shop.received]
    assert [(event["event_type"], event["resource"]["id"]) for event in heard] == [
        ("CHECKOUT.ORDER.APPROVED", order["id"])
    ]


async def test_page_is_the_end_when_the_order_names_no_way_back(paypal: PayPal) -> None:
    order = await paypal.open_order()

    page = await press(paypal, order, "approve")

    assert page.status_code == 200
    assert "<h1>Payment approved</h1>" in page.text
    assert "Close this window" in page.text
