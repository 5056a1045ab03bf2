"""From the first click to a shop that may sell: links, returns, reviews, in the provider's own words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from store.kit import clock
from store.kit.db import fetch
from tests.dashboard.selling import SHOP_FORM, finish_form, follow_link, open_a_shop, the_shop, where
from tests.facts import value
from tests.look.markup import Outline
from tests.people import sign_in_as
from tests.world import SANDBOX, SHOP, World, rows

PAGE = "/sell/onboarding"


async def tell_of(world: World, outcome: str, ref: str, **more: Any) -> None:
    """The provider thinks otherwise of an account from now on."""
    await world.tell("accounts", outcome=outcome, account=ref, **more)


async def test_guest_signs_in_first_when_the_list_is_asked_for(world: World) -> None:
    answer = await world.browser().get(PAGE)

    assert answer.headers["location"] == "/account/signin?next=%2Fsell%2Fonboarding"


async def test_page_says_what_selling_costs_when_nobody_is_signed_in(world: World) -> None:
    answer = await world.browser().get("/sell")

    assert answer.status_code == 200
    assert Outline(answer.text).find_problems() == []
    for words in ("10% of what your goods cost", "When you are paid", "Three steps", "/account/signup?next=/sell/"):
        assert words in answer.text, words


async def test_shop_is_opened_with_a_seat_when_the_first_task_is_done(world: World) -> None:
    otto = await open_a_shop(world, country="JP")

    page = await otto.get(PAGE)
    shop = await the_shop()
    assert (shop["country"], shop["currency"], shop["charge_type"]) == ("JP", "JPY", "direct")
    assert (shop["state"], shop["account_ref"]) == ("not_started", None)
    assert "1 of 4 done" in page.text
    assert re.search(r'action="/sell/connect/start".*Continue with Stripe', page.text, re.S)
    assert Outline(page.text).find_problems() == []


async def test_list_and_home_count_alike_when_buyers_do_not_know_what_is_made(world: World) -> None:
    otto = await open_a_shop(world)
    await fetch("UPDATE vendor SET about = '' WHERE slug LIKE 'otto%'")

    page = await otto.get(PAGE)

    assert "0 of 4 done" in page.text
    assert "0 of 4 done" in (await otto.get("/sell/home")).text
    assert 'href="/sell/settings">Say what you make</a>' in page.text
    # From the list one gets to the shop's other pages, and from them back to it.
    assert 'aria-label="Your shop"' in page.text
    assert f'href="{PAGE}"' in (await otto.get("/sell/home")).text
    assert Outline(page.text).find_problems() == []


async def test_nothing_typed_is_lost_when_the_first_task_is_refused(world: World) -> None:
    otto = world.browser()
    await sign_in_as(otto, "otto")

    answer = await otto.post(PAGE, **{**SHOP_FORM, "country": "XX", "name": "O"})

    assert answer.status_code == 422
    assert "Choose the country you sell from." in answer.text
    assert SHOP_FORM["about"] in answer.text
    assert Outline(answer.text).find_problems() == []
    assert not await rows("SELECT 1 FROM vendor WHERE slug LIKE 'o%'")


async def test_no_second_shop_is_opened_when_the_first_task_is_sent_again(world: World) -> None:
    otto = await open_a_shop(world)

    assert (await otto.post(PAGE, **SHOP_FORM)).status_code == 303

    assert await value("SELECT count(*) FROM membership WHERE role = 'owner'") == 2


async def test_another_address_is_found_when_a_shop_has_that_of_its_name(world: World) -> None:
    otto = await open_a_shop(world, name="Kiln-Co")

    assert (await otto.get(PAGE)).status_code == 200
    assert len(await rows("SELECT slug FROM vendor WHERE slug LIKE 'kiln-co%'")) == 2


async def test_link_is_made_on_the_click_alone_when_the_list_is_looked_at(world: World) -> None:
    otto = await open_a_shop(world)
    await otto.get(PAGE)
    before = [call.url.path for call in world.wire.sent]

    address = await follow_link(otto)

    assert "/v1/account_links" not in before
    assert address.startswith(SANDBOX + "/")
    assert [call.url.path for call in world.wire.sent[len(before) :]] == ["/v1/accounts", "/v1/account_links"]


async def test_links_differ_when_the_button_is_pressed_twice(world: World) -> None:
    otto = await open_a_shop(world)

    first, second = await follow_link(otto), await follow_link(otto)

    assert first != second
    assert (
        len(await rows("SELECT 1 FROM connected_account JOIN vendor ON vendor.id = vendor AND slug LIKE 'otto%'")) == 1
    )


@pytest.mark.parametrize("country", ["US", "DE"], ids=["destination", "direct"])
async def test_shop_may_sell_when_the_form_is_finished(world: World, country: str) -> None:
    otto = await open_a_shop(world, country=country)

    back = await finish_form(world, await follow_link(otto))
    answer = await otto.get(back)

    assert where(answer) == PAGE
    assert (await the_shop())["state"] == "active"
    assert "Stripe pays you out" in (await otto.get(PAGE)).text


async def test_pitfall_15_return_is_no_success_when_the_form_was_left_half_way(world: World) -> None:
    """Pitfalls 14 and 15: neither the return visit nor the account's id says that anything may be sold."""
    otto = await open_a_shop(world)
    await follow_link(otto)
    ref = (await the_shop())["account_ref"]

    answer = await otto.get(f"/sell/connect/return?account={ref}")

    page = await otto.get(where(answer))
    assert (await the_shop())["state"] == "onboarding"
    assert "Not finished" in page.text
    assert "Stripe still needs:" in page.text


