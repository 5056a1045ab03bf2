"""Goods that cannot share one payment are paid one after the other; what is not paid yet stays in the cart."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person


def test_both_groups_are_paid_when_checked_out_one_after_the_other(
    market: Market, shop: Shop, ada: Person, rail: Rail
) -> None:
    cart = shop.put_in_cart("pasta-bowl", "cotton-apron")
    expect(cart.page.get_by_role("button", name="Checkout")).to_have_count(2)
    expect(cart.group("Saltline")).to_contain_text("takes payment directly, in EUR")

    first = rail.go_on(cart.check_out("Saltline"), ada).pay().expect_state("Paid")

    first.expect_cart_count(1)
    rest = first.open_cart()
    expect(rest.line("Pasta bowl")).to_be_visible()
    expect(rest.page.get_by_role("button", name="Checkout")).to_have_count(1)
    second = rail.go_on(rest.check_out(), ada).pay().expect_state("Paid")
    second.expect_cart_count(0)
    captures = {capture["currency"]: capture for capture in market.truth("captures")}
    assert {currency: capture["amount"] for currency, capture in captures.items()} == {"eur": 5090, "usd": 4000}
    # One seller is paid directly at Stripe; at PayPal it is the platform for both.
    assert (captures["eur"]["account"] == captures["usd"]["account"]) == rail.takes_for_all
