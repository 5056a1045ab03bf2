"""Vera creates, saves and publishes products; what she typed is never lost, what is Otto's is not there."""

from __future__ import annotations

import re

import pytest

from store.kit.db import fetch
from tests.dashboard.keeping import DISH, add_product, enter, follow, open_form, path_of_product, read_fields
from tests.facts import one, value
from tests.look.markup import Outline
from tests.shelves import read_words
from tests.world import World


async def test_draft_is_seen_by_its_vendor_alone_when_saved(world: World) -> None:
    vera = await enter(world)

    path = await add_product(vera)

    page = await vera.get(path)
    assert "Saved as a draft." in page.text
    assert Outline(page.text).find_problems() == []
    row = await one("SELECT slug, price, currency, published FROM product WHERE title = 'Gratin dish'")
    assert (row["slug"], row["price"], row["currency"], row["published"]) == ("gratin-dish", 3800, "USD", False)
    assert (await world.browser().get("/p/gratin-dish")).status_code == 404


async def test_product_is_on_the_shelf_when_published(world: World) -> None:
    vera = await enter(world)
    path = await add_product(vera)

    page = await follow(vera, await vera.post(path, **await open_form(vera, path, action="publish")))

    assert "Published: it is on the shelf now." in page.text
    shown = await world.browser().get("/p/gratin-dish")
    assert shown.status_code == 200
    assert "$38.00" in shown.text
    ada = world.browser()
    await ada.add(
        await value("SELECT sku FROM variant JOIN product ON product.id = product WHERE slug = 'gratin-dish'")
    )
    assert "Gratin dish" in (await ada.get("/cart")).text


async def test_publishing_is_refused_in_words_and_nothing_is_lost_when_something_is_missing(world: World) -> None:
    vera = await enter(world)
    path = await add_product(vera, description="", price="", stock="")

    answer = await vera.post(path, **await open_form(vera, path, title="Deep dish", action="publish"))

    assert answer.status_code == 422
    words = read_words(answer)
    assert "Enter a description: buyers want to know what they get." in words
    assert "Enter a price." in words
    assert 'value="Deep dish"' in answer.text
    assert Outline(answer.text).find_problems() == []
    row = await one("SELECT title, published FROM product WHERE slug = 'gratin-dish'")
    assert (row["title"], row["published"]) == ("Deep dish", False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Enter a title."),
        ({"price": "12,345"}, "USD has 2 decimals"),
        ({"price": "0.10"}, "The least is $0.50"),
        ({"price": "free"}, "Write it with digits only, like 24.00."),
        ({"stock": "-1"}, "Stock must be a whole number from 0 to 999,999."),
        ({"price": "", "stock": "3"}, "Enter a price: without one there is nothing to put in stock."),
        ({"category": "no-such"}, "Choose a category."),
        ({"description": "x" * 5001}, "Description must be 5000 characters or fewer."),
    ],
)
async def test_what_was_typed_stays_when_a_field_is_wrong(world: World, changes: dict[str, str], words: str) -> None:
    vera = await enter(world)
    page = await vera.get("/sell/products/new")
    typed = {**read_fields(page.text, "/sell/products"), **DISH, "summary": "For two", "action": "save", **changes}

    answer = await vera.post("/sell/products", **typed)

    assert answer.status_code == 422
    assert words in read_words(answer)
    assert answer.text.count("<title>Error: ") == 1
    again = read_fields(answer.text, "/sell/products")
    assert {name: again[name] for name in typed if name != "action"} | {"category": typed["category"]} == {
        name: text for name, text in typed.items() if name != "action"
    }
    assert await value("SELECT count(*) FROM product WHERE title = 'Gratin dish'") == 0