async def test_list_is_polled_when_the_account_is_under_review(world: World) -> None:
    otto = await open_a_shop(world)
    await otto.get(await finish_form(world, await follow_link(otto)))
    ref = str((await the_shop())["account_ref"])
    await tell_of(world, "review", ref)
    await world.deliver()
    calls = len(world.wire.sent)

    page = await otto.get(PAGE)
    poll = re.search(r'hx-get="(/sell/onboarding/status\?since=\d+)" hx-trigger="every 10000ms', page.text)
    assert poll, page.text
    part = await otto.get(poll[1])
    late = await otto.get(f"/sell/onboarding/status?since={int(clock.wall().timestamp()) - 600}")

    assert "Under review" in part.text
    assert "data-poll" in part.text
    assert "<html" not in part.text
    assert "data-poll" not in late.text
    assert "no longer looks by itself" in late.text
    assert len(world.wire.sent) == calls, "a poll calls no provider"


@pytest.mark.parametrize("events", ["duplicate", "reorder"])
async def test_review_ends_by_itself_when_the_provider_is_done(world: World, events: str) -> None:
    otto = await open_a_shop(world)
    await otto.get(await finish_form(world, await follow_link(otto)))
    ref = str((await the_shop())["account_ref"])
    await tell_of(world, "review", ref)
    await world.deliver()
    assert (await the_shop())["state"] == "under_review"
    assert "we email you when it is done" in (await otto.get(PAGE)).text

    await world.tell("webhooks", action=events, count=3)
    await world.advance(301)
    await world.deliver()
    await world.worker.drain(sweep=True)

    assert (await the_shop())["state"] == "active"
    assert "data-poll" not in (await otto.get(PAGE)).text
    letters = (await world.console.get("/_sandbox/mailbox?to=otto@example.com")).json()["data"]
    assert [one["subject"] for one in letters].count("Otto’s Oddities can take payments") == 1


async def test_page_says_what_by_when_and_why_when_the_account_is_restricted(world: World) -> None:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    ref = await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'")
    await tell_of(world, "restricted", ref, days=7)
    await world.deliver()
    soon = await vera.get(PAGE)

    await world.advance(8 * 24 * 3600)
    await world.deliver()
    await world.worker.drain(sweep=True)
    page = await vera.get(PAGE)

    assert re.search(r"Stripe still needs: .*, by \d+ \w+ \d{4}\.", soon.text), soon.text
    assert await value("SELECT state FROM vendor WHERE slug = 'kiln-co'") == "restricted"
    assert "Restricted" in page.text
    assert "overdue" in page.text
    assert "Continue with Stripe" in page.text


