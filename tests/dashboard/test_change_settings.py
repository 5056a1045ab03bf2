"""A shop's settings: saved, refused in words, compared; a break and a closed shop are undone as they were."""

from __future__ import annotations

from typing import Any

import pytest

from store.kit.db import fetch
from tests.dashboard.keeping import enter, follow, read_fields
from tests.facts import one, value
from tests.look.markup import Outline
from tests.shelves import read_words
from tests.world import Browser, World


async def open_settings(browser: Browser, **changes: str) -> dict[str, Any]:
    page = await browser.get("/sell/settings")
    assert page.status_code == 200, page.text
    assert Outline(page.text).find_problems() == []
    fields = read_fields(page.text, "/sell/settings")
    return {**fields, "ink": "blue-sun", **changes}


async def test_buyers_read_what_was_saved(world: World) -> None:
    vera = await enter(world)
    form = await open_settings(
        vera, about="We turn bowls.", ink="red-teal", returns_text="Two weeks.", delivery_price="4.5"
    )

    page = await follow(vera, await vera.post("/sell/settings", **form))

    assert "Saved. Buyers see it from now on." in page.text
    row = await one("SELECT about, ink, returns_text, delivery_price FROM vendor WHERE slug = 'kiln-co'")
    assert tuple(row.values()) == ("We turn bowls.", "red-teal", "Two weeks.", 450)
    shop = await world.browser().get("/s/kiln-co")
    assert "We turn bowls." in shop.text
    assert "ink-red-teal" in shop.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Enter the shop’s name."),
        ({"name": "north BINDERY"}, "Another shop has this name already."),
        ({"ink": "gold-silver"}, "Choose a pair of colours."),
        ({"delivery_price": "a lot"}, "Delivery: Write it with digits only, like 24.00."),
        ({"about": "x" * 1001}, "About your shop must be 1000 characters or fewer."),
    ],
)
async def test_nothing_is_saved_and_nothing_lost_when_a_field_is_wrong(
    world: World, changes: dict[str, str], words: str
) -> None:
    vera = await enter(world)
    form = await open_settings(vera, returns_text="Typed just now.", **changes)

    answer = await vera.post("/sell/settings", **form)

    assert answer.status_code == 422
    assert words in read_words(answer)
    assert "Typed just now." in answer.text
    assert Outline(answer.text).find_problems() == []
    assert await value("SELECT returns_text FROM vendor WHERE slug = 'kiln-co'") != "Typed just now."


async def test_both_values_are_shown_when_somebody_saved_meanwhile(world: World) -> None:
    vera, other = await enter(world), await enter(world)
    late = await open_settings(vera, about="Vera's words")
    await other.post("/sell/settings", **await open_settings(other, about="Other words"))

    answer = await vera.post("/sell/settings", **late)

    assert answer.status_code == 409
    assert "About your shop Vera's words Other words" in read_words(answer)
    assert await value("SELECT about FROM vendor WHERE slug = 'kiln-co'") == "Other words"
    again = {**read_fields(answer.text, "/sell/settings"), "ink": "blue-sun"}
    await follow(vera, await vera.post("/sell/settings", **again))
    assert await value("SELECT about FROM vendor WHERE slug = 'kiln-co'") == "Vera's words"


async def test_settings_are_saved_when_only_the_provider_moved_the_shop_meanwhile(world: World) -> None:
    vera = await enter(world)
    form = await open_settings(vera, about="We turn bowls.")
    await fetch("UPDATE vendor SET version = version + 1 WHERE slug = 'kiln-co'")

    assert (await vera.post("/sell/settings", **form)).status_code == 303


async def test_page_says_so_when_nobody_can_buy_for_want_of_payments(world: World) -> None:
    vera = await enter(world)
    assert "Yes, buyers can buy." in (await vera.get("/sell/settings")).text
    await fetch("UPDATE vendor SET state = 'restricted' WHERE slug = 'kiln-co'")

    page = await vera.get("/sell/settings")

    assert "Yes, buyers can buy." not in page.text
    assert "Nobody can buy: you cannot take payments. See what is left to do" in read_words(page)
    assert Outline(page.text).find_problems() == []


async def test_nobody_can_buy_during_a_break_until_it_ends(world: World) -> None:
    vera, ada = await enter(world), world.browser()

    await follow(vera, await vera.post("/sell/settings/pause"))
    assert "is taking a break" in (await ada.get("/p/pasta-bowl")).text
    page = await follow(vera, await vera.post("/sell/settings/open"))

    assert "Your shop is open." in page.text
    assert "Add to cart" in (await ada.get("/p/pasta-bowl")).text


async def test_closed_shop_has_nothing_on_the_shelves_and_opens_as_it_was(world: World) -> None:
    vera, ada = await enter(world), world.browser()
    shelf = "SELECT array_agg(slug ORDER BY slug) FROM product WHERE published"
    before = await value(shelf)

    page = await follow(vera, await vera.post("/sell/settings/close"))
    assert "Your shop is closed." in page.text
    assert (await ada.get("/p/pasta-bowl")).status_code == 404
    assert (await ada.get("/p/night-light")).status_code == 200
    page = await follow(vera, await vera.post("/sell/settings/open"))

    assert "6 products are on the shelf again." in page.text
    assert await value(shelf) == before
    assert await value("SELECT paused OR closed_at IS NOT NULL FROM vendor WHERE slug = 'kiln-co'") is False


@pytest.mark.parametrize("key", ["otto", "ada"])
async def test_settings_are_not_there_for_anybody_else(world: World, key: str) -> None:
    stranger = await enter(world, key)

    answers = [await stranger.get("/sell/settings"), await stranger.post("/sell/settings", name="Mine")]
    answers += [await stranger.post(f"/sell/settings/{verb}") for verb in ("pause", "close", "open")]

    assert {answer.status_code for answer in answers} == {404}
