"""Lists of products: home, category and seller pages, with their filters, sorts, pages and empty states."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from store.cart.service import add_line
from store.catalogue.queries.shelf import PAGE_SIZE
from store.kit.db import fetch
from tests.shelves import (
    count_statements,
    make_category,
    make_product,
    make_vendor,
    open_browser,
    read_heading,
    read_links,
    read_titles,
    read_words,
)

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def open_page(path: str) -> httpx.Response:
    async with open_browser() as browser:
        return await browser.get(path)


async def fill_shop() -> None:
    """Kiln sells two kitchen things and one lamp in dollars, Saltline one kitchen thing in euros."""
    kiln = await make_vendor("kiln-co", name="Kiln & Co")
    saltline = await make_vendor("saltline", currency="EUR", charge_type="direct", country="DE")
    await make_category("kitchen")
    await make_category("lighting")
    goods = [
        (kiln, "mug", "kitchen", 2400),
        (kiln, "bowl", "kitchen", 3400),
        (kiln, "lamp", "lighting", 9000),
        (saltline, "towel", "kitchen", 1400),
    ]
    for age, (vendor, slug, category, price) in enumerate(goods):
        await make_product(vendor, slug, category=category, price=price, created_at=LONG_AGO - timedelta(days=age))


async def test_home_shows_everything_newest_first_when_nothing_is_asked(db: str) -> None:
    await fill_shop()

    page = await open_page("/")

    assert page.status_code == 200
    assert read_titles(page) == ["Mug", "Bowl", "Lamp", "Towel"]
    assert "4 products" in read_words(page)
    assert read_links(page)["Lighting"] == "/?category=lighting"
    assert 'href="/c/lighting"' in page.text


async def test_shop_says_so_when_it_is_empty(db: str) -> None:
    page = await open_page("/")

    assert page.status_code == 200
    assert "There is nothing on the shelves yet." in read_words(page)


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/c/kitchen", ["Mug", "Bowl", "Towel"]),
        ("/c/kitchen?seller=saltline", ["Towel"]),
        ("/s/kiln-co", ["Mug", "Bowl", "Lamp"]),
        ("/s/kiln-co?category=lighting", ["Lamp"]),
        ("/?category=kitchen&seller=kiln-co", ["Mug", "Bowl"]),
    ],
)
async def test_only_matching_products_show_when_filtered(db: str, path: str, titles: list[str]) -> None:
    await fill_shop()

    page = await open_page(path)

    assert read_titles(page) == titles


async def test_each_chip_removes_its_filter_when_two_are_in_use(db: str) -> None:
    await fill_shop()

    page = await open_page("/?category=kitchen&seller=kiln-co&sort=name")

    links = read_links(page)
    assert links["Kitchen , remove filter"] == "/?seller=kiln-co&sort=name"
    assert links["Kiln & Co , remove filter"] == "/?category=kitchen&sort=name"
    assert links["Clear all"] == "/"


async def test_seller_filter_offers_only_who_has_something_when_on_a_category(db: str) -> None:
    await fill_shop()

    page = await open_page("/c/lighting")

    assert "/c/lighting?seller=kiln-co" in page.text
    assert "/c/lighting?seller=saltline" not in page.text


async def test_page_says_which_filters_to_drop_when_they_leave_nothing(db: str) -> None:
    await fill_shop()

    page = await open_page("/?category=lighting&seller=saltline")

    assert "Try without “Lighting” or without “Saltline”." in read_words(page)
    assert "0 products" in read_words(page)


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("price", ["Mug", "Bowl", "Lamp", "Towel"]),
        ("price-down", ["Lamp", "Bowl", "Mug", "Towel"]),
        ("name", ["Bowl", "Lamp", "Mug", "Towel"]),
        ("newest", ["Mug", "Bowl", "Lamp", "Towel"]),
    ],
)
async def test_products_stand_in_order_when_sorted(db: str, sort: str, titles: list[str]) -> None:
    await fill_shop()

    assert read_titles(await open_page(f"/?sort={sort}")) == titles


async def test_currencies_are_not_compared_when_sorted_by_price(db: str) -> None:
    await fill_shop()

    mixed = await open_page("/?sort=price")
    alone = await open_page("/s/kiln-co?sort=price")

    assert "Prices in different currencies are sorted each for itself" in read_words(mixed)
    assert "Prices in different currencies" not in read_words(alone)


async def test_last_page_shows_the_rest_when_there_are_more_than_a_dozen(db: str) -> None:
    vendor = await make_vendor()
    for n in range(PAGE_SIZE + 2):
        await make_product(vendor, f"cup-{n}", created_at=LONG_AGO - timedelta(days=n))

    first, last = await open_page("/?sort=newest"), await open_page("/?page=2")

    assert len(read_titles(first)) == PAGE_SIZE
    assert read_titles(last) == ["Cup 12", "Cup 13"]
    assert 'href="/?page=2" rel="next"' in first.text
    assert 'rel="next"' not in last.text
    assert 'href="/?page=1" rel="prev"' in last.text


async def test_every_product_shows_once_when_paging_through_equal_prices(db: str) -> None:
    vendor = await make_vendor()
    for n in range(2 * PAGE_SIZE + 1):
        await make_product(vendor, f"cup-{n}", created_at=LONG_AGO)

    titles = [t for n in (1, 2, 3) for t in read_titles(await open_page(f"/?sort=price&page={n}"))]

    assert len(titles) == len(set(titles)) == 2 * PAGE_SIZE + 1


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("colour=red", "colour=red"),
        ("page=99", "page=99"),
        ("page=0", "page=0"),
        ("page=two", "page=two"),
        ("page=99999999999999999999", "page=9999"),
        ("sort=random", "sort=random"),
        ("category=nowhere", "category=nowhere"),
        ("sort=name&sort=price", "sort=price"),
        ("q=mug", "q=mug"),
        ("x=%3Cscript%3E", "x=<script>"),
        ("x=a%00b%ff", "x=ab"),
    ],
)
async def test_part_of_the_address_is_ignored_and_listed_when_it_means_nothing(
    db: str, query: str, listed: str
) -> None:
    await fill_shop()

    page = await open_page(f"/?{query}")

    assert page.status_code == 200
    assert len(read_titles(page)) == 4
    assert listed in read_words(page)
    assert "<script>" not in page.text


async def test_nothing_is_called_ignored_when_values_are_empty(db: str) -> None:
    await fill_shop()

    page = await open_page("/?category=&seller=&sort=&page=")

    assert "was ignored" not in read_words(page)


@pytest.mark.parametrize("path", ["/c/nowhere", "/s/nobody"])
async def test_page_is_not_found_when_there_is_no_such_shelf(db: str, path: str) -> None:
    await fill_shop()

    assert (await open_page(path)).status_code == 404


async def test_unpublished_product_is_hidden_when_listed(db: str) -> None:
    await fill_shop()
    await fetch("UPDATE product SET published = false WHERE slug = 'mug'")

    assert read_titles(await open_page("/c/kitchen")) == ["Bowl", "Towel"]


@pytest.mark.parametrize(("stock", "mark"), [(0, "Sold out"), (2, "Only 2 left"), (3, "Only 3 left")])
async def test_card_says_so_when_there_are_few_left(db: str, stock: int, mark: str) -> None:
    await make_product(await make_vendor(), stock=stock)

    assert mark in read_words(await open_page("/"))


async def test_card_says_nothing_about_stock_when_there_is_plenty(db: str) -> None:
    await make_product(await make_vendor(), stock=4)

    words = read_words(await open_page("/"))

    assert "left" not in words
    assert "Sold out" not in words


async def test_card_says_from_when_another_variant_costs_more(db: str) -> None:
    vendor = await make_vendor()
    await make_product(vendor, variants=(("Small", 1800, 5), ("Large", 2800, 5)))

    assert "from $18.00" in read_words(await open_page("/"))


async def test_seller_page_shows_who_it_is_when_opened(db: str) -> None:
    await fill_shop()

    page = await open_page("/s/saltline")

    assert read_heading(page) == "Saltline"
    assert "Sends from Germany · Prices in EUR · Delivery €6.00 an order" in read_words(page)


async def test_seller_page_says_so_when_there_is_nothing_on_the_shelf(db: str) -> None:
    await make_vendor("kiln-co", name="Kiln & Co")

    assert "Kiln & Co has nothing on the shelf at the moment." in read_words(await open_page("/s/kiln-co"))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"paused": True}, "is taking a break"),
        ({"state": "onboarding"}, "is still setting up payments"),
        ({"state": "restricted"}, "cannot take payments"),
    ],
)
async def test_seller_can_be_browsed_with_the_reason_when_it_cannot_sell(
    db: str, values: dict[str, object], reason: str
) -> None:
    await make_product(await make_vendor("kiln-co", **values), "mug")

    page = await open_page("/s/kiln-co")

    assert read_titles(page) == ["Mug"]
    assert reason in read_words(page)


async def test_htmx_only_improves_real_links_when_filtering(db: str) -> None:
    await fill_shop()

    page = await open_page("/c/kitchen")

    assert 'href="/c/kitchen?sort=name" hx-get="/c/kitchen?sort=name"' in page.text
    assert page.text.count('id="results"') == 1


@pytest.mark.parametrize("path", ["/", "/c/kitchen?seller=kiln-co&sort=price", "/s/kiln-co", "/search?q=mug"])
async def test_list_takes_three_queries_when_a_visitor_has_a_cart(db: str, path: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor, "mug")
    token = await add_line(None, mug, 2)

    async with count_statements() as statements, open_browser() as browser:
        page = await browser.get(path, headers={"Cookie": f"cart={token}"})

    assert "(2)" in page.text
    assert len(statements) == 3
