"""The card behind PayPal is declined, or PayPal asks once more: its window stays, and the same order is paid."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.paypal import DECLINED, open_pay_page
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

ATTEMPTS = """
SELECT orders.payment_state, payment.provider, payment.status, payment.provider_ref, payment.capture_no FROM orders
JOIN payment ON payment."order" = orders.id WHERE orders.email = $1 ORDER BY payment.attempt
"""


def test_same_order_takes_other_means_when_the_card_is_declined(market: Market, shop: Shop, ada: Person) -> None:
    market.hold_webhooks()
    page = open_pay_page(shop, ada)
    window = page.open_window()
    address = window.page.url

    window.approve(DECLINED)
    expect(window.page.get_by_role("alert")).to_contain_text("Your card was declined")
    assert window.page.url == address
    # That she had agreed is told late: she has read by now that she was not charged, and must not be after all.
    market.release_webhooks()
    market.settle()
    assert [(row["status"], row["capture_no"]) for row in market.rows(ATTEMPTS, ada.email)] == [("pending", 2)]
    assert market.truth("captures") == []
    window.approve()

    order = OrderPage(page.page).expect_arrived().expect_state("Paid")
    order.expect_history("Payment declined").expect_history("Payment of $40.00 confirmed")
    [attempt] = market.rows(ATTEMPTS, ada.email)
    assert (attempt["payment_state"], attempt["status"], attempt["capture_no"]) == ("paid", "succeeded", 2)
    assert [capture["order"] for capture in market.truth("captures")] == [attempt["provider_ref"]]


def test_same_order_is_paid_when_paypal_asks_its_buyer_once_more(market: Market, shop: Shop, ada: Person) -> None:
    market.hold_webhooks()
    page = open_pay_page(shop, ada)
    window = page.open_window()

    window.approve("Asked again")
    expect(window.page.get_by_role("status")).to_contain_text("PayPal needs you once more")
    assert market.truth("captures") == []
    window.expect_open().approve()

    order = page.to_order().expect_state("Paid")
    order.expect_history("Payment declined", times=0)
    assert [(row["status"], row["capture_no"]) for row in market.rows(ATTEMPTS, ada.email)] == [("succeeded", 2)]
    assert [capture["amount"] for capture in market.truth("captures")] == [4000]


def test_buyer_pays_by_card_when_paypal_declines(market: Market, shop: Shop, ada: Person) -> None:
    page = open_pay_page(shop, ada)
    window = page.open_window()
    window.approve(DECLINED)
    expect(window.page.get_by_role("alert")).to_contain_text("Your card was declined")
    window.page.close()

    page.pay_by_card().pay().expect_state("Paid")

    attempts = market.rows(ATTEMPTS, ada.email)
    assert [(row["provider"], row["status"]) for row in attempts] == [("paypal", "expired"), ("stripe", "succeeded")]
    assert [capture["provider"] for capture in market.truth("captures")] == ["stripe"]
