"""Vera puts a product with a picture on the shelf; a file that is no picture is refused, and her words stay."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.sell import Selling
from e2e.pages.shop import Shop
from e2e.watch import Watch
from tests.catalogue.pictures import make_located


def test_product_with_a_picture_is_on_the_shelf_when_it_is_published(
    market: Market, new_visitor: Callable[..., Shop], watch: Watch
) -> None:
    watch.expect(422)
    vera = Selling(new_visitor().page).enter()
    product = vera.open_products().add()
    product.fill(Title="Cake stand", Description="Turned from one piece of ash.", Price="48", Stock="3").save()
    product.expect_told("Saved as a draft.")

    product.add_picture("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "A stand with a cake on it")
    expect(product.page.get_by_role("link", name="SVG drawings are not taken")).to_be_visible()
    expect(product.page.get_by_label("What it shows")).to_have_value("A stand with a cake on it")
    product.add_picture("stand.jpg", make_located(), "A stand with a cake on it")
    product.expect_told("The picture is there.")
    product.publish().expect_told("Published: it is on the shelf now.")

    ada = new_visitor()
    ada.page.goto("/")
    ada.page.get_by_role("link", name="Cake stand").click()
    ada.expect_heading("Cake stand")
    picture = ada.page.get_by_role("img", name="A stand with a cake on it")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    assert "/media/" in picture.evaluate("image => image.currentSrc")


def test_price_is_refused_in_words_and_the_rest_stays(new_visitor: Callable[..., Shop], watch: Watch) -> None:
    watch.expect(422)
    product = Selling(new_visitor().page).enter().open_products().add()
    product.fill(Title="Cake stand", Description="Turned from ash.", Price="about 48", Stock="3").publish()

    expect(product.page.get_by_role("link", name="Price: Write it with digits only, like 24.00.")).to_be_visible()
    expect(product.page.get_by_label("Title")).to_have_value("Cake stand")
    expect(product.page.get_by_label("Description")).to_have_value("Turned from ash.")
    product.fill(Price="48").publish().expect_told("Published: it is on the shelf now.")
