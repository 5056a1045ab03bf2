"""Removed by mistake: Undo brings the line back as it was, and then it can be bought."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person


def test_line_comes_back_with_its_quantity_when_undo_is_pressed(market: Market, shop: Shop, ada: Person) -> None:
    shop.open_product("pasta-bowl").add_to_cart(quantity=3)
    cart = shop.open_cart()

    cart.remove("Pasta bowl")
    cart.expect_cart_count(0)
    expect(cart.line("Pasta bowl")).to_have_count(0)
    cart.undo()

    expect(cart.page.get_by_label("Quantity of Pasta bowl")).to_have_value("3")
    cart.expect_cart_count(3)
    cart.check_out().go_on(ada).pay().expect_state("Paid")
    assert [capture["amount"] for capture in market.truth("captures")] == [3 * 3400 + 600]


def test_total_follows_when_quantity_is_changed(shop: Shop) -> None:
    cart = shop.put_in_cart("pasta-bowl")

    cart.page.get_by_label("Quantity of Pasta bowl").fill("2")
    cart.page.get_by_role("button", name="Update the quantity of Pasta bowl").click()

    expect(cart.page.get_by_role("definition").filter(has_text="$74.00")).to_be_visible()
    cart.expect_cart_count(2)
