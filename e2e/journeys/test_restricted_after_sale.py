"""The vendor is restricted after a sale: the order stays paid, buyers cannot buy more, and a document ends it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.onboarding import DOCUMENT, REVIEW
from e2e.pages.sell import Selling, TaskList
from e2e.pages.shop import Shop
from e2e.people import Person

PAYOUTS = "2. Payouts with Stripe"


def test_sale_stays_and_selling_stops_until_the_vendor_gives_what_is_due(
    market: Market, new_visitor: Callable[..., Shop], ada: Person
) -> None:
    order = new_visitor().put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")
    [vendor] = market.rows("SELECT account_ref, email FROM vendor WHERE slug = 'kiln-co'")

    market.tell("accounts", outcome="restricted", account=vendor["account_ref"], days=0)
    market.settle()

    vera = Selling(new_visitor().page).enter(path="/sell/home")
    expect(vera.page.get_by_text("You cannot take payments at the moment.")).to_be_visible()
    tasks = TaskList(vera.page).open().expect_task(PAYOUTS, "Restricted")
    assert any("cannot take payments" in mail["subject"] for mail in market.mails("vera@example.com"))
    buyer = new_visitor().open_product("pasta-bowl")
    expect(buyer.page.get_by_text("Kiln & Co cannot take payments at the moment.")).to_be_visible()
    expect(buyer.page.get_by_role("button", name="Add to cart")).to_have_count(0)
    order.reload().expect_state("Paid")
    sold = Selling(vera.page).open_orders().open(order.number)
    sold.ship("Royal Mail", "RM 123 456").expect_told("Marked as shipped.")

    tasks.open().continue_with_stripe().expect_step(DOCUMENT).use_test_data().expect_step(REVIEW).submit()

    tasks.expect_task(PAYOUTS, "Done")
    buyer.open_product("pasta-bowl")
    expect(buyer.page.get_by_role("button", name="Add to cart")).to_be_visible()
    order.reload().expect_history(re.compile("sent its part"))
