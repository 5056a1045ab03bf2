"""PayPal's approval page in the sandbox, in each state."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from e2e.conftest import DESKTOP
from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.paypal import BALANCE, DECLINED, ECHECK, REVIEW, Approval
from e2e.pages.shop import Shop
from e2e.watch import Watch

# Another app than the shop's: its orders are none of the shop's, and nobody is told of them.
APP = ("looks", "looks-secret")
ORDERS = "/v2/checkout/orders"
MONEY = {"currency_code": "USD", "value": "24.00"}
LIFETIME_SECONDS = 6 * 3600
WINDOWS = ((500, 590), (390, 700))


def call(market: Market, path: str, body: Any) -> dict[str, Any]:
    """Call PayPal's API as a merchant's server does; the answer's JSON, refused or not."""
    answer = httpx.post(market.sandbox + path, json=body, auth=APP, trust_env=False)
    return dict(answer.json())


def open_order(market: Market, **context: str) -> dict[str, Any]:
    address = {"address_line_1": "1 Quay", "admin_area_2": "Lisbon", "postal_code": "1000-001", "country_code": "PT"}
    unit = {
        "amount": {
            **MONEY,
            "value": "29.00",
            "breakdown": {"item_total": MONEY, "shipping": {**MONEY, "value": "5.00"}},
        },
        "items": [{"name": "Moon over Lisbon", "quantity": "1", "unit_amount": MONEY}],
        "shipping": {"name": {"full_name": "Ada Buyer"}, "address": address},
    }
    ways = {"return_url": f"{market.shop}/", "cancel_url": f"{market.shop}/", "brand_name": "Overprint", **context}
    source = {"paypal": {"experience_context": {"shipping_preference": "SET_PROVIDED_ADDRESS", **ways}}}
    return call(market, ORDERS, {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": source})


def test_approval_page_is_accessible_in_each_state(market: Market, shop: Shop, look: Inspection, watch: Watch) -> None:
    page, order = shop.page, open_order(market, user_action="PAY_NOW")
    address = f"{market.sandbox}/checkoutnow?token={order['id']}"
    page.goto(address)
    look(Approval(page).expect_open().page, "paypal-approval")
    for outcome, state in ((DECLINED, "paypal-declined"), ("Asked again", "paypal-asked-again")):
        Approval(page).approve(outcome)
        page.wait_for_url(f"{market.shop}/*")
        assert "details" in call(market, f"{ORDERS}/{order['id']}/capture", {})
        page.goto(address)
        look(Approval(page).expect_open().page, state)
    Approval(page).approve()
    page.wait_for_url(f"{market.shop}/*")
    page.goto(address)
    expect(page.get_by_role("status")).to_contain_text("You have approved this payment already.")
    look(page, "paypal-approved")
    assert call(market, f"{ORDERS}/{order['id']}/capture", {})["status"] == "COMPLETED"
    page.reload()
    look(Approval(page).expect_heading("This payment is complete").page, "paypal-complete")
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    page.goto(f"{market.sandbox}/console/objects/{order['id']}")
    look(page, "console-paypal-object")
    event = page.get_by_role("region", name="Events").get_by_role("listitem").first
    assert event.locator("code").evaluate("id => id.scrollWidth - id.clientWidth") == 0


@pytest.mark.parametrize("outcome", [DECLINED, "Asked again"])
def test_everything_one_decides_by_is_seen_when_the_window_opens(market: Market, shop: Shop, outcome: str) -> None:
    page, order = shop.page, open_order(market, user_action="PAY_NOW")
    address = f"{market.sandbox}/checkoutnow?token={order['id']}"
    page.goto(address)
    Approval(page).approve(outcome)
    page.wait_for_url(f"{market.shop}/*")
    call(market, f"{ORDERS}/{order['id']}/capture", {})

    for width, height in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address)
        for name in (BALANCE, DECLINED, ECHECK, REVIEW, "Asked again"):
            page.get_by_label(name).check()
            for part in ("h1", "strong.amount", "[role=alert], [role=status]", "fieldset", ".choices"):
                expect(page.locator(f"main :is({part})"), f"{part} at {width} px").to_be_in_viewport(ratio=1)
        assert page.evaluate("scrollY") == 0


def test_windows_of_the_button_are_accessible(market: Market, shop: Shop, look: Inspection, watch: Watch) -> None:
    page = shop.page
    page.goto(f"{market.sandbox}/sdk/opening")
    look(page, "paypal-opening")
    for button, state in (("Approve", "paypal-window-approved"), ("Cancel", "paypal-window-canceled")):
        page.goto(f"{market.sandbox}/checkoutnow?token={open_order(market)['id']}&mode=popup")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("link", name="Go back to Overprint")).to_be_visible()
        look(page, state)
    order = open_order(market)
    market.advance(LIFETIME_SECONDS)
    watch.expect(404)
    page.goto(f"{market.sandbox}/checkoutnow?token={order['id']}")
    look(Approval(page).expect_heading("This payment has expired").page, "paypal-expired")
