"""What a shop may be called is one rule, and each of the three forms keeps to it and to what was typed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from store.kit.db import fetch, transaction
from store.vendors.names import find_flaw, name_key
from store.vendors.service import NameTaken, ShopProfile, open_shop
from tests.dashboard.keeping import enter, read_fields
from tests.facts import value
from tests.people import make_person, sign_in_as, sign_up
from tests.shelves import read_form, read_words
from tests.world import World

TAKEN = "Another shop has this name already. Choose one that buyers cannot mix up."
UNSEEN = "The name has a character that cannot be seen. Type it anew instead of pasting it."
# Each is North Bindery to whoever reads it; the last by letters of full width.
ALIKE = ("North Bindery", "NORTH bindery", "North   Bindery", "North\u00a0Bindery", "\uff2eorth \uff22indery")
HIDDEN = {
    "zero width space": "North\u200bBindery",
    "soft hyphen": "North\u00ad Bindery",
    "right to left override": "North \u202eBindery",
    "isolate": "\u2066North Bindery\u2069",
    "byte order mark": "\ufeffNorth Bindery",
    "line break": "North\nBindery",
    "line separator": "North\u2028Bindery",
    "Hangul filler": "North\u3164Bindery",
}


async def sign_up_with(world: World, name: str) -> httpx.Response:
    return await sign_up(world.browser(), "otto.new@example.com", shop_name=name, country="DE")


async def begin_with(world: World, name: str) -> httpx.Response:
    otto = world.browser()
    await sign_in_as(otto, "otto")
    return await otto.post("/sell/onboarding", name=name, about="Odd things.", country="US")


async def rename_to(world: World, name: str) -> httpx.Response:
    vera = await enter(world)
    fields = read_fields((await vera.get("/sell/settings")).text, "/sell/settings")
    return await vera.post("/sell/settings", **{**fields, "ink": "blue-sun", "name": name})


DOORS = {"sign up": sign_up_with, "first task": begin_with, "settings": rename_to}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
async def test_name_is_refused_by_every_form_when_it_is_anothers_or_not_what_it_looks_like(
    world: World, door: Callable[[World, str], Awaitable[httpx.Response]]
) -> None:
    before = await value("SELECT array_agg(name ORDER BY name) FROM vendor")

    for name in (*ALIKE, *HIDDEN.values()):
        answer = await door(world, name)

        assert answer.status_code == 422, ascii(name)
        assert (TAKEN if name in ALIKE else UNSEEN) in read_words(answer), ascii(name)
        assert await value("SELECT array_agg(name ORDER BY name) FROM vendor") == before
    assert await value("SELECT count(*) FROM person WHERE email = 'otto.new@example.com'") == 0


async def test_what_was_typed_is_kept_when_the_name_is_refused(world: World) -> None:
    answer = await sign_up_with(world, "NORTH bindery")

    kept = read_form(answer, "/account/signup")
    assert (kept["email"], kept["shop_name"], kept["password"]) == ("otto.new@example.com", "NORTH bindery", "")
    assert 'value="DE" selected' in answer.text
    assert "Error: Create an account" in answer.text


async def test_shop_keeps_its_own_name_and_writes_it_otherwise(world: World) -> None:
    assert (await rename_to(world, "KILN & co")).status_code == 303
    assert await value("SELECT name FROM vendor WHERE slug = 'kiln-co'") == "KILN & co"


async def test_one_shop_is_opened_when_two_want_one_name_at_once(db: str) -> None:
    people = [await make_person(f"otto{n}@example.com") for n in range(4)]

    async def open_one(n: int) -> bool:
        name = "Otto\u2019s Oddities" if n % 2 else "OTTO\u2019S oddities"
        try:
            async with transaction():
                await open_shop(people[n], f"otto{n}@example.com", ShopProfile(name, "", "US"), "US")
        except NameTaken:
            return False
        return True

    assert sum(await asyncio.gather(*(open_one(n) for n in range(4)))) == 1
    assert len(await fetch("SELECT FROM vendor")) == 1


def test_letters_of_any_writing_make_a_name() -> None:
    for name in ("Kiln & Co.", "Café Öl", "陶器", "ร้านกาแฟ", "فنجان", "Ø"):
        assert (find_flaw(name) == "") is (len(name) > 1), name
    assert name_key("Straße") == name_key("STRASSE")
    assert name_key("Café") == name_key("Cafe\u0301")
    assert name_key("Kiln & Co") != name_key("Kiln-Co")
