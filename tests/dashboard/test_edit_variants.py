"""All variants of a product on one page: saved together, refused together, compared when somebody saved meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboard.keeping import add_product, enter, follow, read_fields
from tests.facts import value
from tests.look.markup import Outline
from tests.shelves import read_words
from tests.world import Browser, World, rows


async def open_variants(browser: Browser, path: str) -> dict[str, Any]:
    """The form with its rows, two of them empty."""
    page = await browser.get(f"{path}/variants")
    assert page.status_code == 200, page.text
    assert Outline(page.text).find_problems() == []
    return read_fields(page.text, f"{path}/variants")


async def read_variants() -> list[tuple[Any, ...]]:
    found = await rows(
        "SELECT label, variant.price, on_hand, variant.published FROM variant JOIN product ON product.id = product"
        " WHERE slug = 'gratin-dish' ORDER BY position"
    )
    return [tuple(row.values()) for row in found]


async def test_rows_become_variants_when_saved(world: World) -> None:
    vera = await enter(world)
    path = await add_product(vera)
    form = await open_variants(vera, path)

    form |= {"name": ["Small", "Large", ""], "price": ["38", "45.50", ""], "stock": ["5", "3", ""]}
    page = await follow(vera, await vera.post(f"{path}/variants", **form))

    assert "The variants are saved." in page.text
    assert await read_variants() == [("Small", 3800, 5, True), ("Large", 4550, 3, True)]
    # The product's own page shows them and asks for no price of its own.
    assert 'id="price"' not in page.text
    assert "Change variants" in page.text
    assert Outline(page.text).find_problems() == []


async def test_variant_is_taken_off_sale_and_the_price_of_the_list_follows(world: World) -> None:
    vera = await enter(world)
    path = await add_product(vera)
    form = await open_variants(vera, path)
    form |= {"name": ["Small", "Large", ""], "price": ["38", "45.50", ""], "on_sale": ["no", "yes", "yes"]}

    await follow(vera, await vera.post(f"{path}/variants", **form))

    assert await value("SELECT price FROM product WHERE slug = 'gratin-dish'") == 4550


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ["", "Large", ""]}, "Variant 1: enter a name, like Small."),
        ({"name": ["Large", "large", ""]}, "Variant 2: another one is called large already."),
        ({"price": ["38", "", ""]}, "Variant 2: enter a price."),
        ({"price": ["38", "4,550", ""]}, "Variant 2: USD has 2 decimals"),
        ({"stock": ["many", "1", ""]}, "Variant 1: stock must be a whole number from 0 to 999,999."),
        ({"name": ["x" * 61, "Large", ""]}, "Variant 1: the name must be 60 characters or fewer."),
    ],
)
async def test_nothing_is_saved_and_nothing_lost_when_a_row_is_wrong(
    world: World, changes: dict[str, list[str]], words: str
) -> None:
    vera = await enter(world)
    path = await add_product(vera)
    form = await open_variants(vera, path)
    form |= {"name": ["Small", "Large", ""], "price": ["38", "45.50", ""], "stock": ["5", "3", ""], **changes}

    answer = await vera.post(f"{path}/variants", **form)

    assert answer.status_code == 422
    assert words in read_words(answer)
    assert Outline(answer.text).find_problems() == []
    again = read_fields(answer.text, f"{path}/variants")
    for name in ("name", "price", "stock"):
        assert again[name][:2] == form[name][:2]
    assert await read_variants() == [("", 3800, 5, True)]


async def test_what_stands_is_shown_beside_what_was_typed_when_somebody_saved_meanwhile(world: World) -> None:
    vera, other = await enter(world), await enter(world)
    path = await add_product(vera)
    late = await open_variants(vera, path)
    first = await open_variants(other, path)
    await other.post(f"{path}/variants", **(first | {"name": ["Small", "Huge", ""], "price": ["40", "90", ""]}))

    late |= {"name": ["Little", "", ""], "price": ["39", "", ""], "stock": ["6", "", ""]}
    answer = await vera.post(f"{path}/variants", **late)

    assert answer.status_code == 409
    words = read_words(answer)
    assert "saved meanwhile" in words
    assert "Saved meanwhile: Small, 40.00, 5 in stock." in words
    again = read_fields(answer.text, f"{path}/variants")
    assert again["name"][:2] == ["Little", "Huge"]
    assert await read_variants() == [("Small", 4000, 5, True), ("Huge", 9000, 0, True)]
    await follow(vera, await vera.post(f"{path}/variants", **again))
    assert await read_variants() == [("Little", 3900, 6, True), ("Huge", 9000, 0, True)]


async def test_rows_that_do_not_match_are_refused(world: World) -> None:
    vera = await enter(world)
    path = await add_product(vera)
    form = await open_variants(vera, path)

    answer = await vera.post(f"{path}/variants", **(form | {"name": ["one"]}))

    assert answer.status_code == 400
