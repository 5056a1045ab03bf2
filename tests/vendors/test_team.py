"""Who works in a shop: its owner invites by mail, the address's account takes the place, and it can be ended."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import asyncpg
import httpx
import pytest

from store.kit.db import fetch, transaction
from store.vendors import service
from store.vendors.queries import find_seat, read_team
from tests.facts import one, value
from tests.guards import unguarded, write_now
from tests.payments.buying import MUG
from tests.people import is_in, link_for, make_person, sign_in, sign_in_as, sign_up, subjects
from tests.world import SHOP, Browser, World, rows

OTTO = "otto@example.com"


async def vera_in(world: World) -> Browser:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    return vera


async def invite(vera: Browser, email: str = OTTO, role: str = "staff") -> httpx.Response:
    return await vera.post("/sell/team", email=email, role=role)


async def link_to(world: World, email: str = OTTO) -> str:
    """The path in the newest invitation's mail."""
    await world.worker.send_mail()
    mails = world.sandbox.state.mailbox.list_mails(email)
    found = [match[1] for mail in mails for match in re.finditer(rf"{SHOP}(/sell/join/[\w-]+)", mail["text"])]
    assert found, mails
    return found[0]


async def person_id(email: str) -> UUID:
    return UUID(str(await value("SELECT id FROM person WHERE email = $1", email)))


async def kiln() -> UUID:
    return UUID(str(await value("SELECT id FROM vendor WHERE slug = 'kiln-co'")))


async def test_invited_person_works_in_the_shop_when_they_join(world: World) -> None:
    vera, otto = await vera_in(world), world.browser()
    await sign_in_as(otto, "otto")
    before = otto.client.cookies["sid"]

    sent = await invite(vera)
    link = await link_to(world)
    joined = await otto.post(link)

    assert (sent.status_code, joined.status_code) == (303, 303)
    assert await subjects(world, OTTO) == ["Work with Kiln & Co on Overprint"]
    seat = await find_seat(await person_id(OTTO))
    assert seat is not None
    assert (seat.slug, seat.role) == ("kiln-co", "staff")
    assert otto.client.cookies["sid"] != before
    team = (await vera.get("/sell/team")).text
    assert f'Remove<span class="vh"> {OTTO}' in team
    assert "invited-title" not in team


async def test_every_other_browser_is_out_when_its_person_joins(world: World) -> None:
    vera, otto, elsewhere = await vera_in(world), world.browser(), world.browser()
    await sign_in_as(otto, "otto")
    await sign_in_as(elsewhere, "otto")
    await invite(vera)

    await otto.post(await link_to(world))

    assert await is_in(otto)
    assert not await is_in(elsewhere)
    assert (await elsewhere.get("/sell/home")).headers["location"].startswith("/account/signin")


async def test_link_lies_in_no_table(world: World) -> None:
    await invite(await vera_in(world))

    token = (await link_to(world)).rpartition("/")[2]

    for table in ("invitation", "mail_message"):
        assert token not in str(await rows(f"SELECT * FROM {table}"))


async def test_new_account_comes_back_to_the_invitation_and_its_address_counts_as_proved(world: World) -> None:
    new = "vera+shop@example.com"
    await invite(await vera_in(world), new, "owner")
    link = await link_to(world, new)
    guest = world.browser()
    page = await guest.get(link)
    assert f'href="/account/signup?next={link}"' in page.text.replace("%2F", "/")

    made = await guest.post("/account/signup", email=new, password="analytical engine", next=link)

    assert made.headers["location"] == link
    assert (await guest.post(link)).status_code == 303
    assert await value("SELECT verified_at IS NOT NULL FROM person WHERE email = $1", new)
    seat = await find_seat(await person_id(new))
    assert seat is not None
    assert seat.role == "owner"


