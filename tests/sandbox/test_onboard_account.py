"""The hosted onboarding: step by step, stopped and gone on with, submitted; and the link that leads to it."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import SHOP, Sandbox

RETURN, REFRESH = SHOP + "/sell/onboarding/return", SHOP + "/sell/onboarding/refresh"
STEPS = ("business", "person", "bank")


async def open_bare(sandbox: Sandbox, **more: Any) -> str:
    data = {
        "country": "US",
        "email": "vera@example.com",
        "controller[requirement_collection]": "stripe",
        "capabilities[card_payments][requested]": "true",
        "capabilities[transfers][requested]": "true",
        **more,
    }
    return str((await sandbox.create("/v1/accounts", data))["id"])


async def link(sandbox: Sandbox, account: str) -> str:
    data = {"account": account, "type": "account_onboarding", "return_url": RETURN, "refresh_url": REFRESH}
    made = await sandbox.create("/v1/account_links", data)
    assert "id" not in made
    return str(made["url"])


async def enter(sandbox: Sandbox, account: str) -> str:
    """Follow a new link and return the address of the step it leads to."""
    answer = await sandbox.client.get(await link(sandbox, account))
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def onboard(sandbox: Sandbox, account: str, **choice: str) -> httpx.Response:
    """Take every step with test data and submit with this choice."""
    address = await enter(sandbox, account)
    while not address.endswith("/review"):
        address = (await sandbox.client.post(address, data={"test": "1"})).headers["location"]
    return await sandbox.client.post(address, data=choice)


async def read(sandbox: Sandbox, account: str) -> dict[str, Any]:
    answer = await sandbox.call("GET", f"/v1/accounts/{account}")
    found: dict[str, Any] = answer.json()
    return found


async def test_account_is_active_when_every_step_has_test_data_and_it_is_submitted(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(connect=True)
    account = await open_bare(sandbox)

    done = await onboard(sandbox, account)
    await sandbox.app.state.deliveries.run_due()

    assert (done.status_code, done.headers["location"]) == (303, RETURN)
    found = await read(sandbox, account)
    assert (found["charges_enabled"], found["payouts_enabled"], found["details_submitted"]) == (True, True, True)
    assert found["requirements"]["currently_due"] == []
    assert {"account.updated", "capability.updated", "person.created", "account.external_account.created"} <= set(
        sandbox.shop.types()
    )


@pytest.mark.parametrize("country", ["US", "DE", "FR", "GB", "JP"])
async def test_every_step_is_shown_and_taken_when_the_seller_is_in_any_country_of_ours(
    sandbox: Sandbox, country: str
) -> None:
    account = await open_bare(sandbox, country=country)
    address = await enter(sandbox, account)

    for step in STEPS:
        shown = await sandbox.client.get(address)
        assert (shown.status_code, address.rsplit("/", 1)[1]) == (200, step)
        address = (await sandbox.client.post(address, data={"test": "1"})).headers["location"]

    assert address.endswith("/review")
    assert (await sandbox.client.post(address, data={})).headers["location"] == RETURN
    assert (await read(sandbox, account))["charges_enabled"]


async def test_nothing_is_submitted_when_every_step_is_taken_but_the_last(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    address = await enter(sandbox, account)

    for step in STEPS:
        assert address.endswith(step)
        assert "Use test data" in (await sandbox.client.get(address)).text
        address = (await sandbox.client.post(address, data={"test": "1"})).headers["location"]

    found = await read(sandbox, account)
    assert address.endswith("/review")
    assert "What shall become of the account?" in (await sandbox.client.get(address)).text
    assert (found["details_submitted"], found["charges_enabled"]) == (False, False)
    assert found["requirements"]["currently_due"] == ["tos_acceptance.date"]


async def test_new_link_goes_on_where_the_last_one_stopped_when_left_half_way(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    address = await enter(sandbox, account)
    page = await sandbox.client.get(address)
    assert f'<a href="{RETURN}">Stop here</a>' in page.text
    await sandbox.client.post(address, data={"business_type": "individual", "business_name": "Vera's Clay"})

    again = await enter(sandbox, account)

    assert again.endswith("/person")
    assert 'value="Vera&#39;s Clay"' in (await sandbox.client.get(again.replace("/person", "/business"))).text


@pytest.mark.parametrize("seconds", [0, 300])
async def test_link_leads_to_the_refresh_url_when_it_is_used_or_late(sandbox: Sandbox, seconds: int) -> None:
    address = await link(sandbox, await open_bare(sandbox))
    if seconds:
        await sandbox.tell("clock", advance=seconds)
    else:
        assert "/setup/p/" in (await sandbox.client.get(address)).headers["location"]

    late = await sandbox.client.get(address)

    assert (late.status_code, late.headers["location"]) == (303, REFRESH)


async def test_stay_leads_to_the_refresh_url_when_its_hour_is_up(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    address = await enter(sandbox, account)
    await sandbox.tell("clock", advance=3600)

    late = await sandbox.client.post(address, data={"test": "1"})

    assert (late.status_code, late.headers["location"]) == (303, REFRESH)
    assert (await read(sandbox, account))["business_type"] is None


@pytest.mark.parametrize("path", ["/setup/s/{}/nothing", "/setup/p/{}/nothing/person", "/setup/s/acct_none/nothing"])
async def test_page_is_404_when_nobody_made_its_address(sandbox: Sandbox, path: str) -> None:
    account = await open_bare(sandbox)

    assert (await sandbox.client.get(path.format(account))).status_code == 404


async def test_what_was_typed_stays_and_errors_are_named_when_a_step_is_wrong(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    address = await enter(sandbox, account)
    address = (await sandbox.client.post(address, data={"test": "1"})).headers["location"]

    page = await sandbox.client.post(address, data={"first_name": "Vera <3", "day": "41", "month": "1", "year": "1901"})

    assert page.status_code == 422
    assert 'value="Vera &lt;3"' in page.text
    for name in ("last_name", "day", "line1", "phone", "code", "ssn_last_4"):
        assert f'href="#{name}"' in page.text
        assert re.search(f'id="{name}"[^>]*aria-invalid="true"', page.text)


async def test_fact_stays_due_with_its_error_when_it_is_no_test_value(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    address = await enter(sandbox, account)
    address = (await sandbox.client.post(address, data={"test": "1"})).headers["location"]
    typed = {"first_name": "Vera", "last_name": "Vendor", "day": "2", "month": "1", "year": "1901", "code": "000000"}
    typed |= {"line1": "1 Clay Row", "city": "London", "postal_code": "N1", "phone": "0000000000", "ssn_last_4": "0000"}

    await sandbox.client.post(address, data=typed)

    requirements = (await read(sandbox, account))["requirements"]
    wrong = ["individual.address.line1", "individual.dob.day"]
    assert [error["requirement"] for error in requirements["errors"]] == wrong
    assert set(wrong) <= set(requirements["currently_due"])
    assert (await enter(sandbox, account)).endswith("/person")


@pytest.mark.parametrize(
    ("country", "kind", "last4"), [("DE", "individual", "3000"), ("JP", "company", "1234"), ("US", "company", "6789")]
)
async def test_account_is_active_when_it_is_of_another_country_or_a_company(
    sandbox: Sandbox, country: str, kind: str, last4: str
) -> None:
    account = await open_bare(sandbox, country=country)
    address = await enter(sandbox, account)
    form = {"business_type": kind, "business_name": "Vera's Clay", "website": "https://clay.example"}
    address = (await sandbox.client.post(address, data=form)).headers["location"]
    page = await sandbox.client.get(address)

    for _ in range(2):
        address = (await sandbox.client.post(address, data={"test": "1"})).headers["location"]
    await sandbox.client.post(address, data={"outcome": "active"})

    assert ("tax_id" in page.text, "ssn_last_4" in page.text) == (kind == "company", country == "US")
    found = await read(sandbox, account)
    assert (found["charges_enabled"], found["payouts_enabled"], found["business_type"]) == (True, True, kind)
    assert found["external_accounts"]["data"][0]["last4"] == last4
    assert found["business_profile"]["url"] == "https://clay.example"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"outcome": "perhaps"}, "outcome"),
        ({"outcome": "review", "minutes": "soon"}, "minutes"),
        ({"outcome": "restricted", "days": "367"}, "days"),
        ({"outcome": "rejected", "reason": "dislike"}, "reason"),
    ],
)
async def test_review_is_shown_again_and_nothing_submitted_when_the_choice_is_wrong(
    sandbox: Sandbox, form: dict[str, str], field: str
) -> None:
    account = await open_bare(sandbox)

    page = await onboard(sandbox, account, **form)

    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert (await read(sandbox, account))["details_submitted"] is False


@pytest.mark.parametrize(
    ("form", "shows"),
    [
        ({"outcome": "review", "minutes": "3"}, {"disabled_reason": "requirements.pending_verification"}),
        ({"outcome": "restricted", "days": "2"}, {"currently_due": ["individual.verification.document"]}),
        ({"outcome": "rejected", "reason": "listed"}, {"disabled_reason": "rejected.listed"}),
    ],
)
async def test_account_stands_as_it_was_chosen_when_it_is_submitted(
    sandbox: Sandbox, form: dict[str, str], shows: dict[str, Any]
) -> None:
    account = await open_bare(sandbox)

    assert (await onboard(sandbox, account, **form)).headers["location"] == RETURN

    found = await read(sandbox, account)
    assert found["details_submitted"] is True
    assert found["tos_acceptance"]["date"]
    assert {name: found["requirements"][name] for name in shows} == shows


@pytest.mark.parametrize(
    ("form", "title"),
    [
        ({"outcome": "review", "minutes": "3"}, "Your details are under review"),
        ({"outcome": "rejected", "reason": "fraud"}, "This account was rejected"),
    ],
)
async def test_nothing_is_asked_when_the_account_is_under_review_or_rejected(
    sandbox: Sandbox, form: dict[str, str], title: str
) -> None:
    account = await open_bare(sandbox)
    await onboard(sandbox, account, **form)
    before = await read(sandbox, account)

    address = await enter(sandbox, account)
    page = await sandbox.client.get(address)
    await sandbox.client.post(address, data={"outcome": "active"})

    assert f"<h1>{title}</h1>" in page.text
    assert f'href="{RETURN}"' in page.text
    assert await read(sandbox, account) == before


async def test_platform_s_own_endpoint_hears_nothing_when_a_seller_is_onboarded(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(url=SHOP + "/own")
    await sandbox.add_endpoint(url=SHOP + "/connect", connect=True)

    account = await open_bare(sandbox)
    await onboard(sandbox, account)
    await sandbox.app.state.deliveries.run_due()

    assert {request.url.path for request in sandbox.shop.received} == {"/connect"}
    told = [json.loads(request.content) for request in sandbox.shop.received]
    assert {event["account"] for event in told} == {account}


async def test_step_of_another_way_leads_to_the_right_one_when_it_is_typed(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    address = await enter(sandbox, account)

    document = await sandbox.client.get(address.replace("/business", "/document"))
    early = await sandbox.client.post(address.replace("/business", "/review"), data={"outcome": "active"})

    assert [one.headers["location"] for one in (document, early)] == [address, address]
    assert (await read(sandbox, account))["details_submitted"] is False


async def test_pages_say_what_to_do_when_the_platform_gave_no_addresses(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    made = await sandbox.create("/v1/account_links", {"account": account, "type": "account_onboarding"})
    address = (await sandbox.client.get(made["url"])).headers["location"]

    used = await sandbox.client.get(made["url"])
    while not address.endswith("/review"):
        address = (await sandbox.client.post(address, data={"test": "1"})).headers["location"]
    done = await sandbox.client.post(address, data={"outcome": "active"})

    assert "This link is used up" in used.text
    assert "Go back to the platform to go on" in done.text
    assert (await read(sandbox, account))["charges_enabled"] is True


async def test_nobody_is_onboarded_when_the_account_has_left(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    address, new = await enter(sandbox, account), await link(sandbox, account)
    await sandbox.tell("accounts", account=account, outcome="deauthorized")

    assert [(await sandbox.client.get(one)).status_code for one in (address, new)] == [404, 404]


async def test_form_is_refused_when_another_site_sends_it(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    address = await enter(sandbox, account)

    answer = await sandbox.client.post(address, data={"test": "1"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
