"""An eCheck, or PayPal's own review: processing while it lasts, nothing is sent; then paid, or nobody was charged."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.paypal import ECHECK, REVIEW, back_on_buttons, open_pay_page
from e2e.pages.sell import Selling
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

CLEARS_SECONDS = {ECHECK: 4 * 86400, REVIEW: 86400}
STATES = """
SELECT orders.payment_state, payment.status, payment.provider_ref FROM orders
JOIN payment ON payment."order" = orders.id WHERE orders.email = $1 ORDER BY payment.attempt
"""


@pytest.mark.parametrize("outcome", [ECHECK, REVIEW])
def test_order_is_paid_when_the_money_has_come(market: Market, shop: Shop, ada: Person, outcome: str) -> None:
    free = market.free("KILN-BOWL")
    order = pay_and_wait(market, shop, ada, outcome)
    seller = Selling(shop.page.context.new_page()).enter(path="/sell/orders")
    expect(seller.page.get_by_role("link", name=order.number, exact=True)).to_have_count(0)

    market.advance(CLEARS_SECONDS[outcome] + 60)
    market.settle()

    order.reload().expect_state("Paid").expect_history("Payment of $40.00 confirmed")
    [capture] = market.truth("captures")
    assert (capture["state"], capture["amount"]) == ("COMPLETED", 4000)
    [row] = market.rows(STATES, ada.email)
    assert (row["payment_state"], row["status"]) == ("paid", "succeeded")
    assert market.free("KILN-BOWL") == free - 1
    seller.page.reload()
    expect(seller.page.get_by_role("link", name=order.number, exact=True)).to_be_visible()


def test_stock_is_free_and_order_payable_anew_when_the_bank_says_no(market: Market, shop: Shop, ada: Person) -> None:
    free = market.free("KILN-BOWL")
    order = pay_and_wait(market, shop, ada, ECHECK)
    assert market.free("KILN-BOWL") == free - 1

    market.tell("paypal", action="finish", id=find_pending(market), status="DECLINED")
    market.settle()

    order.reload().expect_state("Payment failed").expect_told("You were not charged")
    assert market.truth("captures") == []
    [row] = market.rows(STATES, ada.email)
    assert (row["payment_state"], row["status"]) == ("failed", "failed")
    assert [mail["subject"] for mail in market.mails(ada.email)] == [f"Order {order.number} is not paid"]
    back_on_buttons(order.page).open_window().approve()
    order.expect_arrived().expect_state("Paid")
    assert [row["status"] for row in market.rows(STATES, ada.email)] == ["failed", "succeeded"]
    assert len(market.truth("captures")) == 1


def pay_and_wait(market: Market, shop: Shop, person: Person, outcome: str) -> OrderPage:
    """Approve what PayPal cannot take at once, and read that it is processing."""
    page = open_pay_page(shop, person)
    page.open_window().approve(outcome)
    order = OrderPage(page.page).expect_arrived().expect_state("Payment processing")
    order.expect_told("we will email you")
    [row] = market.rows(STATES, person.email)
    assert (row["payment_state"], row["status"]) == ("processing", "processing")
    assert market.truth("captures") == []
    return order


def find_pending(market: Market) -> str:
    """The id of the capture that PayPal has told the shop is pending."""
    [event] = [event for event in market.truth("events") if event.get("type") == "PAYMENT.CAPTURE.PENDING"]
    return str(event["object"])
