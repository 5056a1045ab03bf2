"""Signing in, by password or by the demo's button: the id changes, and the answer tells nobody who has an account."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from store.accounts import service
from store.accounts.service.passwords import NOBODY, needs_rehash
from store.app import create_app
from store.kit.db import fetch_value
from store.kit.metrics import REGISTRY
from tests.people import PASSWORD, make_person, sign_in, sign_in_as
from tests.shelves import count_statements, read_form, read_words
from tests.world import SHOP, World, rows

ADA = "ada.two@example.com"


def count_hashes() -> float:
    return REGISTRY.get_sample_value("overprint_password_hashes_total") or 0.0


async def test_person_is_in_when_address_and_password_are_right(world: World) -> None:
    ada = world.browser()
    await make_person("Ada.Two@example.com")

    answer = await sign_in(ada, "ada.TWO@example.com")

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = await ada.get("/account")
    assert "Ada.Two@example.com" in read_words(page)
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("email", ["ada.two@example.com", "nobody@example.com"])
async def test_answer_is_the_same_when_the_password_is_wrong_or_the_address_unknown(world: World, email: str) -> None:
    await make_person(ADA)

    answer = await sign_in(world.browser(), email, "a wrong password")

    words = read_words(answer).replace(email, "…")
    assert answer.status_code == 422
    assert words.count("This email address and password do not belong together.") == 2
    assert read_form(answer, "/account/signin") == {"email": email, "password": ""}
    assert await fetch_value("SELECT count(*) FROM session") == 0


async def test_work_is_the_same_when_the_address_is_unknown(world: World) -> None:
    await make_person(ADA)
    work = {}
    for email in ("ada.two@example.com", "nobody@example.com", "ada@example.com"):
        before = count_hashes()
        async with count_statements() as statements:
            await sign_in(world.browser(), email, "a wrong password")
        work[email] = (count_hashes() - before, statements)

    known, unknown, without_password = work.values()
    assert known == unknown == without_password
    assert known[0] == 1
    assert not needs_rehash(NOBODY)


async def test_session_has_another_id_when_somebody_signs_in(world: World) -> None:
    """An id that an attacker planted, known to the shop or not, is nobody's afterwards."""
    await make_person(ADA)
    planted = await service.keep_messages(None, ["Kept for the next page."])
    victim = world.browser()
    victim.client.cookies.set("sid", planted, domain="localhost.local", path="/")

    await sign_in(victim, "ada.two@example.com")

    issued = victim.client.cookies["sid"]
    assert issued != planted
    attacker = await world.browser().get("/account", Cookie=f"sid={planted}")
    assert attacker.headers["location"].startswith("/account/signin")
    assert "Kept for the next page." in read_words(await victim.get("/account"))
    assert len(await rows("SELECT * FROM session")) == 1


async def test_chosen_id_is_discarded_when_it_signs_in(world: World) -> None:
    await make_person(ADA)
    victim = world.browser()

    answer = await victim.client.post(
        "/account/signin",
        data={"email": "ada.two@example.com", "password": PASSWORD},
        headers={"Cookie": "sid=attackerchosen"},
    )

    assert answer.cookies["sid"] != "attackerchosen"
    refused = await world.browser().get("/account", Cookie="sid=attackerchosen")
    assert refused.status_code == 303


