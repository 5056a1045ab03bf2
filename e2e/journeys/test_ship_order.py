"""Vera ships what Ada bought: Ada reads it on her order's page and in one mail."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.sell import Selling
from e2e.pages.shop import Shop
from e2e.people import Person


def test_buyer_is_told_when_the_vendor_ships(market: Market, new_visitor: Callable[..., Shop], ada: Person) -> None:
    order = new_visitor().put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")

    sold = Selling(new_visitor().page).enter(path="/sell/orders").open_orders().open(order.number)
    expect(sold.page.get_by_text("1 Analytical Row")).to_be_visible()
    sold.ship("Royal Mail", "RM 123 456").expect_told("Marked as shipped.")

    order.reload().expect_history("Kiln & Co sent its part: Royal Mail RM 123 456.")
    market.settle()
    subjects = [mail["subject"] for mail in market.mails(ada.email)]
    assert subjects.count(f"On its way: order {order.number} from Kiln & Co") == 1
    sold.deliver().expect_told("Marked as delivered.")
    order.reload().expect_history("The parcel from Kiln & Co arrived.")
