"""The vendor's pages in their states: products, one product, its variants."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.sell import Selling
from e2e.pages.shop import Shop
from e2e.watch import Watch
from tests.catalogue.pictures import make_picture


def test_products_are_accessible_in_each_state(market: Market, shop: Shop, look: Inspection, watch: Watch) -> None:
    watch.expect(409, 422)
    vera = Selling(shop.page).enter()
    look(vera.page, "sell-products")
    vera.page.goto("/sell/products?show=archived&q=nothing")
    look(vera.page, "sell-products-none")
    product = vera.open_products().add()
    look(product.page, "sell-product-new")
    product.publish()
    expect(product.page.get_by_role("alert")).to_be_visible()
    look(product.page, "sell-product-refused")
    product.fill(Title="Gratin dish", Description="Shallow, of stoneware.\nFor four.", Price="38", Stock="5").save()
    product.add_picture("dish.jpg", b"<svg/>", "A dish on a table")
    expect(product.page.get_by_role("alert")).to_be_visible()
    look(product.page, "sell-product-bad-picture")
    product.add_picture("dish.jpg", make_picture(), "A dish on a table")
    product.expect_told("The picture is there.")
    look(product.page, "sell-product-with-picture")
    path = product.page.url
    market.rows("UPDATE product SET version = version + 1, title = 'Dish for two' WHERE title = 'Gratin dish'")
    product.fill(Title="Dish for four").save()
    expect(product.page.get_by_text("saved meanwhile")).to_be_visible()
    look(product.page, "sell-product-difference")
    product.publish()
    product.expect_told("Published")
    look(product.page, "sell-product-published")
    product.page.goto(f"{path}/variants")
    look(product.page, "sell-variants")
    product.page.get_by_label("Name of variant 1").fill("Small")
    product.page.get_by_label("Name of variant 2").fill("small")
    product.page.get_by_role("button", name="Save variants").click()
    expect(product.page.get_by_role("alert")).to_be_visible()
    look(product.page, "sell-variants-refused")
    shop.page.goto("/p/gratin-dish")
    look(shop.page, "product-with-picture")
    shop.page.goto("/")
    look(shop.page, "home-with-picture")
    market.rows("UPDATE product SET archived_at = now(), published = false WHERE slug = 'gratin-dish'")
    product.page.goto(f"/sell/products?archived={path.rpartition('/')[2]}")
    look(product.page, "sell-products-archived")
