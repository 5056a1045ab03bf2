"""What was under way when something ended: the account, its address, its password, the session of the browser."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from store.accounts import service
from store.accounts.service import passwords
from store.accounts.service.links import issue_link
from store.accounts.states import LinkKind
from store.kit.db import fetch, fetch_value, transaction
from store.kit.errors import NotFound
from tests.people import PASSWORD, is_in, make_person, sign_in_as, sign_up, subjects
from tests.shelves import read_form, read_words
from tests.world import World, rows

ADA = "ada.two@example.com"
GONE = "email = NULL, email_key = NULL, password_hash = '', deleted_at = now()"


async def test_link_that_was_made_while_its_account_was_deleted_proves_nothing(db: str) -> None:
    """The worker read the person before the deletion and wrote the link after it."""
    person = await make_person(ADA)
    async with transaction():
        await service.delete_person(person)
    verify = await issue_link(LinkKind.VERIFY_EMAIL, person, ADA)
    reset = await issue_link(LinkKind.RESET_PASSWORD, person, ADA)

    with pytest.raises(service.LinkEnded):
        await service.verify_email(person, verify, None)
    with pytest.raises(service.LinkEnded):
        await service.reset_password(reset, "difference engine")

    assert await fetch_value("SELECT email FROM person WHERE id = $1", person) is None
    assert await fetch_value("SELECT password_hash FROM person WHERE id = $1", person) == ""


async def test_password_is_not_reset_by_a_link_that_never_was_one(db: str) -> None:
    person = await make_person(ADA)
    before = await fetch_value("SELECT password_hash FROM person WHERE id = $1", person)

    with pytest.raises(service.LinkEnded):
        await service.reset_password("a guess", "difference engine")

    assert await fetch_value("SELECT password_hash FROM person WHERE id = $1", person) == before


async def test_password_of_a_deleted_account_stays_none(db: str) -> None:
    person = await make_person(ADA)
    async with transaction():
        await service.delete_person(person)
        await service.delete_person(person)

    with pytest.raises(NotFound):
        await service.change_password(person, "difference engine", None)

    assert await fetch_value("SELECT password_hash FROM person") == ""
    assert await fetch_value("SELECT count(*) FROM mail_message") == 0


@pytest.mark.parametrize("end", ["deleted", "verified", "taken by another"])
async def test_verification_is_not_sent_when_there_is_nothing_to_prove_any_more(world: World, end: str) -> None:
    person = await make_person(ADA)
    asked = "ada.three@example.com" if end == "taken by another" else ADA
    async with transaction():
        await service.ask_to_verify(person, asked)
        if end == "deleted":
            # As if the mail had been claimed by the worker before the account was deleted.
            await fetch(f"UPDATE person SET {GONE} WHERE id = $1", person)
        elif end == "verified":
            await fetch("UPDATE person SET verified_at = now() WHERE id = $1", person)
        else:
            await service.create_person(asked, "")

    assert await subjects(world, asked) == []
    assert await rows("SELECT * FROM link") == []


async def test_new_password_stays_when_the_old_hash_was_to_be_made_anew(db: str) -> None:
    """Between the check of the old hash and its renewal somebody else has set another password."""
    person = await make_person(ADA)
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    await fetch("UPDATE person SET password_hash = $2 WHERE id = $1", person, old)
    await fetch(
        "CREATE FUNCTION changed_meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.password_hash <> 'another' THEN RETURN NULL; END IF; RETURN NEW; END $$"
    )
    await fetch("CREATE TRIGGER meanwhile BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION changed_meanwhile()")
    try:
        proved = await service.prove(ADA, PASSWORD)
    finally:
        await fetch("DROP TRIGGER meanwhile ON person")
        await fetch("DROP FUNCTION changed_meanwhile()")
    assert proved is not None
    await fetch("UPDATE person SET password_hash = 'another' WHERE id = $1", person)

    assert passwords.needs_rehash(proved.password_hash)
    assert await service.sign_in(person, None, "Test", password_hash=proved.password_hash) is None


async def test_browser_without_a_session_is_signed_out_and_gets_none(world: World) -> None:
    guest = world.browser()

    answer = await guest.post("/account/signout")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert not await is_in(guest)
    assert "You are signed out." in read_words(await guest.get("/"))


async def test_forms_keep_the_address_when_they_were_wrong(world: World) -> None:
    guest = world.browser()

    reset = await guest.post("/account/reset", email="ada at example")
    signin = await guest.post("/account/signin", email="ada at example", password="", next="/cart")

    assert (reset.status_code, signin.status_code) == (422, 422)
    assert read_form(reset, "/account/reset") == {"email": "ada at example"}
    assert read_form(signin, "/account/signin") == {"email": "ada at example", "password": "", "next": "/cart"}
    assert await rows("SELECT 1 FROM mail_message") == []


async def test_weak_password_is_refused_when_it_is_changed(world: World) -> None:
    ada = world.browser()
    await sign_up(ada, ADA)

    answer = await ada.post("/account/password", current_password=PASSWORD, new_password="password1")

    assert answer.status_code == 422
    assert "many people use this one" in read_words(answer)
    assert await service.prove(ADA, PASSWORD) is not None


async def test_whoever_is_in_already_goes_where_they_wanted(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")

    assert (await ada.get("/account/signin?next=/cart")).headers["location"] == "/cart"
    assert (await ada.get("/account/signin")).headers["location"] == "/account"


@pytest.mark.parametrize("key", ["ada", "nobody"])
async def test_demo_says_so_when_its_person_is_gone(world: World, key: str) -> None:
    person = await fetch_value("SELECT id FROM person WHERE email = 'ada@example.com'")
    async with transaction():
        await service.delete_person(person)
    guest = world.browser()

    answer = await guest.post("/account/demo", person=key)

    assert answer.status_code == 404
    assert "brings everybody back" in read_words(answer)
    assert not await is_in(guest)