async def test_both_values_are_shown_and_nothing_is_lost_when_somebody_saved_meanwhile(world: World) -> None:
    vera, other = await enter(world), await enter(world)
    path = await add_product(vera)
    late = await open_form(vera, path, title="Vera's dish", price="41", stock="9")
    await other.post(path, **await open_form(other, path, title="Another dish", price="40.00"))

    answer = await vera.post(path, **late)

    assert answer.status_code == 409
    assert "saved meanwhile" in read_words(answer)
    shown = re.findall(r'<th scope="row">(\w+)</th><td><strong>(.*?)</strong></td><td>(.*?)</td>', answer.text)
    assert shown == [("Title", "Vera&#39;s dish", "Another dish"), ("Price", "41", "40.00"), ("Stock", "9", "5")]
    assert Outline(answer.text).find_problems() == []
    assert await value("SELECT title FROM product WHERE slug = 'gratin-dish'") == "Another dish"

    # What she typed is in the form; saving again is her decision.
    again = {**read_fields(answer.text, path), "action": "save"}
    assert (again["title"], again["price"], again["stock"]) == ("Vera's dish", "41", "9")
    await follow(vera, await vera.post(path, **again))
    row = await one("SELECT title, price FROM product WHERE slug = 'gratin-dish'")
    assert (row["title"], row["price"]) == ("Vera's dish", 4100)
    assert await value("SELECT on_hand FROM variant JOIN product p ON p.id = product WHERE slug = 'gratin-dish'") == 9


async def test_stock_is_changed_by_what_was_typed_when_something_was_sold_meanwhile(world: World) -> None:
    vera = await enter(world)
    path = await path_of_product("pasta-bowl")
    form = await open_form(vera, path)
    before = int(form["stock"])
    await world.browser().buy("KILN-BOWL", 2)

    await follow(vera, await vera.post(path, **{**form, "stock": str(before + 3)}))

    free = "SELECT on_hand - reserved - sold FROM variant WHERE sku = 'KILN-BOWL'"
    assert await value(free) == before - 2 + 3


async def test_more_than_is_free_is_not_taken_away(world: World) -> None:
    vera = await enter(world)
    path = await path_of_product("pasta-bowl")
    form = await open_form(vera, path)
    await world.browser().buy("KILN-BOWL", 2)

    answer = await vera.post(path, **{**form, "stock": "0", "title": "Bowl"})

    assert answer.status_code == 422
    assert "are free to take away" in read_words(answer)
    assert await value("SELECT title FROM product WHERE slug = 'pasta-bowl'") == "Pasta bowl"


async def test_price_without_decimals_is_exact_when_the_currency_has_none(world: World) -> None:
    await fetch(
        "UPDATE membership SET vendor = (SELECT id FROM vendor WHERE currency = 'JPY') WHERE vendor ="
        " (SELECT id FROM vendor WHERE slug = 'kiln-co')"
    )
    vera = await enter(world)

    path = await add_product(vera, price="2400")
    answer = await vera.post(path, **await open_form(vera, path, price="24.00"))

    assert await value("SELECT price FROM product WHERE title = 'Gratin dish'") == 2400
    assert "JPY has no decimals: write it like 2400." in read_words(answer)


@pytest.mark.parametrize("key", ["otto", "ada"])
async def test_product_is_not_there_for_anybody_else(world: World, key: str) -> None:
    vera = await enter(world)
    path = await add_product(vera)
    form = await open_form(vera, path, title="Mine now")
    stranger = await enter(world, key)

    answers = [await stranger.get(path), await stranger.get(f"{path}/variants")]
    answers += [await stranger.post(path, **form)]
    answers += [await stranger.post(f"{path}/{verb}") for verb in ("hide", "archive", "restore")]

    assert {answer.status_code for answer in answers} == {404}
    assert await value("SELECT title FROM product WHERE slug = 'gratin-dish'") == "Gratin dish"


async def test_product_of_another_shop_is_not_there_for_a_vendor(world: World) -> None:
    vera = await enter(world)
    path = await path_of_product("night-light")

    for answer in (await vera.get(path), await vera.post(path, title="Mine", category="lighting", action="save")):
        assert answer.status_code == 404

    assert await value("SELECT title FROM product WHERE slug = 'night-light'") == "Night light"


async def test_guest_is_led_to_the_sign_in_page(world: World) -> None:
    guest = world.browser()

    answers = [await guest.get(path) for path in ("/sell/products", "/sell/products/new")]

    for answer in answers:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/account/signin?next=%2Fsell%2Fproducts")


async def test_field_that_the_page_does_not_have_is_refused(world: World) -> None:
    vera = await enter(world)
    path = await add_product(vera)

    answer = await vera.post(path, **await open_form(vera, path, vendor="somebody", published="1"))

    assert answer.status_code == 400
