"""Scenario cards: what each sets, says and leads to; how it ends; and that the same is had by API."""

from __future__ import annotations

import json
from html import unescape

import httpx
import pytest

from store.sandbox.console.scenario import Scenario
from store.sandbox.console.scenarios import BY_NAME, SCENARIOS
from tests.sandbox.conftest import SHOP, Sandbox

COMPLETED = "checkout.session.completed"
NAMED = {
    "paid",
    "declined-then-paid",
    "three-d-secure",
    "expired",
    "webhook-late",
    "webhook-duplicated",
    "webhook-dropped",
    "stripe-down",
}
by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=[one.name for one in SCENARIOS])


async def _set(sandbox: Sandbox, name: str) -> httpx.Response:
    return await sandbox.client.post(f"/console/scenarios/{name}", follow_redirects=True)


async def _pay(sandbox: Sandbox, **card: str) -> None:
    await sandbox.submit((await sandbox.open_session())["id"], **card)
    await sandbox.app.state.deliveries.run_due()


async def _rules(sandbox: Sandbox) -> list[object]:
    return [(await sandbox.client.get(f"/_sandbox/{what}")).json()["data"] for what in ("webhooks", "faults")]


async def test_the_first_page_has_a_form_for_each_when_opened(sandbox: Sandbox) -> None:
    page = await sandbox.client.get("/")

    assert {scenario.name for scenario in SCENARIOS} >= NAMED
    for scenario in SCENARIOS:
        assert f'action="/console/scenarios/{scenario.name}"' in page.text


async def test_cards_are_grouped_by_provider_when_the_first_page_is_opened(sandbox: Sandbox) -> None:
    page = (await sandbox.client.get("/")).text

    places = [page.index(f"<h3>{heading}</h3>") for heading in ("Stripe", "PayPal", "Both providers")]
    assert places == sorted(places)
    for name, group in (("stripe-down", 0), ("seller-rejected", 0), ("paypal-down", 1), ("webhook-late", 2)):
        there = page.index(f'action="/console/scenarios/{name}"')
        assert sum(place < there for place in places) == group + 1, name


def test_card_says_how_to_pay_at_each_provider_when_it_is_about_both() -> None:
    steps = [" ".join(scenario.do) for scenario in SCENARIOS if scenario.provider == "both"]
    by_card = [words for words in steps if "4242" in words]

    assert len(by_card) > 3
    assert [words for words in by_card if "choose PayPal at the checkout" not in words] == []


@by_name
async def test_card_says_what_decides_and_how_it_ends_when_set(sandbox: Sandbox, scenario: Scenario) -> None:
    await sandbox.add_endpoint()
    await sandbox.open_account()

    page = unescape((await _set(sandbox, scenario.name)).text)

    assert ">End this scenario</button>" in page
    assert scenario.ending in page
    assert ("It sets no rule." in page) == (not scenario.rules)
    if not scenario.rules:
        assert f"it is brought about by {scenario.decides}." in page
    if scenario.clock:
        assert f'POST /_sandbox/clock\n{{"advance": {scenario.clock}}}' in page


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("paypal-echeck-completes", "It sets no rule."),
        ("stripe-down", "Its rule holds until you end the scenario."),
        ("paypal-answer-lost", "Its rule ends by itself when it has acted."),
        ("webhook-reordered", "A webhook that is kept is sent then."),
        ("seller-restricted", "The account stays as it is"),
        ("expired", "The clock stays where it was moved to."),
    ],
)
def test_ending_is_what_the_rules_need_when_it_is_written(name: str, words: str) -> None:
    assert words in BY_NAME[name].ending


@by_name
async def test_card_sets_what_its_calls_set_and_ends_it_when_told(sandbox: Sandbox, scenario: Scenario) -> None:
    await sandbox.add_endpoint()
    for _ in range(2):
        await sandbox.open_account()

    page = await _set(sandbox, scenario.name)
    by_card = await _rules(sandbox)
    await sandbox.client.post("/console/scenarios/end")
    ended = await _rules(sandbox)
    for call, body in scenario.rules:
        assert (await sandbox.tell(call, **body)).status_code == 200
    by_api = await _rules(sandbox)

    assert page.status_code == 200
    assert f'href="{SHOP}/"' in page.text
    for words in (*scenario.do, *scenario.expect):
        assert words.replace("'", "&#39;") in page.text
    for call, body in scenario.rules:
        assert f"POST /_sandbox/{call}" in page.text
        assert json.dumps(body).replace('"', "&#34;") in page.text
    assert by_card == by_api
    assert ended == [[], []]
    assert sandbox.app.state.faults.scenario is None


