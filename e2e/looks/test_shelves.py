"""Shelves, products, information and errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from e2e.conftest import DESKTOP
from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

# What a form on another site's page does.
POST_FROM_ELSEWHERE = """(address) => {
  const form = Object.assign(document.createElement("form"), {method: "post", action: address});
  document.body.append(form);
  form.submit();
}"""


def test_lists_are_accessible_in_each_state(market: Market, shop: Shop, look: Inspection) -> None:
    page = shop.page
    for state, path in (
        ("home", "/"),
        ("home-last-page", "/?page=2"),
        ("home-filtered", "/?category=kitchen&seller=kiln-co"),
        ("home-sorted", "/?sort=name"),
        ("home-address-with-nonsense", "/?page=99&sort=sideways&colour=red"),
        ("category", "/c/kitchen"),
        ("seller", "/s/north-bindery"),
        ("search-several", "/search?q=bowl"),
        ("search-nothing", "/search?q=zeppelin"),
    ):
        page.goto(path)
        look(page, state)
    market.rows("UPDATE vendor SET paused = true WHERE slug = 'kiln-co'")
    page.goto("/s/kiln-co")
    look(page, "seller-paused")


def test_products_are_accessible_in_each_state(market: Market, shop: Shop, look: Inspection, watch: Watch) -> None:
    page = shop.page
    for state, slug in (
        ("product", "pasta-bowl"),
        ("product-low", "stoneware-vase"),
        ("product-sold-out", "canvas-tote"),
        ("product-variants", "enamel-mug"),
    ):
        look(shop.open_product(slug).page, state)
    look(shop.open_product("field-notebook").choose("Dotted").add_to_cart().page, "product-added")
    watch.expect(422)
    product = shop.open_product("pasta-bowl")
    page.get_by_label("Quantity").fill("0")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "product-quantity-wrong")
    market.rows("UPDATE vendor SET paused = true WHERE slug = 'kiln-co'")
    look(product.open_product("pasta-bowl").page, "product-seller-paused")


def test_filter_opens_beside_the_count_on_a_phone(shop: Shop) -> None:
    page = shop.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    button, count = page.get_by_text("Filter", exact=True), page.get_by_role("heading", name="36 products")
    assert _middle(button) == pytest.approx(_middle(count), abs=4)

    button.click()
    page.get_by_role("navigation", name="Seller").get_by_role("link", name="Turned").click()

    expect(page.get_by_role("heading", name="6 products")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_price_and_stock_are_those_of_the_variant_that_is_ticked(
    new_visitor: Callable[..., Shop], scripts: bool
) -> None:
    product = new_visitor(java_script_enabled=scripts).open_product("enamel-mug")
    dear, cheap = (product.page.get_by_text(words, exact=True) for words in ("$29.00", "$24.00"))

    expect(cheap.locator("visible=true")).to_have_count(1)
    expect(dear.locator("visible=true")).to_have_count(0)
    product.choose("Large")

    expect(dear.locator("visible=true")).to_have_count(1)
    expect(cheap.locator("visible=true")).to_have_count(0)


@pytest.mark.parametrize("wide", [768, DESKTOP])
def test_related_products_fill_one_row_on_a_wide_window(shop: Shop, wide: int) -> None:
    shop.page.set_viewport_size({"width": wide, "height": 900})
    related = shop.open_product("enamel-mug").page.get_by_role("region", name="Goes well with it")
    cards = related.get_by_role("listitem")
    expect(cards).to_have_count(4)

    first, last = (_place(card) for card in (cards.first, cards.last))

    edge = _place(related)
    assert first["y"] == last["y"]
    assert (first["x"], last["x"] + last["width"]) == pytest.approx((edge["x"], edge["x"] + edge["width"]), abs=1)


def test_information_is_accessible(shop: Shop, look: Inspection) -> None:
    for name in ("help", "returns", "terms", "privacy"):
        shop.page.goto(f"/{name}")
        look(shop.page, f"info-{name}")


def test_errors_are_accessible(market: Market, shop: Shop, look: Inspection, watch: Watch, ada: Person) -> None:
    page = shop.page
    shop.put_in_cart("pasta-bowl").check_out().go_on(ada)
    [payment] = market.rows("SELECT token FROM payment ORDER BY created_at DESC LIMIT 1")
    watch.expect(400, 403, 404)
    for state, path in (
        ("error-404", "/nowhere"),
        ("error-404-product", "/p/no-such-thing"),
        ("error-404-order", f"/orders/{'A' * 22}"),
        ("error-400", f"/payments/{payment['token']}/return"),
    ):
        page.goto(path)
        look(page, state)
    page.goto("about:blank")
    with page.expect_navigation():
        page.evaluate(POST_FROM_ELSEWHERE, f"{market.shop}/cart/add")
    look(page, "error-403")


def _middle(part: Locator) -> float:
    place = _place(part)
    return place["y"] + place["height"] / 2


def _place(part: Locator) -> FloatRect:
    box = part.bounding_box()
    assert box
    return box
