"""An address counts once its mailbox was opened: by one use of a link, by whoever is signed in to that account."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from store.accounts import service
from store.accounts.states import LinkKind
from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from tests.people import is_in, link_for, sign_in, sign_in_as, sign_up, subjects
from tests.shelves import read_form, read_words
from tests.world import World, rows

NEW = "ada.new@example.com"


async def is_verified(email: str = NEW) -> bool:
    return bool(await fetch_value("SELECT verified_at IS NOT NULL FROM person WHERE email = $1", email))


async def test_address_is_proved_when_its_owner_follows_the_link(world: World) -> None:
    ada = world.browser()
    await sign_up(ada, NEW)
    before = ada.client.cookies["sid"]
    path = await link_for(world, NEW)

    shown = await ada.get(path)
    assert not await is_verified()
    done = await ada.post(path)

    assert read_form(shown, path) == {}
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert await is_verified()
    assert ada.client.cookies["sid"] != before
    assert f"{NEW} is confirmed as yours." in read_words(await ada.get("/account"))


async def test_link_is_spent_when_it_was_used_once(world: World) -> None:
    ada = world.browser()
    await sign_up(ada, NEW)
    path = await link_for(world, NEW)
    await ada.post(path)

    again = [await ada.get(path), await ada.post(path)]

    assert [answer.status_code for answer in again] == [404, 404]
    assert await rows("SELECT * FROM link") == []


async def test_one_wins_when_a_link_is_used_twice_at_once(world: World) -> None:
    ada = world.browser()
    await sign_up(ada, NEW)
    token = (await link_for(world, NEW)).rpartition("/")[2]
    person = await fetch_value("SELECT id FROM person WHERE email = $1", NEW)

    all_are_here = asyncio.Barrier(8)

    async def use() -> str:
        async with transaction():
            await all_are_here.wait()
            return await service.verify_email(person, token, None)

    results = await asyncio.gather(*(use() for _ in range(8)), return_exceptions=True)

    assert [one for one in results if one == NEW] == [NEW]
    assert sum(isinstance(one, service.LinkEnded) for one in results) == 7


async def test_link_is_over_when_a_day_has_passed(world: World) -> None:
    ada = world.browser()
    await sign_up(ada, NEW)
    path = await link_for(world, NEW)
    left = await fetch_value("SELECT expires_at FROM link") - clock.wall()
    await fetch("UPDATE link SET expires_at = $1", clock.wall())

    assert (await ada.get(path)).status_code == 404
    assert (await ada.post(path)).status_code == 404
    assert timedelta(hours=23, minutes=50) < left <= timedelta(hours=24)
    assert await service.forget_links() == 1


async def test_stranger_gains_nothing_when_the_owner_of_the_mailbox_follows_a_link_he_did_not_ask_for(
    world: World,
) -> None:
    """Somebody signs up with Ada's address and waits: only who knows that password can prove the address."""
    otto, ada = world.browser(), world.browser()
    await sign_up(otto, NEW, "a trap for somebody")
    path = await link_for(world, NEW)

    led = await ada.get(path)
    await sign_in_as(ada, "ada")
    shown = await ada.get(path)
    pressed = await ada.post(path)

    assert led.headers["location"].startswith("/account/signin?next=")
    assert "this link is for another account" in read_words(shown)
    assert pressed.status_code == 404
    assert not await is_verified()


async def test_owner_gets_the_account_and_the_stranger_is_out_when_she_chooses_a_password(world: World) -> None:
    otto, ada = world.browser(), world.browser()
    await sign_up(otto, NEW, "a trap for somebody")
    await ada.post("/account/reset", email=NEW)
    path = await link_for(world, NEW, "reset")

    await ada.post(path, new_password="my own long words")

    assert not await is_in(otto)
    assert (await sign_in(otto, NEW, "a trap for somebody")).status_code == 422
    assert (await sign_in(ada, NEW, "my own long words")).status_code == 303
    assert await is_verified()


async def test_token_lies_nowhere_but_in_the_mail(world: World) -> None:
    await sign_up(world.browser(), NEW)
    token = (await link_for(world, NEW)).rpartition("/")[2]

    (mail,) = await rows("SELECT * FROM mail_message")
    (link,) = await rows("SELECT * FROM link")

    assert token not in repr(mail)
    assert token not in repr(link)
    assert link["id"] not in await link_for(world, NEW)


@pytest.mark.parametrize("kind", list(LinkKind))
async def test_link_is_good_for_its_own_kind_alone(world: World, kind: LinkKind) -> None:
    await sign_up(world.browser(), NEW)
    person = await fetch_value("SELECT id FROM person WHERE email = $1", NEW)
    token = await service.issue_link(kind, person, NEW)

    found = {one: await service.read_link(one, token) is not None for one in LinkKind}

    assert found == {one: one == kind for one in LinkKind}


async def test_mail_is_sent_again_when_it_is_asked_for(world: World) -> None:
    ada = world.browser()
    await sign_up(ada, NEW)
    await ada.post("/account/verify")

    assert await subjects(world, NEW) == ["Confirm your email address for Overprint"] * 2


async def test_no_mail_is_sent_when_the_address_is_proved_already(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")

    await ada.post("/account/verify")

    assert await subjects(world, "ada@example.com") == []