async def test_place_is_not_given_to_another_account(world: World) -> None:
    await invite(await vera_in(world))
    link = await link_to(world)
    ada = world.browser()
    await sign_in_as(ada, "ada")

    page = await ada.get(link)
    taken = await ada.post(link)

    assert "this invitation is for" in page.text
    assert taken.status_code == 404
    assert await find_seat(await person_id("ada@example.com")) is None
    assert (await world.browser().post(link)).headers["location"].startswith("/account/signin")


async def test_link_works_once(world: World) -> None:
    await invite(await vera_in(world))
    link = await link_to(world)
    otto = world.browser()
    await sign_in_as(otto, "otto")
    assert (await otto.post(link)).status_code == 303
    await rows("DELETE FROM membership WHERE person = $1 RETURNING id", await person_id(OTTO))

    again = await otto.post(link)

    assert again.status_code == 404
    assert "invitation has ended" in again.text
    assert (await otto.get(link)).status_code == 404


async def test_link_is_over_when_three_days_have_passed(world: World) -> None:
    await invite(await vera_in(world))
    link = await link_to(world)
    until = await value("SELECT expires_at - created_at BETWEEN '3 days' AND '3 days 1 minute' FROM invitation")
    await rows("UPDATE invitation SET expires_at = expires_at - interval '3 days' RETURNING id")
    otto = world.browser()
    await sign_in_as(otto, "otto")

    assert until
    assert (await otto.post(link)).status_code == 404
    assert (await read_team(await kiln())).invitations == ()


async def test_invitation_that_has_ended_forgets_its_address(world: World) -> None:
    vera = await vera_in(world)
    for email in ("used@example.com", "withdrawn@example.com", "over@example.com", "unsent@example.com", OTTO):
        await invite(vera, email)
    await world.worker.send_mail()
    ended = "UPDATE invitation SET {} WHERE email = '{}' RETURNING id"
    await rows(ended.format("accepted_at = now()", "used@example.com"))
    await rows(ended.format("withdrawn_at = now()", "withdrawn@example.com"))
    await rows(ended.format("expires_at = now() - interval '1 minute'", "over@example.com"))
    await rows(ended.format("expires_at = NULL, created_at = now() - interval '31 days'", "unsent@example.com"))

    forgotten = [await service.forget_offers(), await service.forget_offers()]

    assert forgotten == [4, 0]
    assert await rows("SELECT email, email_key FROM invitation WHERE email <> '' OR email_key <> ''") == [
        {"email": OTTO, "email_key": OTTO}
    ]
    assert await value("SELECT count(*) FROM invitation WHERE accepted_at IS NULL AND withdrawn_at IS NULL") == 1


async def test_only_the_last_invitation_works_when_somebody_is_invited_again(world: World) -> None:
    vera, otto = await vera_in(world), world.browser()
    await sign_in_as(otto, "otto")
    await invite(vera)
    first = await link_to(world)
    await invite(vera, role="owner")
    second = await link_to(world)

    assert (await otto.post(first)).status_code == 404
    assert (await otto.post(second)).status_code == 303
    seat = await find_seat(await person_id(OTTO))
    assert seat is not None
    assert seat.role == "owner"


async def test_no_mail_goes_out_and_the_link_is_dead_when_the_invitation_is_withdrawn(world: World) -> None:
    vera = await vera_in(world)
    await invite(vera)
    link = await link_to(world)
    await invite(vera, "ada@example.com")
    for row in await rows("SELECT id FROM invitation"):
        assert (await vera.post("/sell/team/withdraw", invitation=str(row["id"]))).status_code == 303
    otto = world.browser()
    await sign_in_as(otto, "otto")

    assert await subjects(world, "ada@example.com") == []
    assert (await otto.post(link)).status_code == 404


async def test_removed_person_is_signed_out_everywhere_and_has_no_seat(world: World) -> None:
    vera, otto = await vera_in(world), world.browser()
    await sign_in_as(otto, "otto")
    await invite(vera)
    await otto.post(await link_to(world))
    otto_id = await person_id(OTTO)

    removed = await vera.post("/sell/team/remove", person=str(otto_id))

    assert removed.status_code == 303
    assert await find_seat(otto_id) is None
    assert not await is_in(otto)
    assert await is_in(vera)