async def test_page_offers_nothing_when_the_account_is_rejected(world: World) -> None:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    await tell_of(world, "rejected", await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'"))
    await world.deliver()

    page = await vera.get(PAGE)

    assert await value("SELECT state FROM vendor WHERE slug = 'kiln-co'") == "rejected"
    assert "Stripe has rejected your account" in page.text
    assert "Stripe suspects fraud." in page.text
    assert "Continue with Stripe" not in page.text


async def test_pitfall_12_account_of_the_envelope_is_asked_for_when_it_has_been_deauthorised(world: World) -> None:
    """Pitfall 12: the event names the application; the account in its envelope is the one that is asked for."""
    ref = await value("SELECT account_ref FROM vendor WHERE slug = 'lumen-works'")
    await tell_of(world, "deauthorized", ref)

    await world.deliver()

    assert await value("SELECT state FROM vendor WHERE slug = 'lumen-works'") == "disconnected"
    told = await rows("SELECT type, outcome FROM inbox_event WHERE type = 'account.application.deauthorized'")
    assert told == [{"type": "account.application.deauthorized", "outcome": "applied"}]


async def test_pitfall_11_account_events_arrive_when_each_endpoint_has_its_own_secret(world: World) -> None:
    """Pitfalls 11 and 21: account events come to the platform's Connect endpoint, none is made on the account."""
    assert world.settings.stripe_webhook_secrets != world.settings.stripe_connect_webhook_secrets
    ref = await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'")
    await tell_of(world, "rejected", ref)

    await world.deliver()

    events = await rows("SELECT DISTINCT endpoint, account FROM inbox_event WHERE type = 'account.updated'")
    assert events == [{"endpoint": "connect", "account": ref}]
    assert not [call for call in world.wire.sent if "Stripe-Account" in call.headers and "endpoints" in call.url.path]


async def test_new_link_is_made_when_the_last_one_was_spent(world: World) -> None:
    otto = await open_a_shop(world)
    spent = await follow_link(otto)
    await world.console.get(spent)
    refused = await world.console.get(spent)

    again = await otto.get(refused.headers["location"].removeprefix(SHOP))

    assert where(refused) == "/sell/connect/refresh"
    assert again.headers["location"].startswith(SANDBOX + "/")
    assert again.headers["location"] != spent


async def test_no_account_is_opened_by_a_link_when_the_old_one_was_disconnected(world: World) -> None:
    """A visit of a page changes nothing: the button alone begins a new account."""
    otto = await open_a_shop(world)
    await follow_link(otto)
    ref = str((await the_shop())["account_ref"])
    await tell_of(world, "deauthorized", ref)
    await world.deliver()

    answer = await otto.get(f"/sell/connect/refresh?account={ref}")

    assert answer.status_code == 409
    assert "With the button you begin a new one." in answer.text
    assert (await the_shop())["account_ref"] == ref
    assert (
        len(await rows("SELECT 1 FROM connected_account JOIN vendor ON vendor.id = vendor AND slug LIKE 'otto%'")) == 1
    )
    assert (await otto.post("/sell/connect/start")).status_code == 303
    assert (await the_shop())["account_ref"] != ref


async def test_pitfall_14_loop_ends_with_an_explanation_when_links_are_spent_again_and_again(world: World) -> None:
    """Pitfall 14: a refresh address that leads to itself."""
    otto = await open_a_shop(world)
    await follow_link(otto)
    path = f"/sell/connect/refresh?account={(await the_shop())['account_ref']}"

    answers = [await otto.get(path) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [303, 303, 303, 409]
    assert "sent you back to us three times" in answers[-1].text
    assert Outline(answers[-1].text).find_problems() == []
    assert (await otto.post("/sell/connect/start")).status_code == 303
    assert (await otto.get(path)).status_code == 303


@pytest.mark.parametrize("path", ["/sell/connect/return", "/sell/connect/refresh"])
async def test_nothing_is_found_when_the_account_is_another_persons(world: World, path: str) -> None:
    otto = await open_a_shop(world)
    await follow_link(otto)
    veras = await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'")
    ottos = (await the_shop())["account_ref"]
    calls = len(world.wire.sent)

    answers = [await otto.get(f"{path}?account={ref}") for ref in (veras, "", "acct_x")]
    ada = world.browser()
    await sign_in_as(ada, "ada")
    answers += [await ada.get(f"{path}?account={ottos}")]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len(world.wire.sent) == calls


@pytest.mark.parametrize("who", ["ada", "olga"])
async def test_nothing_is_found_when_somebody_without_a_shop_asks_for_a_link(world: World, who: str) -> None:
    browser = world.browser()
    await sign_in_as(browser, who)

    assert (await browser.post("/sell/connect/start")).status_code == 404
    assert (await browser.get("/sell/onboarding/status")).status_code == 404


async def test_nothing_is_found_when_staff_asks_for_a_link(world: World) -> None:
    otto = await open_a_shop(world)
    await fetch("UPDATE membership SET role = 'staff'")

    assert (await otto.post("/sell/connect/start")).status_code == 404


@pytest.mark.parametrize("state", ["active", "restricted", "disconnected"])
async def test_staff_are_sent_to_the_owner_when_something_is_done_at_the_provider(world: World, state: str) -> None:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    await fetch("UPDATE vendor SET state = $1 WHERE slug = 'kiln-co'", state)
    owners = await vera.get(PAGE)
    await fetch("UPDATE membership SET role = 'staff'")

    page = await vera.get(PAGE)

    assert re.search(r'action="/sell/connect/\w+"', owners.text)
    assert "Only the shop’s owner" not in owners.text
    assert "/sell/connect/" not in page.text
    assert "Only the shop’s owner can go on at Stripe: ask them to." in page.text
    assert Outline(page.text).find_problems() == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("active", "Your products are for sale."),
        ("restricted", "say that you cannot take payments at the moment."),
        ("rejected", "nobody can buy them: Stripe has rejected your account."),
        ("disconnected", "nobody can buy them until Stripe is set up again."),
    ],
)
async def test_last_task_says_what_buyers_meet_when_the_account_is_as_it_is(
    world: World, state: str, words: str
) -> None:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    await fetch("UPDATE vendor SET state = $1 WHERE slug = 'kiln-co'", state)

    page = await vera.get(PAGE)

    assert words in page.text
    assert "until Stripe is done" not in page.text


