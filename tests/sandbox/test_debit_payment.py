"""Bank debit on the hosted page: another form, the same way back, and what the page says until the bank answers."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from store.sandbox.stripe.bank_accounts import BANK_ACCOUNTS
from tests.sandbox.conftest import SHOP, Sandbox

US = [bank.number for bank in BANK_ACCOUNTS if bank.type == "us_bank_account"]
MINUTES, FAILS = US[1], US[3]


async def open_debit(sandbox: Sandbox, currency: str = "usd", *types: str) -> dict[str, Any]:
    types = types or ("card", "us_bank_account")
    allowed = {f"allowed_payment_method_types[{n}]": type for n, type in enumerate(types)}
    return await sandbox.open_session(2400, currency, **allowed)


async def send(sandbox: Sandbox, session: dict[str, Any], account: str, holder: str = "Ada Buyer") -> httpx.Response:
    form = {"pay": "debit", "account": account, "holder": holder}
    return await sandbox.client.post(f"/c/pay/{session['id']}", data=form)


async def test_link_leads_to_the_bank_debits_form_when_it_is_offered(sandbox: Sandbox) -> None:
    session = await open_debit(sandbox)

    page = await sandbox.client.get(session["url"])
    link = re.search(r'<a href="([^"]+)">Bank debit</a>', page.text)
    assert link
    form = await sandbox.client.get(link[1])

    assert re.findall(r"<label[^>]*>([^<]*)</label>", page.text) == ["Card number", "Expiry", "CVC", "Name on card"]
    assert re.findall(r"<label[^>]*>([^<]*)</label>", form.text) == ["Account number", "Name on account"]
    assert '<a href="/c/pay/' + session["id"] + '">Card</a>' in form.text
    assert "Pay $24.00" in form.text
    assert all(number in form.text for number in US)


@pytest.mark.parametrize(
    ("currency", "types", "labels"),
    [
        ("eur", ("sepa_debit",), ["IBAN", "Name on account"]),
        ("usd", ("us_bank_account",), ["Account number", "Name on account"]),
        ("usd", ("card", "sepa_debit"), ["Card number", "Expiry", "CVC", "Name on card"]),
    ],
)
async def test_only_form_is_shown_when_there_is_one_way_to_pay(
    sandbox: Sandbox, currency: str, types: tuple[str, ...], labels: list[str]
) -> None:
    session = await open_debit(sandbox, currency, *types)

    page = await sandbox.client.get(session["url"] + "?pay=debit")

    assert re.findall(r"<label[^>]*>([^<]*)</label>", page.text) == labels
    assert "Ways to pay" not in page.text


async def test_buyer_goes_back_to_the_shop_and_the_page_says_processing_until_the_bank_pays(sandbox: Sandbox) -> None:
    session = await open_debit(sandbox)

    left = await send(sandbox, session, f" {MINUTES[:6]} {MINUTES[6:]} ")
    before = await sandbox.client.get(session["url"])
    await sandbox.tell("clock", advance=180)
    sandbox.world.tick()
    after = await sandbox.client.get(session["url"])

    assert (left.status_code, left.headers["location"]) == (303, f"{SHOP}/return?session_id={session['id']}")
    assert "<h1>This payment is processing</h1>" in before.text
    assert "do not pay again" in before.text
    assert "<h1>This payment is complete</h1>" in after.text
    assert "Go to your order" in before.text


async def test_page_says_that_the_payment_failed_when_the_bank_returns_it(sandbox: Sandbox) -> None:
    session = await open_debit(sandbox)
    await send(sandbox, session, FAILS)
    sandbox.world.tick()

    page = await sandbox.client.get(session["url"])

    assert "<h1>This payment has failed</h1>" in page.text
    assert "you have not been charged" in page.text
    assert await sandbox.truth("captures") == []


@pytest.mark.parametrize(
    ("account", "holder", "field", "message"),
    [
        ("", "Ada", "account", "Enter the account to debit."),
        (MINUTES, " ", "holder", "Enter the name on the account."),
        ("123", "Ada", "account", "This is a sandbox: use one of the test accounts below, such as 000123456789."),
    ],
)
async def test_field_says_what_to_do_when_it_is_wrong(
    sandbox: Sandbox, account: str, holder: str, field: str, message: str
) -> None:
    session = await open_debit(sandbox)

    page = await send(sandbox, session, account, holder)

    assert f'<a href="#{field}">{message}</a>' in page.text
    assert 'id="account"' in page.text
    assert "try another account" in page.text


async def test_page_says_that_money_is_held_and_given_back_when_it_is_to_be_captured(sandbox: Sandbox) -> None:
    session = await sandbox.open_session(**{"payment_intent_data[capture_method]": "manual"})
    await sandbox.submit(session["id"])
    held = await sandbox.client.get(session["url"])

    intent = (await sandbox.call("GET", "/v1/payment_intents")).json()["data"][0]["id"]
    await sandbox.call("POST", f"/v1/payment_intents/{intent}/cancel")
    given_back = await sandbox.client.get(session["url"])

    assert "<h1>This payment is authorised</h1>" in held.text
    assert "<h1>This payment was cancelled</h1>" in given_back.text
