"""PayPal without JavaScript: a form leads to its page and back, to the browser that left or to another one."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.paypal import DECLINED, PayPage, open_pay_page
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

ORDERS = "SELECT payment_state FROM orders WHERE email = $1"


def test_buyer_pays_without_javascript(market: Market, new_visitor: Callable[..., Shop], ada: Person) -> None:
    page = open_pay_page(new_visitor(java_script_enabled=False), ada)

    order = page.leave_by_form().approve_in_tab()

    order.expect_state("Paid").reload().expect_cart_count(0)
    assert market.rows(ORDERS, ada.email) == [{"payment_state": "paid"}]
    assert [capture["amount"] for capture in market.truth("captures")] == [4000]


def test_form_leads_to_paypal_again_when_the_card_was_declined(
    market: Market, new_visitor: Callable[..., Shop], ada: Person
) -> None:
    page = open_pay_page(new_visitor(java_script_enabled=False), ada)
    approval = page.leave_by_form()
    address = approval.page.url

    approval.approve(DECLINED)
    page.expect_arrived()
    expect(page.page.get_by_text("You were not charged")).to_have_count(1)
    approval = page.leave_by_form()

    assert approval.page.url == address
    approval.approve_in_tab().expect_state("Paid")
    assert market.rows(ORDERS, ada.email) == [{"payment_state": "paid"}]
    assert len(market.truth("captures")) == 1


def test_order_is_paid_when_paypal_sends_the_buyer_back_to_another_browser(
    market: Market, new_visitor: Callable[..., Shop], ada: Person
) -> None:
    market.hold_webhooks()
    page = open_pay_page(new_visitor(java_script_enabled=False), ada)
    address = page.leave_by_form().page.url
    other = new_visitor(java_script_enabled=False)

    other.page.goto(address)
    order = PayPage(other.page).leave().approve_in_tab()

    order.expect_state("Paid").expect_history("confirmed on your return from PayPal")
    assert market.rows(ORDERS, ada.email) == [{"payment_state": "paid"}]
    assert len(market.truth("captures")) == 1
    assert OrderPage(page.page).page.url == address
