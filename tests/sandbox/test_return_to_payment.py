"""Two ways in from outside: the recovery link of an expired session, and the bank of a payment confirmed by API."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.conftest import SHOP, Sandbox

BACK = SHOP + "/back"


async def expire(sandbox: Sandbox, account: str | None = None) -> dict[str, Any]:
    session = await sandbox.open_session(account=account, **{"after_expiration[recovery][enabled]": "true"})
    answer = await sandbox.call("POST", f"/v1/checkout/sessions/{session['id']}/expire", account=account)
    return dict(answer.json())


async def confirm(sandbox: Sandbox) -> dict[str, Any]:
    params = {
        "amount": 2400,
        "currency": "usd",
        "confirm": "true",
        "payment_method": "pm_card_authenticationRequired",
        "return_url": BACK,
    }
    return await sandbox.create("/v1/payment_intents", params)


async def test_recovery_link_leads_to_a_new_page_that_can_be_paid(sandbox: Sandbox) -> None:
    expired = await expire(sandbox)

    there = await sandbox.client.get(expired["after_expiration"]["recovery"]["url"])
    page = await sandbox.client.get(there.headers["location"])
    left = await sandbox.submit(there.headers["location"].rsplit("/", 1)[1])

    assert there.status_code == 303
    assert "Pay $24.00" in page.text
    assert left.status_code == 303
    assert [row["session"] for row in await sandbox.truth("captures")] == [there.headers["location"].rsplit("/", 1)[1]]


async def test_recovery_link_stays_with_the_vendor_when_the_session_was_a_vendors(sandbox: Sandbox) -> None:
    vendor = await sandbox.open_account()
    expired = await expire(sandbox, vendor)

    there = await sandbox.client.get(expired["after_expiration"]["recovery"]["url"])

    new = there.headers["location"].rsplit("/", 1)[1]
    assert (await sandbox.call("GET", f"/v1/checkout/sessions/{new}")).status_code == 404
    stored = (await sandbox.call("GET", f"/v1/checkout/sessions/{new}", account=vendor)).json()
    assert stored["recovered_from"] == expired["id"]


@pytest.mark.parametrize("days", [0, 30])
async def test_recovery_link_says_that_it_is_over_when_it_is_wrong_or_late(sandbox: Sandbox, days: int) -> None:
    expired = await expire(sandbox)
    url = expired["after_expiration"]["recovery"]["url"]
    await sandbox.tell("clock", advance=days * 86400)

    page = await sandbox.client.get(url if days else url[:-1])

    assert page.status_code == 404
    assert "It works for 30 days" in page.text
    assert len((await sandbox.call("GET", "/v1/checkout/sessions")).json()["data"]) == 1


async def test_page_of_an_expired_session_leads_back_to_the_shop(sandbox: Sandbox) -> None:
    expired = await expire(sandbox)

    page = await sandbox.client.get(f"/c/pay/{expired['id']}")

    assert "<h1>This payment page has expired</h1>" in page.text
    assert f'href="{SHOP}/cart"' in page.text


@pytest.mark.parametrize(("answer", "told"), [("complete", "succeeded"), ("fail", "failed")])
async def test_bank_sends_the_buyer_back_with_the_result_when_it_was_answered(
    sandbox: Sandbox, answer: str, told: str
) -> None:
    intent = await confirm(sandbox)
    url = intent["next_action"]["redirect_to_url"]["url"]

    page = await sandbox.client.get(url)
    back = await sandbox.client.post(url, data={"answer": answer})
    again = await sandbox.client.get(url)

    assert "<h1>Your bank asks: is this you?</h1>" in page.text
    assert "<strong>$24.00</strong>" in page.text
    assert f"form-action 'self' {SHOP}" in page.headers["content-security-policy"]
    assert back.status_code == again.status_code == 303
    assert re.match(
        f"{BACK}\\?payment_intent={intent['id']}&payment_intent_client_secret={intent['client_secret']}"
        f"&redirect_status={told}$",
        back.headers["location"],
    )
    assert again.headers["location"] == back.headers["location"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_bank_asks_when_the_address_is_wrong(sandbox: Sandbox, method: str) -> None:
    intent = await confirm(sandbox)

    answers = [
        await sandbox.client.request(method, f"/c/authenticate/{path}")
        for path in (f"{intent['id']}/3ds_guess", "pi_unknown/3ds_guess")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