async def test_id_opens_nothing_when_its_person_has_signed_out(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    old = ada.client.cookies["sid"]

    answer = await ada.post("/account/signout")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert ada.client.cookies.get("sid") != old
    assert (await world.browser().get("/account", Cookie=f"sid={old}")).status_code == 303
    assert (await ada.get("/account")).status_code == 303
    assert "You are signed out." in read_words(await ada.get("/"))


async def test_nobody_is_signed_out_when_the_address_is_only_looked_at(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")

    page = await ada.get("/account/signout")

    assert read_form(page, "/account/signout") == {}
    assert (await ada.get("/account")).status_code == 200


@pytest.mark.parametrize(
    ("goal", "leads_to"),
    [
        ("/account/sessions?x=1", "/account/sessions?x=1"),
        ("//evil.example/", "/account"),
        ("https://evil.example/", "/account"),
        ("/\\evil.example", "/account"),
        ("/ok\r\nLocation: https://evil.example", "/account"),
    ],
)
async def test_next_stays_inside_the_shop_when_it_comes_from_outside(world: World, goal: str, leads_to: str) -> None:
    await make_person(ADA)
    form = {"email": "ada.two@example.com", "password": PASSWORD}
    if "\r" not in goal:
        form["next"] = goal

    shown = await world.browser().client.get("/account/signin", params={"next": goal})
    answer = await world.browser().client.post("/account/signin", data=form)

    assert read_form(shown, "/account/signin").get("next", "/account") == leads_to
    assert answer.headers["location"] == leads_to


async def test_guest_is_led_to_sign_in_and_back_when_a_page_needs_a_person(world: World) -> None:
    ada = world.browser()

    led = await ada.get("/account?tab=1")

    assert (led.status_code, led.headers["location"]) == (303, "/account/signin?next=%2Faccount%3Ftab%3D1")
    form = read_form(await ada.get(led.headers["location"]), "/account/demo")
    back = await ada.post("/account/demo", **form, person="ada")
    assert back.headers["location"] == "/account?tab=1"


async def test_fragment_is_told_when_it_needs_a_person(world: World) -> None:
    answer = await world.browser().get("/account", **{"HX-Request": "true", "HX-Request-Type": "partial"})

    assert answer.status_code == 401
    assert "<html" not in answer.text


@pytest.mark.parametrize("key", ["ada", "vera", "otto", "olga"])
async def test_one_click_is_enough_when_it_is_a_demo(world: World, key: str) -> None:
    browser = world.browser()

    await sign_in_as(browser, key)

    assert f"{key}@example.com" in read_words(await browser.get("/account"))


async def test_there_are_no_demo_people_when_it_is_no_demo(world: World) -> None:
    shop = create_app(replace(world.settings, demo=False), world.gateways)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=shop), base_url=SHOP, headers={"Sec-Fetch-Site": "same-origin"}
    )
    world.clients.append(client)

    page = await client.get("/account/signin")
    answer = await client.post("/account/demo", data={"person": "olga"})
    typed = await client.post("/account/signin", data={"email": "olga@example.com", "password": "olga"})

    assert "/account/demo" not in page.text
    assert answer.status_code == 404
    assert typed.status_code == 422
    assert await fetch_value("SELECT count(*) FROM session") == 0


async def test_olga_alone_is_an_operator(world: World) -> None:
    assert await rows("SELECT email FROM person WHERE operator") == [{"email": "olga@example.com"}]


async def test_header_shows_who_is_there_when_a_page_is_framed(world: World) -> None:
    ada = world.browser()

    before = await ada.get("/")
    await sign_in_as(ada, "ada")

    assert '<a href="/account/signin">Sign in</a>' in before.text
    assert '<a href="/account">Account</a>' in (await ada.get("/")).text


async def test_nobody_is_told_to_sign_in_by_an_error_page_and_nobody_is_asked(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")

    async with count_statements() as asked:
        page = await ada.get("/no-such-page")

    assert page.status_code == 404
    assert '<a href="/account">Account</a>' in page.text
    assert "Sign in" not in page.text
    assert asked == []


async def test_page_asks_nobody_who_it_is_when_there_is_no_session_cookie(world: World) -> None:
    async with count_statements() as anonymous:
        await world.browser().get("/help")
    ada = world.browser()
    await sign_in_as(ada, "ada")
    async with count_statements() as signed_in:
        await ada.get("/help")

    assert anonymous == []
    assert len([statement for statement in signed_in if "JOIN person" in statement]) == 1


async def test_session_ends_when_thirty_days_are_over_however_much_was_said(world: World) -> None:
    await make_person(ADA)
    ada = world.browser()
    await sign_in(ada, "ada.two@example.com")
    ends = await fetch_value("SELECT expires_at FROM session")

    await service.keep_messages(ada.client.cookies["sid"], ["more"])

    assert await fetch_value("SELECT expires_at FROM session") == ends
