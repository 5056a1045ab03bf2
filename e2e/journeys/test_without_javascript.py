"""The whole purchase without JavaScript: search, cart, Undo, checkout with a mistake, payment, order, mail."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.payment import Mailbox
from e2e.pages.shop import ProductPage, Shop
from e2e.people import Person
from e2e.watch import Watch


def test_everything_can_be_bought_when_scripts_are_off(
    market: Market, new_visitor: Callable[..., Shop], watch: Watch, ada: Person
) -> None:
    shop = new_visitor(java_script_enabled=False).open_home()
    shop.page.get_by_role("searchbox", name="Search products").fill("bowl")
    shop.page.get_by_role("button", name="Search").click()
    shop.page.get_by_role("main").get_by_role("link", name="Pasta bowl").click()
    cart = ProductPage(shop.page).add_to_cart(quantity=2).open_cart().remove("Pasta bowl").undo()
    checkout = cart.check_out()

    watch.expect(422)
    checkout.button.click()
    expect(checkout.page.get_by_role("alert")).to_contain_text("There is a problem")
    hosted = checkout.go_on(ada)
    order = hosted.be_declined().be_challenged().complete()

    order.expect_state("Paid")
    market.settle()
    order.reload().expect_state("Paid").expect_cart_count(0)
    mailbox = Mailbox(shop.page, market.sandbox).open_mail(re.compile("^Order OP-"), ada.email)
    mailbox.follow_order_link().expect_state("Paid")
    assert [capture["amount"] for capture in market.truth("captures")] == [2 * 3400 + 600]


def test_order_page_asks_again_by_itself_when_scripts_are_off(
    market: Market, new_visitor: Callable[..., Shop], ada: Person
) -> None:
    market.hold_webhooks()
    shop = new_visitor(java_script_enabled=False)
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(ada)
    payment_page = hosted.page.url
    order = hosted.cancel().expect_state("Waiting for payment")
    tab = shop.page.context.new_page()
    tab.goto(payment_page)

    type(hosted)(tab).pay_and_vanish()
    market.release_webhooks()

    order.expect_state("Paid")
