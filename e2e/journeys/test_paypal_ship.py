"""Vera ships what was paid with PayPal: PayPal is told under which number the parcel travels."""

from __future__ import annotations

from collections.abc import Callable

from e2e.market import Market
from e2e.pages.paypal import open_pay_page
from e2e.pages.sell import Selling
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person


def test_paypal_knows_the_number_when_the_vendor_ships(
    market: Market, new_visitor: Callable[..., Shop], ada: Person
) -> None:
    page = open_pay_page(new_visitor(), ada)
    page.open_window().approve()
    order = OrderPage(page.page).expect_arrived().expect_state("Paid")

    sold = Selling(new_visitor().page).enter(path="/sell/orders").open_orders().open(order.number)
    sold.ship("Royal Mail", "RM 123 456").expect_told("Marked as shipped.")
    market.settle()

    order.reload().expect_history("Kiln & Co sent its part: Royal Mail RM 123 456.")
    [payment] = market.rows(
        'SELECT provider_ref FROM payment WHERE "order" = (SELECT id FROM orders WHERE email = $1)', ada.email
    )
    [unit] = market.ask_paypal("GET", f"/v2/checkout/orders/{payment['provider_ref']}")["purchase_units"]
    [tracker] = unit["shipping"]["trackers"]
    [capture] = market.truth("captures")
    assert (tracker["id"], tracker["status"]) == (f"{capture['ref']}-RM123456", "SHIPPED")