async def test_task_is_kept_with_a_button_to_try_again_when_the_provider_is_down(world: World) -> None:
    otto = await open_a_shop(world)
    await world.tell("faults", method="POST", path="/v1/account_links", when="before", action="status", status=401)

    answer = await otto.post("/sell/connect/start")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "Stripe does not answer just now" in answer.text
    assert "Continue with Stripe" in answer.text
    await world.console.delete("/_sandbox/faults")
    assert (await otto.post("/sell/connect/start")).status_code == 303


@pytest.mark.parametrize(("path", "words"), [("start", "your shop’s details"), ("dashboard", "open its dashboard")])
async def test_refusal_asks_for_nothing_that_cannot_be_changed(world: World, path: str, words: str) -> None:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    links = {"start": "/v1/account_links", "dashboard": "/v1/accounts/*/login_links"}
    await world.tell("faults", method="POST", path=links[path], when="before", action="status", status=400)

    answer = await vera.post(f"/sell/connect/{path}")

    assert answer.status_code == 422
    assert words in answer.text
    assert "lease write to us" in answer.text
    assert "check your shop’s country" not in answer.text


async def test_page_is_shown_when_the_provider_is_down_at_the_return_visit(world: World) -> None:
    otto = await open_a_shop(world)
    back = await finish_form(world, await follow_link(otto))
    await world.tell("faults", method="GET", path="/v1/accounts/*", when="before", action="status", status=401)

    answer = await otto.get(back)

    assert where(answer) == PAGE
    assert (await the_shop())["state"] == "onboarding"
    await world.console.delete("/_sandbox/faults")
    await world.worker.drain(sweep=True)
    assert (await the_shop())["state"] == "active", "the sweep looks when no door did"


async def test_nobody_is_sent_to_an_origin_that_settings_do_not_name(world: World) -> None:
    """The provider's form lies where the settings say, and the policy of pages names the same origins."""
    answer = await (await open_a_shop(world)).get(PAGE)

    assert f"form-action 'self' {SANDBOX};" in answer.headers["content-security-policy"]


async def test_owner_is_signed_in_to_the_express_dashboard_when_the_button_is_pressed(world: World) -> None:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    page = await vera.get(PAGE)

    answer = await vera.post("/sell/connect/dashboard")

    assert re.search(r'action="/sell/connect/dashboard".*Open your Stripe dashboard', page.text, re.S)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{SANDBOX}/")
    shown = await world.console.get(answer.headers["location"], follow_redirects=True)
    assert "Kiln &amp; Co" in shown.text
    assert (await vera.post("/sell/connect/dashboard")).headers["location"] != answer.headers["location"]


async def test_no_express_dashboard_is_offered_when_the_shop_has_the_full_one(world: World) -> None:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    await fetch("UPDATE membership SET vendor = (SELECT id FROM vendor WHERE slug = 'lumen-works')")

    assert "/sell/connect/dashboard" not in (await vera.get(PAGE)).text
    assert "sign in at Stripe with your own password" in (await vera.post("/sell/connect/dashboard")).text


@pytest.mark.parametrize("path", ["start", "dashboard"])
async def test_recent_sign_in_is_asked_for_before_payouts_are_touched(world: World, path: str) -> None:
    vera = world.browser()
    await sign_in_as(vera, "vera")
    await fetch("UPDATE session SET signed_in_at = signed_in_at - interval '16 minutes' WHERE person IS NOT NULL")

    answer = await vera.post(f"/sell/connect/{path}")

    assert where(answer).startswith("/account/signin")
    assert not [sent for sent in world.wire.sent if sent.url.path.endswith(("login_links", "account_links"))]
