"""The account owner's dashboard: logged in to once, what it shows, what is given there, and how one leaves."""

from __future__ import annotations

import json

import httpx
import pytest

from store.sandbox.stripe.objects import APPLICATION
from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_command_accounts import turn
from tests.sandbox.test_onboard_account import open_bare, read


async def log_in(sandbox: Sandbox, account: str) -> httpx.Response:
    made = await sandbox.create(f"/v1/accounts/{account}/login_links", {})
    assert set(made) == {"object", "created", "url"}
    return await sandbox.client.get(made["url"])


async def open_page(sandbox: Sandbox, account: str) -> str:
    """Open the dashboard as a tester does, and return its address."""
    opened = await sandbox.client.post(f"/console/accounts/{account}/dashboard")
    assert opened.status_code == 303
    return str(opened.headers["location"])


async def test_dashboard_shows_state_and_money_when_logged_in(sandbox: Sandbox) -> None:
    account = await sandbox.open_account(charged="destination")
    session = await sandbox.open_session(2400, **{"payment_intent_data[transfer_data][destination]": account})
    await sandbox.submit(session["id"])
    await sandbox.tell("clock", advance=60)

    page = await sandbox.client.get((await log_in(sandbox, account)).headers["location"])

    assert page.status_code == 200
    assert "Vera Prints" in page.text
    assert page.text.count("$24.00") == 2
    assert "ending in 6789" in page.text


@pytest.mark.parametrize("seconds", [0, 300])
async def test_login_link_leads_nowhere_when_it_is_used_or_late(sandbox: Sandbox, seconds: int) -> None:
    account = await sandbox.open_account(charged="destination")
    address = (await sandbox.create(f"/v1/accounts/{account}/login_links", {}))["url"]
    if seconds:
        await sandbox.tell("clock", advance=seconds)
    else:
        assert (await sandbox.client.get(address)).status_code == 303

    late = await sandbox.client.get(address)

    assert (late.status_code, "location" in late.headers) == (200, False)
    assert "This link is used up" in late.text


async def test_login_link_is_refused_when_the_account_has_another_dashboard_or_none_yet(sandbox: Sandbox) -> None:
    full = await sandbox.open_account()
    bare = await open_bare(sandbox, **{"controller[stripe_dashboard][type]": "express"})

    answers = [await sandbox.call("POST", f"/v1/accounts/{id}/login_links") for id in (full, bare)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert "has no Express Dashboard" in answers[0].json()["error"]["message"]
    assert "has not completed onboarding" in answers[1].json()["error"]["message"]


async def test_owner_logs_out_by_the_clock_when_an_hour_is_over(sandbox: Sandbox) -> None:
    address = await open_page(sandbox, await sandbox.open_account())
    await sandbox.tell("clock", advance=3600)

    assert "You are logged out" in (await sandbox.client.get(address)).text


async def test_stay_on_the_onboarding_pages_opens_no_dashboard(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    data = {"account": account, "type": "account_onboarding"}
    link = (await sandbox.create("/v1/account_links", data))["url"]
    secret = (await sandbox.client.get(link)).headers["location"].split("/")[4]

    assert (await sandbox.client.get(f"/dashboard/{account}/{secret}")).status_code == 404


async def test_platform_is_told_and_has_no_access_when_the_owner_disconnects(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(connect=True)
    account = await sandbox.open_account()
    address = await open_page(sandbox, account)
    page = await sandbox.client.get(address)

    left = await sandbox.client.post(f"{address}/leave", follow_redirects=True)
    await sandbox.app.state.deliveries.run_due()

    assert "Disconnect from Overprint" in page.text
    assert "Overprint has no access to Vera Prints any more" in left.text
    assert sandbox.shop.types() == ["account.application.deauthorized"]
    event = json.loads(sandbox.shop.received[0].content)
    assert (event["account"], event["data"]["object"]["name"]) == (account, "Overprint")
    assert (await sandbox.call("GET", f"/v1/accounts/{account}")).json()["error"]["code"] == "account_invalid"
    assert (await sandbox.client.post(f"{address}/leave")).status_code == 200
    assert len(await sandbox.truth("events")) == 1


async def test_nothing_more_is_sent_about_an_account_when_it_has_left(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(connect=True)
    account = await sandbox.open_account()
    await sandbox.submit((await sandbox.open_session(account=account))["id"])
    await sandbox.app.state.deliveries.run_due()
    sandbox.shop.received.clear()

    await turn(sandbox, account, "deauthorized")
    await sandbox.tell("clock", advance=3 * 86400)
    await sandbox.app.state.deliveries.run_due()

    assert "charge.updated" in [row["type"] for row in await sandbox.truth("events")]
    assert sandbox.shop.types() == ["account.application.deauthorized"]


async def test_restricted_owner_sells_again_when_the_document_is_given(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()
    await turn(sandbox, account, "restricted", days=0)
    address = await open_page(sandbox, account)
    assert "and its time is over" in (await sandbox.client.get(address)).text

    step = (await sandbox.client.post(f"{address}/details")).headers["location"]
    assert step.endswith("/document")
    wrong = await sandbox.client.post(step, data={"document": "my-cat.jpg"})
    review = (await sandbox.client.post(step, data={"test": "1"})).headers["location"]
    back = await sandbox.client.post(review, data={"outcome": "active"})

    assert wrong.status_code == 422
    assert back.headers["location"] == address
    found = await read(sandbox, account)
    assert (found["charges_enabled"], found["requirements"]["currently_due"]) == (True, [])


@pytest.mark.parametrize("verb", ["leave", "details"])
async def test_form_is_refused_when_another_site_sends_it(sandbox: Sandbox, verb: str) -> None:
    account = await sandbox.open_account()
    address = await open_page(sandbox, account)

    answer = await sandbox.client.post(f"{address}/{verb}", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert (await read(sandbox, account))["charges_enabled"] is True


async def test_account_without_a_dashboard_of_its_own_cannot_leave(sandbox: Sandbox) -> None:
    none = {"fees][payer": "application", "losses][payments": "application", "requirement_collection": "application"}
    controller = {f"controller[{name}]": value for name, value in (none | {"stripe_dashboard][type": "none"}).items()}
    account = await open_bare(sandbox, **controller)
    address = await open_page(sandbox, account)

    left = await sandbox.client.post(f"{address}/leave")
    data = {"client_id": APPLICATION, "stripe_user_id": account}
    by_oauth = await sandbox.call("POST", "/oauth/deauthorize", data)

    assert "Disconnect" not in (await sandbox.client.get(address)).text
    assert (left.status_code, by_oauth.status_code) == (404, 400)
    assert (await read(sandbox, account))["id"] == account


async def test_dashboard_is_404_when_nobody_logged_in(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()

    assert (await sandbox.client.get(f"/dashboard/{account}/nothing")).status_code == 404
    assert (await sandbox.client.get(f"/express/{account}/nothing")).status_code == 404
    assert (await sandbox.client.post("/console/accounts/acct_none/dashboard")).status_code == 404
