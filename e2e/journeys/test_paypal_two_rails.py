"""One order open at Stripe and at PayPal: the one that is opened last counts, and of two payments one goes back."""

from __future__ import annotations

from typing import Any

from e2e.market import Market, wait_until
from e2e.pages.paypal import Approval, back_on_buttons, open_pay_page
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

ATTEMPTS = """
SELECT orders.payment_state, payment.provider, payment.status, payment.provider_ref FROM orders
JOIN payment ON payment."order" = orders.id WHERE orders.email = $1 ORDER BY payment.attempt
"""
CAPTURES = """
SELECT capture.provider, capture.kind, coalesce(sum(refund.amount) FILTER (WHERE refund.status = 'succeeded'), 0)::int
  AS back FROM capture LEFT JOIN refund ON refund.capture = capture.id
WHERE capture."order" = (SELECT id FROM orders WHERE email = $1) GROUP BY capture.id ORDER BY capture.provider
"""


def test_stripes_page_has_expired_when_the_other_tab_pays_with_paypal(market: Market, shop: Shop, ada: Person) -> None:
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(ada)
    tab = shop.page.context.new_page()
    tab.goto(f"{market.shop}{order_path(market, ada)}")

    back_on_buttons(tab).open_window().approve()
    OrderPage(tab).expect_arrived().expect_state("Paid")
    hosted.page.reload()

    hosted.expect_heading("This payment page has expired")
    assert attempts(market, ada) == [("paid", "stripe", "expired"), ("paid", "paypal", "succeeded")]
    assert [capture["provider"] for capture in market.truth("captures")] == ["paypal"]


def test_consent_is_never_taken_when_the_buyer_has_gone_on_by_card(market: Market, shop: Shop, ada: Person) -> None:
    page = open_pay_page(shop, ada)
    window = page.open_window()

    hosted = page.pay_by_card()
    window.approve_alone()
    market.settle()
    assert market.truth("captures") == []
    order = hosted.pay().expect_state("Paid")

    market.settle()
    order.reload().expect_state("Paid")
    assert attempts(market, ada) == [("paid", "paypal", "expired"), ("paid", "stripe", "succeeded")]
    assert [capture["provider"] for capture in market.truth("captures")] == ["stripe"]
    _come_back(window).expect_state("Paid")


def test_second_payment_goes_back_in_full_and_buyer_is_told_when_both_are_taken(
    market: Market, shop: Shop, ada: Person
) -> None:
    page = open_pay_page(shop, ada)
    window = page.open_window()
    hosted = page.pay_by_card()
    window.approve_alone()
    order = hosted.pay().expect_state("Paid")
    market.settle()

    # Somebody at the platform takes at PayPal what the shop had given up.
    market.ask_paypal("POST", f"/v2/checkout/orders/{attempt_ref(market, ada)}/capture", {})
    market.settle()

    wait_until(lambda: captures(market, ada) == [("paypal", "surplus", 4000), ("stripe", "settling", 0)], "the refund")
    order.reload().expect_state("Paid").expect_history("arrived too late; it goes back in full")
    there = {one["provider"]: (one["amount"], one["refunded"]) for one in market.truth("captures")}
    assert there == {"paypal": (4000, 4000), "stripe": (4000, 0)}
    market.settle()
    assert len([mail for mail in market.mails(ada.email) if "refund" in mail["subject"].lower()]) == 1


def attempts(market: Market, person: Person) -> list[tuple[Any, ...]]:
    return [(row["payment_state"], row["provider"], row["status"]) for row in market.rows(ATTEMPTS, person.email)]


def captures(market: Market, person: Person) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in market.rows(CAPTURES, person.email)]


def attempt_ref(market: Market, person: Person) -> str:
    [ref] = [row["provider_ref"] for row in market.rows(ATTEMPTS, person.email) if row["provider"] == "paypal"]
    return str(ref)


def order_path(market: Market, person: Person) -> str:
    [order] = market.rows("SELECT token FROM orders WHERE email = $1", person.email)
    return f"/orders/{order['token']}"


def _come_back(window: Approval) -> OrderPage:
    """By the link of the window that nobody listens to any more."""
    window.page.get_by_role("link", name="Go back to Overprint").click()
    return OrderPage(window.page).expect_arrived()
