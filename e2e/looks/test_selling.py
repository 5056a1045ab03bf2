"""The vendor's pages in their states: products, orders, home, settings, promotions."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.sell import Selling
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch
from tests.catalogue.pictures import make_picture

# Vera's chair, put into another shop.
SEAT = """
UPDATE membership SET vendor = (SELECT id FROM vendor WHERE slug = $1)
WHERE person = (SELECT id FROM person WHERE email = 'vera@example.com')
"""


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


def test_orders_and_home_are_accessible_in_each_state(
    market: Market, shop: Shop, look: Inspection, ada: Person
) -> None:
    vera = Selling(shop.page)
    order = shop.put_in_cart("pasta-bowl", "enamel-mug", "letter-set").check_out().go_on(ada).pay().expect_state("Paid")
    number = order.number
    vera.enter(path="/sell/home")
    look(vera.page, "sell-home")
    look(vera.open_statement().page, "sell-statement")
    vera.page.goto("/sell/home")
    vera.page.get_by_text("The same as a table").click()
    look(vera.page, "sell-home-table")
    look(vera.open_orders().page, "sell-orders")
    vera.page.goto("/sell/orders?show=delivered&q=nobody")
    look(vera.page, "sell-orders-none")
    sold = vera.open_orders().open(number)
    look(sold.page, "sell-order")
    sold.ship("Royal Mail", "9" * 80).expect_told("Marked as shipped.")
    look(sold.page, "sell-order-shipped")
    sold.deliver().expect_told("Marked as delivered.")
    market.advance(10)
    market.settle()
    sold.page.reload()
    look(sold.page, "sell-order-delivered")
    market.rows("UPDATE vendor SET about = '', paused = true WHERE slug = 'kiln-co'")
    vera.page.goto("/sell/home")
    look(vera.page, "sell-home-checklist")
    market.rows(SEAT, "turned")
    look(vera.open_statement().page, "sell-statement-none")
    market.rows(SEAT, "kiln-co")


def test_settings_and_promotions_are_accessible_in_each_state(
    market: Market, shop: Shop, look: Inspection, watch: Watch
) -> None:
    watch.expect(422, 409)
    vera = Selling(shop.page).enter(path="/sell/settings")
    look(vera.page, "sell-settings")
    market.rows("UPDATE vendor SET about = 'Other words' WHERE slug = 'kiln-co'")
    vera.page.get_by_label("About your shop").fill("My words")
    vera.page.get_by_role("button", name="Save", exact=True).click()
    expect(vera.page.get_by_text("saved meanwhile")).to_be_visible()
    look(vera.page, "sell-settings-difference")
    vera.page.get_by_role("button", name="Close the shop").click()
    vera.expect_told("Your shop is closed.")
    look(vera.page, "sell-settings-closed")
    vera.page.get_by_role("button", name="Open again").click()
    vera.expect_told("Your shop is open.")
    vera.page.goto("/sell/promotions")
    look(vera.page, "sell-promotions-none")
    vera.page.get_by_label("Code", exact=True).fill("SPRING10")
    vera.page.get_by_role("button", name="Add the code").click()
    expect(vera.page.get_by_role("alert")).to_be_visible()
    look(vera.page, "sell-promotions-refused")
    vera.page.get_by_label("Takes off", exact=True).fill("10")
    vera.page.get_by_role("button", name="Add the code").click()
    vera.expect_told("can be used now")
    look(vera.page, "sell-promotions")
    market.rows("DELETE FROM promotion WHERE code = 'SPRING10'")


def test_team_is_accessible_in_each_state(
    market: Market, shop: Shop, new_visitor: Callable[..., Shop], look: Inspection, watch: Watch
) -> None:
    vera = Selling(shop.page).enter(path="/sell/team").open_team()
    look(vera.page, "sell-team-alone")
    watch.expect(422)
    look(vera.invite("otto@").page, "sell-team-refused")
    look(vera.invite("otto@example.com").page, "sell-team-invited")
    market.settle()
    [link] = re.findall(r"http\S+/sell/join/\S+", market.mails("otto@example.com")[0]["text"])
    guest = new_visitor().page
    guest.goto(link)
    look(guest, "join-guest")
    guest.get_by_role("link", name="Sign in").last.click()
    guest.get_by_role("button", name="Go on as Otto").click()
    look(guest, "join")
    guest.get_by_role("button", name="Join Kiln & Co").click()
    look(vera.open_team().page, "sell-team")
    vera.remove("otto@example.com").expect_told("They do not work in Kiln & Co any more")
