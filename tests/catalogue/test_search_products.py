"""Plain full-text search: what it finds, what it says when it finds nothing, and that no query breaks it."""

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.catalogue.queries.shelf import MAX_QUERY, Wanted, find_products
from store.kit.db import fetch
from tests.examples import examples
from tests.shelves import make_product, make_vendor, open_browser, read_heading, read_titles, read_words

VISITOR = open_browser()
VARIANTS = (("Lined", 1650, 5), ("Dotted", 1650, 5), ("Gridded", 1650, 5))


async def search(query: str, **params: str) -> httpx.Response:
    return await VISITOR.get("/search", params={"q": query, **params})


async def fill_shop() -> None:
    kiln = await make_vendor("kiln-co", name="Kiln & Co")
    hearthside = await make_vendor("hearthside")
    await make_product(kiln, "mug", title="Enamel mug", description="Holds coffee.")
    await make_product(kiln, "cups", title="Espresso cups", description="Fit under a coffee machine.")
    await make_product(hearthside, "candle", title="Pine candle", category="scent", summary="Smells of rain.")
    await make_product(hearthside, "lamp", title="Table lamp", category="lighting", description="Needs oil.")
    await make_product(hearthside, "old", title="Forgotten mug", published=False)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("mug", {"Enamel mug"}),
        ("MUGS", {"Enamel mug"}),
        ("cand", {"Pine candle"}),
        ("enam mug", set()),
        ("enamel mu", {"Enamel mug"}),
        ("coffee", {"Enamel mug", "Espresso cups"}),
        ("coffee -machine", {"Enamel mug"}),
        ('"pine candle"', {"Pine candle"}),
        ("candle or lamp", {"Pine candle", "Table lamp"}),
        ("hearthside", {"Pine candle", "Table lamp"}),
        ("kiln", {"Enamel mug", "Espresso cups"}),
    ],
)
async def test_search_finds_what_is_meant_when_words_are_typed(db: str, query: str, titles: set[str]) -> None:
    await fill_shop()

    found = await find_products(Wanted(query=query, sort="match"))

    assert {card.title for card in found.cards} == titles


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("dotted", {"Notebook"}),
        ("dotted notebook", {"Notebook"}),
        ("notebook lin", {"Notebook"}),
        ("dotted lined", set()),
        ("gridded", set()),
        ("notebook -dotted", {"Notebook"}),
    ],
)
async def test_search_finds_a_product_when_a_variant_is_named(db: str, query: str, titles: set[str]) -> None:
    await fill_shop()
    await make_product(await make_vendor("north"), "book", title="Notebook", variants=VARIANTS)
    await fetch("UPDATE variant SET published = false WHERE label = 'Gridded'")

    found = await find_products(Wanted(query=query, sort="match"))

    assert {card.title for card in found.cards} == titles


async def test_title_comes_before_description_when_both_match(db: str) -> None:
    vendor = await make_vendor()
    await make_product(vendor, "a", title="Saucer", description="Goes under a mug.")
    await make_product(vendor, "b", title="Mug", description="Goes on a saucer.")

    assert read_titles(await search("mug")) == ["Mug", "Saucer"]


async def test_query_is_kept_in_the_box_and_the_heading_when_searching(db: str) -> None:
    await fill_shop()

    page = await search('mug "<b>"')

    assert read_heading(page) == 'Search results for “mug "<b>"”'
    assert 'value="mug &#34;&lt;b&gt;&#34;"' in page.text
    assert "<b>" not in page.text


async def test_page_stays_a_list_when_one_product_is_found(db: str) -> None:
    await fill_shop()

    page = await search("candle")

    assert page.status_code == 200
    assert not page.history
    assert "1 product" in read_words(page)


async def test_four_suggestions_in_stock_show_when_nothing_is_found(db: str) -> None:
    await fill_shop()
    vendor = await make_vendor("turned")
    await make_product(vendor, "gone", title="Sold out stool", stock=0)
    await make_product(vendor, "bowl")

    page = await search("zeppelin")

    words = read_words(page)
    assert "0 products" in words
    assert "Nothing matches “zeppelin”." in words
    assert "You might like these" in words
    assert len(read_titles(page)) == 4
    assert "Sold out stool" not in words


async def test_filters_narrow_the_search_when_combined(db: str) -> None:
    await fill_shop()

    page = await search("candle or lamp", category="lighting")
    nothing = await search("mug", seller="hearthside")

    assert read_titles(page) == ["Table lamp"]
    assert "Nothing matches “mug” with these filters. Try without “Hearthside”." in read_words(nothing)


async def test_everything_shows_when_the_query_is_empty(db: str) -> None:
    await fill_shop()

    page = await search("   ")

    assert read_heading(page) == "Search all products"
    assert len(read_titles(page)) == 4


async def test_query_is_cut_and_said_so_when_it_is_very_long(db: str) -> None:
    await fill_shop()

    page = await search("mug " * 2_000)

    assert page.status_code == 200
    assert f"only its first {MAX_QUERY} characters were used" in read_words(page)
    assert read_titles(page) == ["Enamel mug"]
    assert len(read_heading(page)) < MAX_QUERY + 30


@given(query=st.text(max_size=60))
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
async def test_no_query_breaks_the_search_when_it_is_any_text(db: str, query: str) -> None:
    page = await VISITOR.get("/search", params={"q": query.encode("utf-8", "surrogatepass")})

    assert page.status_code == 200


@pytest.mark.parametrize("query", ["'", "&", "!", "a:*", "(", "\\", "\x00", "-", '"', "or", "the", "mug & ' |", "<->"])
async def test_operators_are_only_words_when_typed_alone(db: str, query: str) -> None:
    await fill_shop()

    assert (await search(query)).status_code == 200
