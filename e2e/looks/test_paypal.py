"""The shop's pages around PayPal: its choice at checkout, the page with its button, the order after it, the shares."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.market import Market, wait_until
from e2e.pages.payouts import PayoutsPage
from e2e.pages.paypal import DECLINED, ECHECK, back_on_buttons, open_pay_page
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

HOLDING_SECONDS = 3 * 86400
UNCLAIMED = "SELECT 1 FROM payout JOIN orders ON orders.id = payout.\"order\" WHERE email = $1 AND state = 'unclaimed'"
SHARE_PAID = UNCLAIMED.replace("unclaimed", "paid")


def test_pages_of_paying_are_accessible_in_each_state(
    market: Market, new_visitor: Callable[..., Shop], look: Inspection, watch: Watch, ada: Person
) -> None:
    shop = new_visitor()
    checkout = shop.put_in_cart("pasta-bowl", "enamel-mug").check_out().fill(ada)
    expect(checkout.page.get_by_text("You enter the card on Stripe’s page,", exact=True)).to_be_visible()
    checkout.page.get_by_label("PayPal", exact=True).check()
    expect(checkout.page.get_by_text("You confirm on PayPal’s page,", exact=True)).to_be_visible()
    expect(checkout.page.get_by_text("You enter the card on Stripe’s page,", exact=True)).to_be_hidden()
    look(checkout.page, "checkout-paypal")
    page = open_pay_page(shop, ada)
    expect(page.button).to_be_visible()
    look(page.page, "pay")
    window = page.open_window()
    look(page.page, "pay-window-open")
    window.cancel()
    page.expect_words("Nothing was paid")
    look(page.page, "pay-window-closed")
    window = page.open_window()
    window.approve(DECLINED)
    expect(window.page.get_by_role("alert")).to_contain_text("Your card was declined")
    look(page.page, "pay-declined")
    window.page.close()
    page.page.reload()
    expect(page.button).to_be_visible()
    look(page.page, "pay-again")
    order = page.back_to_order()
    look(order.page, "order-at-paypal")
    page = back_on_buttons(order.page)
    page.open_window().approve(ECHECK)
    look(page.to_order().expect_state("Payment processing").page, "order-echeck")
    market.advance(4 * 86400 + 60)
    market.settle()
    look(order.reload().expect_state("Paid").page, "order-paid-by-paypal")
    plain = open_pay_page(new_visitor(java_script_enabled=False), ada)
    expect(plain.page.get_by_role("button", name="Pay with PayPal")).to_be_visible()


def test_shares_are_accessible_in_each_state(
    market: Market, new_visitor: Callable[..., Shop], look: Inspection, ada: Person
) -> None:
    vera = PayoutsPage(new_visitor().page).arrive()
    look(vera.page, "shares-none")
    vera.confirm_address(market, f"unclaimed.{secrets.token_hex(3)}@example.com")
    look(vera.page, "shares-address")
    page = open_pay_page(new_visitor(), ada)
    page.open_window().approve()
    number = page.to_order().expect_state("Paid").number
    expect(vera.look().share("Payable", number)).to_be_visible()
    look(vera.page, "shares-payable")
    market.advance(HOLDING_SECONDS + 60)
    wait_until(lambda: market.rows(UNCLAIMED, ada.email), "the share to lie unclaimed")
    vera = PayoutsPage(new_visitor().page).arrive()
    expect(vera.share("Stuck", number)).to_be_visible()
    look(vera.page, "shares-stuck")
    vera.confirm_address(market, f"vera.{secrets.token_hex(3)}@example.com")
    market.advance(60)
    wait_until(lambda: market.rows(SHARE_PAID, ada.email), "the share to be paid")
    expect(vera.look().share("Paid", number)).to_be_visible()
    look(vera.page, "shares-paid")
