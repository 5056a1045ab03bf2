"""Another address, another password, fewer browsers: each needs a recent sign-in, and rotates what was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.accounts import service
from store.kit import clock
from store.kit.db import fetch, fetch_value
from store.kit.errors import NotFound
from tests.people import PASSWORD, is_in, link_for, make_person, sign_in, sign_in_as, subjects
from tests.shelves import count_statements, read_form, read_words
from tests.world import Browser, World, rows

ADA, NEW = "ada.two@example.com", "ada.three@example.com"


async def make_old(world: World) -> None:
    """Every sign-in was an hour ago."""
    await fetch("UPDATE session SET signed_in_at = $1", clock.wall() - timedelta(hours=1))


async def enter(world: World, email: str = ADA) -> Browser:
    browser = world.browser()
    assert (await sign_in(browser, email)).status_code == 303
    return browser


async def test_address_changes_when_the_new_mailbox_was_opened(world: World) -> None:
    await make_person(ADA)
    ada, elsewhere = await enter(world), await enter(world)
    before = ada.client.cookies["sid"]
    await ada.post("/account/email", email=NEW)
    assert await fetch_value("SELECT email FROM person WHERE email_key = $1", ADA) == ADA

    await ada.post(await link_for(world, NEW))

    assert NEW in read_words(await ada.get("/account"))
    assert ada.client.cookies["sid"] != before
    assert not await is_in(elsewhere)
    assert (await sign_in(elsewhere, ADA)).status_code == 422
    assert (await sign_in(elsewhere, NEW)).status_code == 303
    assert await subjects(world, ADA) == ["Your account at Overprint has another email address"]


async def test_answer_and_work_are_the_same_when_the_new_address_is_somebodys(world: World) -> None:
    await make_person(ADA)
    ada = await enter(world)
    work = {}
    for email in (NEW, "otto@example.com"):
        async with count_statements() as statements:
            answer = await ada.post("/account/email", email=email)
        work[email] = (answer.status_code, answer.headers["location"], statements)

    assert work[NEW] == work["otto@example.com"]
    assert await subjects(world, "otto@example.com") == []


async def test_nothing_changes_when_somebody_else_took_the_address_meanwhile(world: World) -> None:
    await make_person(ADA)
    ada = await enter(world)
    await ada.post("/account/email", email=NEW)
    path = await link_for(world, NEW)
    await make_person(NEW.upper())

    answer = await ada.post(path)

    assert answer.status_code == 409
    assert ADA in read_words(await ada.get("/account"))


async def test_address_is_asked_for_again_when_it_is_the_same_or_none(world: World) -> None:
    await make_person(ADA)
    ada = await enter(world)

    answers = [await ada.post("/account/email", email=email) for email in (ADA.upper(), "no address")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert read_form(answers[1], "/account/email") == {"email": "no address"}


async def test_password_changes_when_the_old_one_is_known(world: World) -> None:
    await make_person(ADA)
    ada, elsewhere = await enter(world), await enter(world)
    before = ada.client.cookies["sid"]

    done = await ada.post("/account/password", current_password=PASSWORD, new_password="difference engine")

    assert done.headers["location"] == "/account"
    assert await is_in(ada)
    assert ada.client.cookies["sid"] != before
    assert not await is_in(elsewhere)
    assert (await sign_in(elsewhere, ADA)).status_code == 422
    assert (await sign_in(elsewhere, ADA, "difference engine")).status_code == 303
    assert await subjects(world, ADA) == ["Your password for Overprint was changed"]


@pytest.mark.parametrize("typed", ["", "a wrong one"])
async def test_password_stays_when_the_old_one_is_wrong(world: World, typed: str) -> None:
    await make_person(ADA)
    ada = await enter(world)

    answer = await ada.post("/account/password", current_password=typed, new_password="difference engine")

    assert answer.status_code == 422
    assert (await sign_in(ada, ADA)).status_code == 303


@pytest.mark.parametrize("path", ["/account/email", "/account/password"])
async def test_person_is_asked_to_sign_in_again_when_that_was_long_ago(world: World, path: str) -> None:
    await make_person(ADA)
    ada = await enter(world)
    await make_old(world)

    shown = await ada.get(path)
    posted = await ada.post(path, email=NEW, current_password=PASSWORD, new_password="difference engine")
    again = await ada.get(shown.headers["location"])

    assert shown.headers["location"] == f"/account/signin?next={path.replace('/', '%2F')}"
    assert posted.headers["location"] == "/account/signin?next=%2Faccount"
    assert read_form(again, "/account/signin") == {"next": path, "email": ADA, "password": ""}
    assert (await sign_in(ada, ADA, next=path)).headers["location"] == path
    assert (await ada.get(path)).status_code == 200


async def test_other_browser_is_out_when_its_person_ends_it(world: World) -> None:
    await make_person(ADA)
    ada, elsewhere = await enter(world), world.browser()
    elsewhere.client.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    await sign_in(elsewhere, ADA)

    shown = await ada.get("/account/sessions")
    form = read_form(shown, "/account/sessions/end")
    await ada.post("/account/sessions/end", **form)

    assert "Firefox on Linux" in read_words(shown)
    assert not await is_in(elsewhere)
    assert await is_in(ada)


async def test_every_other_browser_is_out_when_its_person_says_so(world: World) -> None:
    await make_person(ADA)
    ada, one, two = await enter(world), await enter(world), await enter(world)
    otto = world.browser()
    await sign_in_as(otto, "otto")

    await ada.post("/account/sessions/end", others="1")

    assert [await is_in(browser) for browser in (ada, one, two, otto)] == [True, False, False, True]


async def test_key_of_a_session_is_no_cookie_and_ends_only_ones_own(world: World) -> None:
    await make_person(ADA)
    ada, otto = await enter(world), world.browser()
    await sign_in_as(otto, "otto")
    (session,) = await rows("SELECT session.id FROM session JOIN person ON person.id = person WHERE email = $1", ADA)

    await otto.post("/account/sessions/end", session=session["id"])

    assert await is_in(ada)
    assert (await world.browser().get("/account", Cookie=f"sid={session['id']}")).status_code == 303


@pytest.mark.parametrize("operator", [True, False])
async def test_every_session_ends_when_a_persons_role_changes(world: World, operator: bool) -> None:
    olga, ada = world.browser(), world.browser()
    await sign_in_as(olga, "olga" if not operator else "otto")
    await sign_in_as(ada, "ada")

    await service.set_operator("OLGA@example.com" if not operator else "Otto@example.com", operator)

    assert [await is_in(olga), await is_in(ada)] == [False, True]
    found = await rows("SELECT email FROM person WHERE operator ORDER BY email")
    assert [row["email"] for row in found] == (["olga@example.com", "otto@example.com"] if operator else [])


async def test_session_has_another_id_when_its_person_opens_a_shop(world: World) -> None:
    otto = world.browser()
    await sign_in_as(otto, "otto")
    before = otto.client.cookies["sid"]

    await otto.post("/sell/onboarding", name="Otto’s Oddities", about="Odd things.", country="US")

    assert otto.client.cookies["sid"] != before
    assert (await world.browser().get("/account", Cookie=f"sid={before}")).status_code == 303
    assert await is_in(otto)


async def test_every_other_browser_is_out_when_its_person_opens_a_shop(world: World) -> None:
    otto, elsewhere = world.browser(), world.browser()
    await sign_in_as(otto, "otto")
    await sign_in_as(elsewhere, "otto")

    await otto.post("/sell/onboarding", name="Otto’s Oddities", about="Odd things.", country="US")

    assert await is_in(otto)
    assert not await is_in(elsewhere)
    assert (await elsewhere.get("/sell/home")).headers["location"].startswith("/account/signin")


async def test_nobody_gets_a_role_when_the_address_is_not_confirmed(world: World) -> None:
    await make_person(ADA)

    for email in (ADA, "nobody@example.com"):
        with pytest.raises(NotFound):
            await service.set_operator(email, True)
