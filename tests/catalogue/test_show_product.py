"""A product's page in each of its states."""

import re

import httpx
import pytest

from store.cart.service import add_line
from store.catalogue.service import hold_stock
from store.kit.db import fetch
from tests.shelves import (
    count_statements,
    make_product,
    make_vendor,
    open_browser,
    read_form,
    read_heading,
    read_titles,
    read_words,
)


async def open_page(path: str) -> httpx.Response:
    async with open_browser() as browser:
        return await browser.get(path)


async def test_page_shows_what_a_buyer_needs_when_in_stock(db: str) -> None:
    vendor = await make_vendor("kiln-co", name="Kiln & Co")
    (mug,) = await make_product(vendor, "enamel-mug", price=2400, stock=10)

    page = await open_page("/p/enamel-mug")

    words = read_words(page)
    assert read_heading(page) == "Enamel mug"
    assert "$24.00 In stock" in words
    assert "Delivery $6.00 an order from Kiln & Co" in words
    assert "Returns Send it back within 30 days." in words
    assert "Add to cart" in words
    assert 'href="/s/kiln-co"' in page.text
    assert 'alt="A picture of enamel-mug"' in page.text
    assert read_form(page, "/cart/add") == {"seen": f"{mug}:2400", "variant": str(mug), "quantity": "1"}


async def test_delivery_is_called_free_when_it_costs_nothing(db: str) -> None:
    await make_product(await make_vendor("kiln-co", delivery_price=0))

    assert "Delivery Free from Kiln Co." in read_words(await open_page("/p/enamel-mug"))


async def test_page_warns_when_two_are_left(db: str) -> None:
    await make_product(await make_vendor(), stock=2)

    words = read_words(await open_page("/p/enamel-mug"))

    assert "Only 2 left" in words
    assert "Add to cart" in words


async def test_text_stands_in_place_of_the_button_when_sold_out(db: str) -> None:
    await make_product(await make_vendor(), stock=0)

    page = await open_page("/p/enamel-mug")

    assert page.status_code == 200
    assert "Sold out. We do not know yet when there will be more." in read_words(page)
    assert "Add to cart" not in page.text
    assert "/cart/add" not in page.text


async def test_product_is_sold_out_when_others_hold_the_last(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=1)
    await hold_stock([(mug, 1)], "order-1")

    assert "Sold out" in read_words(await open_page("/p/enamel-mug"))


async def test_variants_are_radios_when_there_are_several(db: str) -> None:
    vendor = await make_vendor()
    small, large = await make_product(vendor, variants=(("Small", 1800, 5), ("Large", 2800, 2)))

    page = await open_page("/p/enamel-mug")

    assert page.text.count('type="radio"') == 2
    assert "Small, $18.00" in read_words(page)
    assert "Large, $28.00 (Only 2 left)" in read_words(page)
    assert read_form(page, "/cart/add")["variant"] == str(small)
    assert read_form(await open_page(f"/p/enamel-mug?variant={large}"), "/cart/add")["variant"] == str(large)


async def test_each_choice_brings_its_price_and_stock_when_there_are_several(db: str) -> None:
    await make_product(await make_vendor(), variants=(("Small", 1800, 5), ("Large", 2800, 2)))

    page = await open_page("/p/enamel-mug")

    picks = re.findall(r'<p class="row pick">(.*?)</p>', page.text)
    assert [" ".join(re.sub("<[^>]+>", " ", pick).split()) for pick in picks] == [
        "$18.00 In stock",
        "$28.00 Only 2 left",
    ]
    assert "from" not in "".join(picks)


async def test_lowest_price_speaks_for_all_when_none_can_be_chosen(db: str) -> None:
    await make_product(await make_vendor(), variants=(("Small", 1800, 0), ("Large", 2800, 0)))

    words = read_words(await open_page("/p/enamel-mug"))

    assert "from $18.00 Sold out" in words


async def test_unavailable_variant_cannot_be_ticked_when_it_has_sold_out(db: str) -> None:
    vendor = await make_vendor()
    small, large = await make_product(vendor, variants=(("Small", 1800, 0), ("Large", 2800, 5)))

    page = await open_page(f"/p/enamel-mug?variant={small}")

    assert f'value="{small}" disabled' in page.text
    assert read_form(page, "/cart/add")["variant"] == str(large)
    assert "Small has sold out. Perhaps another one will do?" in read_words(page)


async def test_unpublished_variant_is_not_offered_when_others_are(db: str) -> None:
    vendor = await make_vendor()
    small, _ = await make_product(vendor, variants=(("Small", 1800, 5), ("Large", 2800, 5)))
    await fetch("UPDATE variant SET published = false WHERE id = $1", small)

    page = await open_page("/p/enamel-mug")

    assert "Small" not in read_words(page)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"paused": True}, "Kiln Co is taking a break and is not selling at the moment."),
        ({"state": "onboarding"}, "Kiln Co is still setting up payments."),
        ({"state": "restricted"}, "Kiln Co cannot take payments at the moment."),
    ],
)
async def test_page_is_for_looking_only_when_the_seller_cannot_sell(
    db: str, values: dict[str, object], reason: str
) -> None:
    await make_product(await make_vendor("kiln-co", **values))

    page = await open_page("/p/enamel-mug")

    assert page.status_code == 200
    assert reason in read_words(page)
    assert "/cart/add" not in page.text


async def test_page_is_not_found_when_unpublished_or_unknown(db: str) -> None:
    await make_product(await make_vendor(), published=False)

    assert (await open_page("/p/enamel-mug")).status_code == 404
    assert (await open_page("/p/nothing-of-the-kind")).status_code == 404


async def test_related_products_show_when_they_share_a_shelf_or_a_seller(db: str) -> None:
    kiln, saltline = await make_vendor("kiln-co"), await make_vendor("saltline")
    await make_product(kiln, "mug")
    await make_product(saltline, "bowl")
    await make_product(kiln, "vase", category="home")
    await make_product(saltline, "rope", category="home")
    await make_product(kiln, "hidden", published=False)

    assert read_titles(await open_page("/p/mug")) == ["Bowl", "Vase"]


async def test_message_links_to_the_cart_when_something_was_added(db: str) -> None:
    vendor = await make_vendor()
    _, large = await make_product(vendor, variants=(("Small", 1800, 5), ("Large", 2800, 5)))

    page = await open_page(f"/p/enamel-mug?added={large}")

    assert "Added to your cart: Enamel mug, Large. View cart" in read_words(page)
    assert 'role="status"' in page.text


@pytest.mark.parametrize("query", ["added=x", "variant=%00", "added=11111111-1111-4111-8111-111111111111"])
async def test_address_says_nothing_when_it_names_no_variant_of_this_product(db: str, query: str) -> None:
    await make_product(await make_vendor())

    page = await open_page(f"/p/enamel-mug?{query}")

    assert page.status_code == 200
    assert "Added" not in read_words(page)


async def test_page_takes_at_most_four_queries_when_a_visitor_has_a_cart(db: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor)
    await make_product(vendor, "bowl")
    token = await add_line(None, mug, 2)

    async with count_statements() as statements, open_browser() as browser:
        page = await browser.get("/p/enamel-mug", headers={"Cookie": f"cart={token}"})

    assert "(2)" in page.text
    assert len(statements) <= 4
