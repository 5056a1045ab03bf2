"""A forgotten password: one answer for every address, by the same work; the link works once and soon ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from store.accounts import service
from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from tests.locks import wait_for_waiting
from tests.people import PASSWORD, is_in, link_for, make_person, sign_in, sign_in_as, subjects
from tests.shelves import count_statements, read_words
from tests.world import World, rows

ADA = "ada.two@example.com"
FRESH = "difference engine"


async def test_password_is_new_when_the_link_was_followed(world: World) -> None:
    ada, elsewhere = world.browser(), world.browser()
    await make_person(ADA)
    await sign_in(elsewhere, ADA)
    await ada.post("/account/reset", email=ADA.upper())
    path = await link_for(world, ADA.upper(), "reset")

    done = await ada.post(path, new_password=FRESH)

    assert (done.status_code, done.headers["location"]) == (303, "/account/signin")
    assert not await is_in(elsewhere)
    assert (await sign_in(ada, ADA)).status_code == 422
    assert (await sign_in(ada, ADA, FRESH)).status_code == 303
    assert "Your password for Overprint was changed" in await subjects(world, ADA.upper())


async def test_nobody_is_in_when_the_password_was_changed_while_they_signed_in(world: World) -> None:
    """The old password was right when it was checked; its session would be written after all had ended."""
    person = await make_person(ADA)
    proved = await service.prove(ADA, PASSWORD)
    assert proved is not None

    await service.change_password(person, FRESH, None)
    late = await service.sign_in(person, None, "Test", password_hash=proved.password_hash)

    assert late is None
    assert await fetch_value("SELECT count(*) FROM session") == 0
    now = await service.prove(ADA, FRESH)
    assert now is not None
    assert await service.sign_in(person, None, "Test", password_hash=now.password_hash) is not None


async def test_form_says_wrong_when_the_password_was_changed_while_they_signed_in(world: World) -> None:
    person, ada = await make_person(ADA), world.browser()
    changed, go_on = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        async with transaction():
            await fetch("UPDATE person SET password_hash = 'another' WHERE id = $1", person)
            changed.set()
            await go_on.wait()

    changing = asyncio.create_task(change())
    await changed.wait()
    signing_in = asyncio.create_task(sign_in(ada, ADA))
    await wait_for_waiting(signing_in)
    go_on.set()
    await changing
    answer = await signing_in

    assert answer.status_code == 422
    assert not await is_in(ada)


async def test_answer_and_work_are_the_same_when_nobody_has_the_address(world: World) -> None:
    """The page looks nobody up: it writes one mail into the outbox, and the worker finds out whether to send it."""
    await make_person(ADA)
    work, words = {}, {}
    for email in (ADA, "nobody@example.com"):
        browser = world.browser()
        async with count_statements() as statements:
            answer = await browser.post("/account/reset", email=email)
        work[email] = (answer.status_code, answer.headers["location"], statements)
        words[email] = read_words(await browser.get("/account/signin")).replace(email, "…")

    assert work[ADA] == work["nobody@example.com"]
    assert words[ADA] == words["nobody@example.com"]
    assert "If there is an account for …" in words[ADA]
    assert not [statement for statement in work[ADA][2] if "person" in statement]
    assert await subjects(world, "nobody@example.com") == []
    assert await subjects(world, ADA) == ["Choose a new password for Overprint"]
    assert {row["state"] for row in await rows("SELECT state FROM mail_message")} == {"done"}


async def test_link_is_spent_when_it_was_used_once(world: World) -> None:
    ada = world.browser()
    await make_person(ADA)
    await ada.post("/account/reset", email=ADA)
    path = await link_for(world, ADA, "reset")
    await ada.post(path, new_password=FRESH)

    again = [await ada.get(path), await ada.post(path, new_password="yet another one")]

    assert [answer.status_code for answer in again] == [404, 404]
    assert "used already, or its time is over" in read_words(again[0])
    assert (await sign_in(ada, ADA, FRESH)).status_code == 303


async def test_every_other_link_ends_when_one_was_used(world: World) -> None:
    ada = world.browser()
    await make_person(ADA)
    paths = []
    for _ in range(2):
        await ada.post("/account/reset", email=ADA)
        paths.append(await link_for(world, ADA, "reset"))

    await ada.post(paths[1], new_password=FRESH)

    assert (await ada.get(paths[0])).status_code == 404


async def test_link_is_over_when_half_an_hour_has_passed(world: World) -> None:
    ada = world.browser()
    await make_person(ADA)
    await ada.post("/account/reset", email=ADA)
    path = await link_for(world, ADA, "reset")
    left = await fetch_value("SELECT expires_at FROM link") - clock.wall()
    await fetch("UPDATE link SET expires_at = $1", clock.wall())

    assert (await ada.get(path)).status_code == 404
    assert (await ada.post(path, new_password=FRESH)).status_code == 404
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


async def test_link_stays_good_when_the_password_is_too_weak_or_the_page_is_only_looked_at(world: World) -> None:
    ada = world.browser()
    await make_person(ADA)
    await ada.post("/account/reset", email=ADA)
    path = await link_for(world, ADA, "reset")

    await ada.get(path)
    weak = await ada.post(path, new_password="password1")

    assert weak.status_code == 422
    assert "many people use this one" in read_words(weak)
    assert (await ada.post(path, new_password=FRESH)).status_code == 303


async def test_browser_that_follows_the_link_is_signed_out_when_somebody_else_was_in_it(world: World) -> None:
    otto = world.browser()
    await sign_in_as(otto, "otto")
    await make_person(ADA)
    await otto.post("/account/reset", email=ADA)

    await otto.post(await link_for(world, ADA, "reset"), new_password=FRESH)

    assert not await is_in(otto)


async def test_link_opens_nothing_when_the_address_is_no_longer_the_persons(world: World) -> None:
    ada = world.browser()
    person = await make_person(ADA)
    await ada.post("/account/reset", email=ADA)
    path = await link_for(world, ADA, "reset")
    await fetch("UPDATE person SET email = 'x@example.com', email_key = 'x@example.com' WHERE id = $1", person)

    assert (await ada.post(path, new_password=FRESH)).status_code == 404
    assert (await sign_in(ada, "x@example.com")).status_code == 303
