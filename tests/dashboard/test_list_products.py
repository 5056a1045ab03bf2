"""The list of a vendor's products: its filters, its search, Undo, and its first words when it is empty."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from store.dashboard.queries.products import PAGE_SIZE, list_products
from store.kit.db import fetch
from tests.dashboard.keeping import add_product, enter, follow, path_of_product
from tests.facts import value
from tests.look.markup import Outline
from tests.shelves import count_statements, make_product, make_vendor, read_words
from tests.world import World


def read_names(page: str) -> list[str]:
    return re.findall(r'<a href="/sell/products/[0-9a-f-]{36}">([^<]+)</a>', page)


async def test_list_shows_own_products_only_newest_first(world: World) -> None:
    vera = await enter(world)
    await add_product(vera)

    page = await vera.get("/sell/products")

    assert read_names(page.text)[0] == "Gratin dish"
    assert "Night light" not in page.text
    assert len(read_names(page.text)) == 7
    assert "7 products" in read_words(page)
    assert Outline(page.text).find_problems() == []
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("?show=draft", ["Draft"]),
        ("?show=sold-out", ["Empty"]),
        ("?show=archived", ["Old"]),
        ("?show=published&q=MUG", ["Blue mug"]),
        ("?q=large", ["Blue mug"]),
        ("?q=EMPTY-0", ["Empty"]),
        ("?q=100%25", []),
        ("?show=nonsense", ["Blue mug", "Empty", "Draft"]),
        ("?page=99", ["Blue mug", "Empty", "Draft"]),
    ],
)
async def test_list_is_narrowed_when_asked(world: World, address: str, names: list[str]) -> None:
    vendor = await value("SELECT id FROM vendor WHERE slug = 'kiln-co'")
    await fetch("DELETE FROM cart_line")
    await fetch(
        "UPDATE product SET vendor = (SELECT id FROM vendor WHERE slug = 'north-bindery') WHERE vendor = $1", vendor
    )
    await make_product(vendor, "blue-mug", variants=(("Small", 100, 1), ("Large", 200, 1)))
    await make_product(vendor, "empty", stock=0)
    await make_product(vendor, "draft", published=False)
    await make_product(vendor, "old", published=False)
    await fetch("UPDATE product SET archived_at = now() WHERE slug = 'old'")
    vera = await enter(world)

    page = await vera.get(f"/sell/products{address}")

    assert sorted(read_names(page.text)) == sorted(names)
    assert Outline(page.text).find_problems() == []


async def test_what_was_archived_is_off_the_shelf_and_comes_back_by_undo(world: World) -> None:
    vera = await enter(world)
    path = await path_of_product("pasta-bowl")

    page = await follow(vera, await vera.post(f"{path}/archive"))

    assert "Archived: Pasta bowl." in read_words(page)
    assert "Pasta bowl" not in read_names(page.text)
    assert (await world.browser().get("/p/pasta-bowl")).status_code == 404
    page = await follow(vera, await vera.post(f"{path}/restore"))
    assert "Back among your products, as a draft." in page.text
    assert await value("SELECT archived_at IS NULL AND NOT published FROM product WHERE slug = 'pasta-bowl'")


async def test_product_leaves_the_shelf_when_it_is_taken_off(world: World) -> None:
    vera = await enter(world)
    path = await path_of_product("pasta-bowl")

    page = await follow(vera, await vera.post(f"{path}/hide"))

    assert "Taken off the shelf." in page.text
    assert ">Publish" in page.text
    assert (await world.browser().get("/p/pasta-bowl")).status_code == 404


async def test_empty_list_says_how_to_begin(world: World) -> None:
    await fetch(
        "UPDATE product SET vendor = (SELECT id FROM vendor WHERE slug = 'north-bindery') WHERE currency = 'USD'"
    )
    vera = await enter(world)

    page = await vera.get("/sell/products")

    assert "A product starts as a draft that nobody but you sees." in read_words(page)
    assert 'href="/sell/products/new"' in page.text


async def test_list_is_one_query_and_pages_when_there_are_many(db: str) -> None:
    vendor = await make_vendor()
    for number in range(PAGE_SIZE + 3):
        await make_product(vendor, f"mug-{number}")

    async with count_statements() as statements:
        found = await list_products(vendor, page=2)

    assert len(statements) == 1
    assert (len(found.items), found.page, found.pages, found.total) == (3, 2, 2, PAGE_SIZE + 3)
    assert (await list_products(uuid4())).total == 0