async def test_shop_keeps_an_owner(world: World) -> None:
    vera, otto = await vera_in(world), world.browser()
    me = await person_id("vera@example.com")

    alone = await vera.post("/sell/team/remove", person=str(me))
    await sign_in_as(otto, "otto")
    await invite(vera)
    await otto.post(await link_to(world))
    left = await vera.post("/sell/team/remove", person=str(me))

    assert (alone.status_code, left.status_code) == (409, 409)
    assert "Somebody must own the shop" in left.text
    write = f"DELETE FROM membership WHERE person = '{me}'"
    with pytest.raises(asyncpg.CheckViolationError):
        await write_now(write)
    async with unguarded("DROP TRIGGER shop_keeps_an_owner ON membership"):
        await fetch(write)


async def test_owner_may_leave_when_there_is_another(world: World) -> None:
    vera, otto = await vera_in(world), world.browser()
    await sign_in_as(otto, "otto")
    await invite(vera, role="owner")
    await otto.post(await link_to(world))

    left = await vera.post("/sell/team/remove", person=str(await person_id("vera@example.com")))

    assert left.status_code == 303
    assert await value("SELECT email FROM vendor WHERE slug = 'kiln-co'") == OTTO
    assert await is_in(vera)
    assert (await vera.get("/sell/team")).status_code == 404
    assert (await otto.get("/sell/team")).status_code == 200


async def test_staff_and_strangers_find_no_team(world: World) -> None:
    vera, otto = await vera_in(world), world.browser()
    await sign_in_as(otto, "otto")
    assert (await otto.get("/sell/team")).status_code == 404
    await invite(vera)
    await otto.post(await link_to(world))

    assert (await otto.get("/sell/team")).status_code == 404
    assert (await invite(otto, "ada@example.com")).status_code == 404
    assert (await otto.post("/sell/team/remove", person=str(await person_id("vera@example.com")))).status_code == 404
    assert (await world.browser().get("/sell/team")).headers["location"] == "/account/signin?next=%2Fsell%2Fteam"


async def test_other_shops_invitations_and_people_are_not_found(world: World) -> None:
    await invite(await vera_in(world))
    invitation = await one("SELECT id FROM invitation")
    await make_person("other@example.com")
    other_id, bindery = await person_id("other@example.com"), await one("SELECT id FROM vendor WHERE slug = 'turned'")
    await rows(
        "INSERT INTO membership (id, person, vendor, role) VALUES (gen_random_uuid(), $1, $2, 'owner') RETURNING id",
        *(other_id, bindery["id"]),
    )
    other = world.browser()
    await sign_in(other, "other@example.com")

    withdrawn = await other.post("/sell/team/withdraw", invitation=str(invitation["id"]))
    removed = await other.post("/sell/team/remove", person=str(await person_id("vera@example.com")))

    assert (withdrawn.status_code, removed.status_code) == (404, 404)
    assert await value("SELECT withdrawn_at IS NULL FROM invitation")
    assert OTTO not in (await other.get("/sell/team")).text


