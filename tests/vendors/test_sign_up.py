"""Sign up: an account for whoever buys; a taken address, a weak password and fields of nobody's are refused."""

from __future__ import annotations

import asyncio

import pytest

from store.accounts import service
from store.kit.db import fetch, fetch_value, transaction
from tests.people import PASSWORD, is_in, link_for, sign_in, sign_up, subjects
from tests.shelves import read_form, read_words
from tests.world import World, rows

NEW = "ada.new@example.com"


async def test_person_is_in_and_has_a_mail_when_the_form_was_right(world: World) -> None:
    ada = world.browser()

    answer = await sign_up(ada, NEW)

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = read_words(await ada.get("/account"))
    assert f"A mail to {NEW} has a link" in page
    assert "This address is not confirmed yet." in page
    assert await subjects(world, NEW) == ["Confirm your email address for Overprint"]
    (person,) = await rows("SELECT * FROM person WHERE email = $1", NEW)
    assert person["password_hash"].startswith("$argon2id$")
    assert (person["operator"], person["verified_at"]) == (False, None)


async def test_answer_says_so_when_the_address_has_an_account(world: World) -> None:
    await sign_up(world.browser(), NEW)
    otto = world.browser()

    answer = await sign_up(otto, NEW.upper(), "another long one")

    assert answer.status_code == 422
    assert read_words(answer).count("There is an account with this email address already.") == 2
    assert read_form(answer, "/account/signup")["email"] == NEW.upper()
    assert not await is_in(otto)
    assert (await sign_in(otto, NEW, PASSWORD)).status_code == 303


async def test_one_person_is_written_when_two_sign_up_with_one_address_at_once(db: str) -> None:
    async def create(n: int) -> bool:
        try:
            async with transaction():
                await service.create_person(NEW if n % 2 else NEW.upper(), "")
        except service.AddressTaken:
            return False
        return True

    assert sum(await asyncio.gather(*(create(n) for n in range(12)))) == 1
    assert await fetch_value("SELECT count(*) FROM person") == 1


async def test_everything_wrong_is_said_at_once_and_the_address_is_kept(world: World) -> None:
    answer = await sign_up(world.browser(), "ada at example", "123", shop_name="X")

    words = read_words(answer)
    assert answer.status_code == 422
    assert words.count("Enter an email address like name@example.com.") == 2
    assert words.count("Choose a password of 8 characters or more.") == 2
    kept = read_form(answer, "/account/signup")
    assert (kept["email"], kept["password"], kept["shop_name"]) == ("ada at example", "", "X")
    assert words.count("Enter your shop’s name, such as Kiln & Co. Or leave it empty.") == 2
    assert "Error: Create an account" in answer.text


@pytest.mark.parametrize("field", ["operator", "verified_at", "id", "password_hash", "deleted_at", "role", "person"])
async def test_nobody_is_written_when_a_field_was_added(world: World, field: str) -> None:
    answer = await sign_up(world.browser(), NEW, **{field: "1"})

    assert answer.status_code == 400
    assert await rows("SELECT 1 FROM person WHERE email = $1", NEW) == []


async def test_person_comes_back_to_where_they_were_when_next_is_inside(world: World) -> None:
    inside = await sign_up(world.browser(), NEW, next="/cart")
    outside = await sign_up(world.browser(), "otto.new@example.com", next="https://evil.example/")

    assert inside.headers["location"] == "/cart"
    assert outside.headers["location"] == "/account"


async def test_shop_is_the_persons_when_it_has_a_name(world: World) -> None:
    otto = world.browser()

    answer = await sign_up(otto, "otto.new@example.com", shop_name="Otto’s Oddities", country="DE")

    assert answer.headers["location"] == "/sell/onboarding"
    (shop,) = await rows(
        "SELECT slug, name, vendor.email, country, currency, charge_type, state, role FROM membership"
        " JOIN vendor ON vendor.id = vendor JOIN person ON person.id = person"
        " WHERE person.email = 'otto.new@example.com'"
    )
    assert (shop["slug"], shop["name"]) == ("ottos-oddities", "Otto’s Oddities")
    assert (shop["country"], shop["currency"], shop["charge_type"]) == ("DE", "EUR", "direct")
    assert (shop["state"], shop["role"]) == ("not_started", "owner")
    assert (await otto.get("/sell/onboarding")).status_code == 200
    assert (await otto.get("/s/ottos-oddities")).status_code == 200


async def test_shop_is_where_the_platform_is_when_no_country_was_said(world: World) -> None:
    await sign_up(world.browser(), "otto.new@example.com", shop_name="Odd & End")

    assert await fetch_value("SELECT country FROM vendor WHERE slug = 'odd-end'") == "US"


async def test_no_shop_is_opened_when_no_name_was_given(world: World) -> None:
    before = await fetch_value("SELECT count(*) FROM vendor")

    await sign_up(world.browser(), NEW, shop_name="", country="JP")

    assert await fetch_value("SELECT count(*) FROM vendor") == before
    assert await rows("SELECT 1 FROM membership JOIN person ON person.id = person WHERE email = $1", NEW) == []


async def test_neither_person_nor_shop_is_written_when_one_of_them_cannot_be(world: World) -> None:
    await sign_up(world.browser(), NEW)
    counts = "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM vendor), (SELECT count(*) FROM mail_message)"
    before = await rows(counts)

    taken = await sign_up(world.browser(), NEW, shop_name="Otto’s Oddities")
    await fetch("ALTER TABLE membership ADD CONSTRAINT broken CHECK (role = 'staff') NOT VALID")
    try:
        failed = await sign_up(world.browser(), "otto.new@example.com", shop_name="Otto’s Oddities")
    finally:
        await fetch("ALTER TABLE membership DROP CONSTRAINT broken")

    assert (taken.status_code, failed.status_code) == (422, 500)
    assert await rows(counts) == before


async def test_walk_is_whole_when_somebody_signs_up_verifies_forgets_and_signs_in(world: World) -> None:
    ada = world.browser()
    await sign_up(ada, NEW)
    await ada.post(await link_for(world, NEW))
    await ada.post("/account/signout")
    await ada.post("/account/reset", email=NEW)
    await ada.post(await link_for(world, NEW, "reset"), new_password="difference engine")

    answer = await sign_in(ada, NEW, "difference engine")

    assert answer.status_code == 303
    assert "not confirmed" not in read_words(await ada.get("/account"))
