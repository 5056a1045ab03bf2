"""Where PayPal's shares go: an address counts when its link was followed, and both addresses are told of a change."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import pytest

from store.kit.db import fetch, transaction
from store.vendors import service
from tests.facts import one, value
from tests.guards import unguarded, write_now
from tests.look.markup import Outline
from tests.people import sign_in_as, subjects
from tests.world import SHOP, Browser, World, rows

PAGE = "/sell/payouts"
OLD, NEW = "old@paypal.example", "new@paypal.example"
KILN = "SELECT payout_email, payout_email_at FROM vendor WHERE slug = 'kiln-co'"


async def vera_in(world: World) -> Browser:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    return vera


async def ask(vera: Browser, email: str = NEW) -> None:
    answer = await vera.post(f"{PAGE}/address", email=email)
    assert answer.status_code == 303, answer.text


async def link_to(world: World, email: str = NEW) -> str:
    """The path in the newest mail that asks this address."""
    await world.worker.send_mail()
    mails = world.sandbox.state.mailbox.list_mails(email)
    found = [match[1] for mail in mails for match in re.finditer(rf"{SHOP}({PAGE}/verify/[\w-]+)", mail["text"])]
    assert found, mails
    return found[0]


async def address() -> str:
    return str((await one(KILN))["payout_email"])


async def test_address_counts_when_its_link_was_followed(world: World) -> None:
    vera = await vera_in(world)

    await ask(vera)
    waiting = (await address(), (await vera.get(PAGE)).text)
    link = await link_to(world)
    shown = await vera.get(link)
    after_looking = await address()
    confirmed = await vera.post(link)

    assert waiting[0] == after_looking == ""
    assert "A mail to <strong" in waiting[1]
    assert NEW in shown.text
    assert confirmed.headers["location"] == PAGE
    assert await address() == NEW
    assert f'Shares go to <strong class="typed">{NEW}</strong>' in (await vera.get(PAGE)).text


async def test_old_address_stays_until_the_new_one_is_confirmed_and_both_are_told(world: World) -> None:
    vera = await vera_in(world)
    await ask(vera, OLD)
    await vera.post(await link_to(world, OLD))

    await ask(vera, NEW)
    between = await address()
    await vera.post(await link_to(world, NEW))

    assert (between, await address()) == (OLD, NEW)
    changed = "Kiln & Co is paid at another PayPal address"
    assert (await subjects(world, OLD))[-2:] == ["Kiln & Co is paid at this PayPal address", changed]
    assert (await subjects(world, NEW))[-1] == changed


async def test_mail_speaks_of_no_other_address_when_the_same_is_confirmed_again(world: World) -> None:
    vera = await vera_in(world)
    for _ in range(2):
        await ask(vera)
        await vera.post(await link_to(world))
        await world.worker.send_mail()

    told = [mail for mail in world.sandbox.state.mailbox.list_mails(NEW) if "is paid at" in mail["subject"]]

    assert [mail["subject"] for mail in told] == ["Kiln & Co is paid at this PayPal address"] * 2
    assert all("no longer" not in mail["text"] for mail in told)


async def test_sign_in_of_a_while_ago_is_not_enough_when_the_address_is_changed(world: World) -> None:
    vera = await vera_in(world)
    await ask(vera)
    link = await link_to(world)
    await fetch("UPDATE session SET signed_in_at = signed_in_at - interval '16 minutes' WHERE person IS NOT NULL")

    asked, followed = await vera.post(f"{PAGE}/address", email=OLD), await vera.post(link)

    assert asked.headers["location"].startswith("/account/signin")
    assert followed.headers["location"].startswith("/account/signin")
    assert await address() == ""


async def test_link_works_once_when_it_is_followed_twice_at_once(world: World) -> None:
    vera = await vera_in(world)
    await ask(vera)
    link = await link_to(world)

    answers = await asyncio.gather(*(vera.post(link) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [303, 404, 404]
    assert await address() == NEW
    assert await value("SELECT count(*) FROM mail_message WHERE kind = 'payout_address_changed'") == 1


async def test_used_link_leads_on_to_the_shares_and_knows_who_is_signed_in(world: World) -> None:
    vera = await vera_in(world)
    await ask(vera)
    link = await link_to(world)
    await vera.post(link)

    for again in (await vera.get(link), await vera.post(link)):
        assert again.status_code == 404
        assert again.headers["cache-control"] == "no-store"
        assert "<h1>This link has ended</h1>" in again.text
        assert f'class="btn" href="{PAGE}"' in again.text
        assert f'href="{PAGE}#address"' in again.text
        assert ">Account</a>" in again.text
        assert ">Sign in</a>" not in again.text
        assert Outline(again.text).find_problems() == []


async def test_link_before_is_over_when_another_address_was_entered(world: World) -> None:
    vera = await vera_in(world)
    await ask(vera, OLD)
    first = await link_to(world, OLD)

    await ask(vera, NEW)
    late = await vera.post(first)

    assert (late.status_code, await address()) == (404, "")
    await vera.post(await link_to(world, NEW))
    assert await address() == NEW


async def test_link_is_over_when_a_day_has_passed(world: World) -> None:
    vera = await vera_in(world)
    await ask(vera)
    link = await link_to(world)

    until = await value("SELECT expires_at - created_at FROM payout_address WHERE ended_at IS NULL")
    await rows("UPDATE payout_address SET expires_at = expires_at - interval '1 day' RETURNING id")
    late = await vera.post(link)

    assert timedelta(days=1) <= until < timedelta(days=1, minutes=1)
    assert (late.status_code, await address()) == (404, "")


async def test_link_of_another_shop_changes_nothing(world: World) -> None:
    await ask(await vera_in(world))
    link = await link_to(world)
    other = UUID(str(await value("SELECT id FROM vendor WHERE slug <> 'kiln-co' LIMIT 1")))

    async with transaction():
        with pytest.raises(service.PayoutLinkEnded):
            await service.verify_payout_address(other, link.rpartition("/")[2])

    assert await value("SELECT count(*) FROM vendor WHERE payout_email <> ''") == 0


async def test_address_that_was_never_confirmed_is_forgotten(world: World) -> None:
    vera = await vera_in(world)
    await ask(vera)
    kept = await service.forget_payout_offers()

    await rows("UPDATE payout_address SET created_at = created_at - interval '30 days' RETURNING id")
    forgotten = await service.forget_payout_offers()
    await world.worker.send_mail()

    assert (kept, forgotten) == (0, 1)
    assert await value("SELECT email FROM payout_address") == ""
    # Its mail was not sent: there is no link to make any more.
    assert world.sandbox.state.mailbox.list_mails(NEW) == []


async def test_link_lies_in_no_table(world: World) -> None:
    await ask(await vera_in(world))

    token = (await link_to(world)).rpartition("/")[2]

    for table in ("payout_address", "mail_message"):
        assert token not in str(await rows(f"SELECT * FROM {table}"))


async def test_wrong_address_is_said_to_be_wrong_and_stays_in_its_field(world: World) -> None:
    vera = await vera_in(world)

    wrong = await vera.post(f"{PAGE}/address", email="kiln")
    too_long = await vera.post(f"{PAGE}/address", email=f"{'k' * 120}@paypal.example")

    assert (wrong.status_code, too_long.status_code) == (422, 422)
    assert 'value="kiln"' in wrong.text
    assert "127 characters at most" in too_long.text
    assert await rows("SELECT * FROM payout_address") == []


async def test_address_is_forgotten_when_the_last_owner_leaves_the_closed_shop(world: World) -> None:
    vera = await vera_in(world)
    await ask(vera)
    await vera.post(await link_to(world))
    await ask(vera, OLD)
    assert (await vera.post("/sell/settings/close")).status_code == 303

    answer = await vera.post("/account/delete")

    assert answer.status_code == 303
    assert tuple((await one(KILN)).values()) == ("", None)
    assert await value("SELECT count(*) FROM payout_address WHERE email <> ''") == 0


async def test_second_open_link_is_refused_by_the_database(world: World) -> None:
    await ask(await vera_in(world))
    again = (
        "INSERT INTO payout_address (id, vendor, email) SELECT gen_random_uuid(), vendor, 'x@y.example'"
        " FROM payout_address"
    )

    with pytest.raises(Exception, match="one_open_payout_address"):
        await write_now(again)

    async with unguarded("DROP INDEX one_open_payout_address"):
        await fetch(again)
        assert await value("SELECT count(*) FROM payout_address WHERE ended_at IS NULL") == 2