async def test_who_sits_in_a_shop_already_is_told_so(world: World) -> None:
    vera = await vera_in(world)
    again = await invite(vera, "VERA@example.com")
    assert again.status_code == 422
    assert "works in this shop already" in again.text

    await rows("UPDATE membership SET vendor = (SELECT id FROM vendor WHERE slug = 'turned') RETURNING id")
    await rows(
        "INSERT INTO membership (id, person, vendor, role) SELECT gen_random_uuid(), person.id, vendor.id, 'owner'"
        " FROM person, vendor WHERE person.email = $1 AND slug = 'kiln-co' RETURNING id",
        OTTO,
    )
    otto = world.browser()
    await sign_in_as(otto, "otto")
    assert (await invite(otto, "vera@example.com")).status_code == 303
    taken = await vera.post(await link_to(world, "vera@example.com"))
    assert taken.status_code == 409
    assert "You work in a shop already" in taken.text
    assert await value("SELECT accepted_at IS NULL FROM invitation")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"email": "otto@"}, "Enter an email address like name@example.com."), ({"role": ""}, "Choose what they may do.")],
)
async def test_form_says_what_is_wrong_and_keeps_what_was_typed(
    world: World, wrong: dict[str, str], words: str
) -> None:
    vera = await vera_in(world)

    answer = await vera.post("/sell/team", **{"email": OTTO, "role": "staff", **wrong})

    assert answer.status_code == 422
    assert answer.text.count(words) == 2
    assert f'value="{wrong.get("email", OTTO)}"' in answer.text
    assert await value("SELECT count(*) FROM invitation") == 0


async def test_recent_sign_in_is_asked_for(world: World) -> None:
    vera = await vera_in(world)
    await rows(
        "UPDATE session SET signed_in_at = signed_in_at - interval '16 minutes' WHERE person IS NOT NULL RETURNING id"
    )

    for answer in (await vera.get("/sell/team"), await invite(vera)):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/account/signin")
    assert await value("SELECT count(*) FROM invitation") == 0


async def test_two_open_invitations_to_one_address_are_refused_by_the_database(world: World) -> None:
    await invite(await vera_in(world))
    copied = "vendor, email, email_key, role, invited_by"
    write = f"INSERT INTO invitation (id, {copied}) SELECT gen_random_uuid(), {copied} FROM invitation"

    with pytest.raises(asyncpg.UniqueViolationError):
        async with transaction():
            await fetch(write)
    async with unguarded("DROP INDEX one_open_invitation"):
        await fetch(write)


async def test_owners_who_leave_at_the_same_time_leave_one_behind(world: World) -> None:
    vera, otto = await vera_in(world), world.browser()
    await sign_in_as(otto, "otto")
    await invite(vera, role="owner")
    await otto.post(await link_to(world))
    people = [await person_id(email) for email in ("vera@example.com", OTTO)]
    vendor = await kiln()

    async def leave(who: UUID) -> str:
        try:
            async with transaction():
                await service.remove_member(vendor, who)
        except service.LastOwner:
            return "stays"
        return "left"

    assert sorted(await asyncio.gather(*(leave(who) for who in people))) == ["left", "stays"]
    assert len((await read_team(vendor)).members) == 1


async def test_shop_is_told_at_the_address_that_its_owner_has_now(world: World) -> None:
    owner, proved = world.browser(), "right@example.com"
    await sign_up(owner, "typo@example.com", shop_name="Otto’s Oddities")
    shop = UUID(str(await value("SELECT id FROM vendor WHERE name = 'Otto’s Oddities'")))
    await owner.post("/account/email", email=proved)
    await owner.post(await link_for(world, proved))

    async with transaction():
        await service.tell_shop(shop, "restricted", "once", {"shop": "Otto’s Oddities"})

    assert await rows("SELECT recipient FROM mail_message WHERE kind = 'restricted'") == [{"recipient": proved}]


async def test_each_owner_is_told_of_a_sale_and_no_staff(world: World) -> None:
    staff, owner = await make_person("staff@example.com"), await person_id(OTTO)
    for person, role in ((staff, "staff"), (owner, "owner")):
        await rows(
            "INSERT INTO membership (id, person, vendor, role) VALUES (gen_random_uuid(), $1, $2, $3) RETURNING id",
            *(person, await kiln(), role),
        )
    ada = world.browser()

    await ada.buy(MUG)
    await world.settle()

    told = await rows("SELECT recipient FROM mail_message WHERE kind = 'sold' ORDER BY recipient")
    assert [row["recipient"] for row in told] == [OTTO, "vera@example.com"]
