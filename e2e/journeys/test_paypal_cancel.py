"""PayPal's window is left by Cancel, or simply closed: nothing was paid, and the same order can be paid after all."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from e2e.market import Market
from e2e.pages.paypal import Approval, back_on_buttons, open_pay_page
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

CLOSED = re.compile("You closed PayPal. Nothing was paid.")
ATTEMPTS = """
SELECT orders.payment_state, payment.status, payment.provider_ref FROM orders
JOIN payment ON payment."order" = orders.id WHERE orders.email = $1
"""


def press_cancel(window: Approval) -> None:
    window.cancel()


def close_window(window: Approval) -> None:
    window.page.close()


@pytest.mark.parametrize("leave", [press_cancel, close_window])
def test_buyer_reads_that_nothing_was_paid_and_pays_after_all(
    market: Market, shop: Shop, ada: Person, leave: Callable[[Approval], None]
) -> None:
    page = open_pay_page(shop, ada)

    leave(page.open_window())

    page.expect_words(CLOSED)
    [left] = market.rows(ATTEMPTS, ada.email)
    assert (left["payment_state"], left["status"]) == ("awaiting_payment", "pending")
    assert market.truth("captures") == []
    page.open_window().approve()
    OrderPage(page.page).expect_arrived().expect_state("Paid")
    [paid] = market.rows(ATTEMPTS, ada.email)
    assert (paid["status"], paid["provider_ref"]) == ("succeeded", left["provider_ref"])
    assert len(market.truth("captures")) == 1


def test_order_waits_for_its_buyer_when_cancel_leads_back_to_the_shop(market: Market, shop: Shop, ada: Person) -> None:
    shop.page.add_init_script("window.open = () => null")
    page = open_pay_page(shop, ada)
    page.press()

    page.leave().cancel()

    page.expect_arrived()
    order = page.back_to_order().expect_state("Waiting for payment")
    assert market.truth("captures") == []
    back_on_buttons(order.page).press()
    page.leave().approve_in_tab().expect_state("Paid")
    assert len(market.truth("captures")) == 1


def test_stock_is_free_and_consent_is_not_taken_when_the_order_is_canceled(
    market: Market, shop: Shop, ada: Person
) -> None:
    free = market.free("KILN-BOWL")
    page = open_pay_page(shop, ada)
    window = page.open_window()

    order = page.back_to_order().cancel()
    order.expect_state("Canceled").expect_told("You were not charged").expect_cart_count(1)
    window.approve()

    market.settle()
    order.reload().expect_state("Canceled")
    assert market.free("KILN-BOWL") == free
    assert market.truth("captures") == []
    assert market.rows("SELECT payment_state FROM orders WHERE email = $1", ada.email) == [
        {"payment_state": "canceled"}
    ]