async def test_only_the_last_one_is_set_when_two_are(sandbox: Sandbox) -> None:
    await _set(sandbox, "stripe-down")
    await _set(sandbox, "webhook-dropped")

    page = await sandbox.client.get("/")

    assert sandbox.app.state.faults.requests == []
    assert [rule.action for rule in sandbox.app.state.faults.deliveries] == ["drop"]
    assert page.text.count("is set</span>") == 1
    assert "“<a" in page.text


async def test_payment_goes_through_when_paid(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await _set(sandbox, "paid")

    await _pay(sandbox)

    assert sandbox.shop.types() == [COMPLETED]
    assert len(await sandbox.truth("captures")) == 1


async def test_second_card_pays_when_declined_then_paid(sandbox: Sandbox) -> None:
    await _set(sandbox, "declined-then-paid")
    session = await sandbox.open_session()

    declined = await sandbox.submit(session["id"], number="4000 0000 0000 0002")
    paid = await sandbox.submit(session["id"])

    assert (declined.status_code, paid.status_code) == (200, 303)
    assert len(await sandbox.truth("captures")) == 1


async def test_bank_asks_when_three_d_secure(sandbox: Sandbox) -> None:
    await _set(sandbox, "three-d-secure")

    asked = await sandbox.submit((await sandbox.open_session())["id"], number="4000 0027 6000 3184")

    assert "/challenge/" in asked.headers["location"]


async def test_session_expires_by_the_cards_own_button_when_expired(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(("checkout.session.expired",))
    session = await sandbox.open_session(expires_at=sandbox.app.state.clock.now() + 45 * 60)
    page = await _set(sandbox, "expired")

    assert 'name="advance" value="3600"' in page.text
    await sandbox.client.post("/console/clock", data={"advance": "3600"})
    await sandbox.app.state.deliveries.run_due()

    shown = await sandbox.client.get(f"/c/pay/{session['id']}")
    assert "expired" in shown.text
    assert sandbox.shop.types() == ["checkout.session.expired"]


async def test_webhook_is_due_in_twenty_seconds_when_late(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await _set(sandbox, "webhook-late")

    await _pay(sandbox)

    (entry,) = sandbox.app.state.deliveries.list_log()
    assert (entry["state"], round(entry["due"] - entry["created"])) == ("waiting", 20)
    assert sandbox.shop.received == []


@pytest.mark.parametrize(("name", "arrived"), [("webhook-duplicated", 4), ("webhook-dropped", 0)])
async def test_webhooks_come_twice_or_never_when_set(sandbox: Sandbox, name: str, arrived: int) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await _set(sandbox, name)

    for _ in range(2):
        await _pay(sandbox)

    assert len(sandbox.shop.received) == arrived
    assert len(await sandbox.truth("captures")) == 2


async def test_second_webhook_comes_first_when_out_of_order(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED, "charge.updated"))
    await _set(sandbox, "webhook-reordered")

    await _pay(sandbox)
    await sandbox.tell("clock", advance=60)
    while await sandbox.app.state.deliveries.run_due():
        pass

    assert sandbox.shop.types() == ["charge.updated", COMPLETED]


async def test_api_is_down_until_it_ends_when_stripe_is_down(sandbox: Sandbox) -> None:
    await _set(sandbox, "stripe-down")
    down = [(await sandbox.call("GET", "/v1/events", {"limit": 1})).status_code for _ in range(3)]
    page = await sandbox.client.get("/console/scenarios/stripe-down")

    await sandbox.client.post("/console/scenarios/end", data={"back": "/console/scenarios/stripe-down"})

    assert down == [503, 503, 503]
    assert "End this scenario" in page.text
    assert (await sandbox.call("GET", "/v1/events", {"limit": 1})).status_code == 200


@pytest.mark.parametrize("name", ["stripe-down", "webhook-dropped"])
async def test_no_scenario_is_set_when_its_rules_were_ended_by_api(sandbox: Sandbox, name: str) -> None:
    await _set(sandbox, name)

    if name == "stripe-down":
        await sandbox.client.delete("/_sandbox/faults")
    else:
        await sandbox.tell("webhooks", action="clear")

    page = await sandbox.client.get("/")
    assert "is set" not in page.text
    assert "in force" not in page.text


async def test_card_says_that_the_shop_is_unknown_when_no_endpoint_told_it(sandbox: Sandbox) -> None:
    page = await _set(sandbox, "paid")

    assert "no webhook endpoint has told its address yet" in page.text


async def test_answer_is_404_and_names_them_when_there_is_no_such_scenario(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post("/console/scenarios/earthquake")

    assert answer.status_code == 404
    assert "stripe-down" in answer.text
