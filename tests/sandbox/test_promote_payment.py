"""Promotion codes on the hosted page: the link, the field, the reason why not, the new total, off again, and free."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import SHOP, Sandbox

LINK = re.compile(r'<a href="([^"]+)">Add promotion code</a>')


async def open_with_codes(sandbox: Sandbox, percent: int = 10, code: str = "WELCOME10", **more: Any) -> dict[str, Any]:
    coupon = await sandbox.create("/v1/coupons", {"percent_off": percent})
    params = {"promotion[type]": "coupon", "promotion[coupon]": coupon["id"], "code": code}
    await sandbox.create("/v1/promotion_codes", params)
    return await sandbox.open_session(**{"allow_promotion_codes": "true", **more})


async def send(sandbox: Sandbox, session: dict[str, Any], **form: str) -> httpx.Response:
    return await sandbox.client.post(f"/c/pay/{session['id']}/promotion", data=form)


def button(page: httpx.Response) -> list[str]:
    return re.findall(r'<button type="submit" class="primary">([^<]*)</button>', page.text)


async def test_link_opens_the_field_without_script_when_codes_are_allowed(sandbox: Sandbox) -> None:
    session = await open_with_codes(sandbox)

    page = await sandbox.client.get(session["url"])
    link = LINK.search(page.text)
    assert link
    opened = await sandbox.client.get(unescape(link[1]).split("#")[0])

    assert 'name="code"' not in page.text
    assert re.search(r'<label for="code">Promotion code</label>', opened.text)
    assert re.search(r'<button type="submit" name="action" value="apply">Apply</button>', opened.text)
    assert LINK.search(opened.text) is None


async def test_there_is_no_link_when_the_session_allows_no_codes(sandbox: Sandbox) -> None:
    session = await open_with_codes(sandbox, allow_promotion_codes="false")

    page = await sandbox.client.get(session["url"] + "?promotion=open")
    answer = await send(sandbox, session, code="WELCOME10", action="apply")

    assert "romotion code" not in page.text
    assert answer.status_code == 200
    assert "takes no promotion codes" in answer.text
    assert button(answer) == ["Pay $24.00"]


async def test_button_and_summary_show_the_new_total_when_a_code_is_applied(sandbox: Sandbox) -> None:
    session = await open_with_codes(sandbox)

    answer = await send(sandbox, session, code=" welcome10", action="apply")
    page = await sandbox.client.get(session["url"])

    assert (answer.status_code, answer.headers["location"]) == (303, f"/c/pay/{session['id']}")
    assert button(page) == ["Pay $21.60"]
    assert "The promotion code <strong>WELCOME10</strong> takes off $2.40." in page.text
    assert '<span class="amount">−$2.40</span>' in page.text
    assert "<title>Pay Overprint $21.60</title>" in page.text


async def test_buyer_reads_why_when_a_code_is_refused(sandbox: Sandbox) -> None:
    session = await open_with_codes(sandbox)

    page = await send(sandbox, session, code='NOPE"<', action="apply")

    assert page.status_code == 200
    assert "<title>Error: Pay" in page.text
    assert 'href="#code"' in page.text
    assert "The promotion code “NOPE&#34;&lt;” is not valid here." in page.text
    assert 'value="NOPE&#34;&lt;"' in page.text
    assert "The total has not changed." in page.text
    assert button(page) == ["Pay $24.00"]


async def test_total_is_as_before_when_the_code_is_removed(sandbox: Sandbox) -> None:
    session = await open_with_codes(sandbox)
    await send(sandbox, session, code="WELCOME10", action="apply")

    answer = await send(sandbox, session, action="remove")
    page = await sandbox.client.get(session["url"])

    assert answer.status_code == 303
    assert button(page) == ["Pay $24.00"]
    assert LINK.search(page.text)


async def test_buyer_pays_the_new_total_when_a_code_was_applied(sandbox: Sandbox) -> None:
    session = await open_with_codes(sandbox)
    await send(sandbox, session, code="WELCOME10", action="apply")

    left = await sandbox.submit(session["id"])

    assert left.status_code == 303
    assert [row["amount"] for row in await sandbox.truth("captures")] == [2160]


async def test_no_card_is_asked_for_when_a_code_takes_all(sandbox: Sandbox) -> None:
    session = await open_with_codes(sandbox, 100, "FREE100")
    await send(sandbox, session, code="FREE100", action="apply")

    page = await sandbox.client.get(session["url"])
    left = await sandbox.client.post(f"/c/pay/{session['id']}")

    assert button(page) == ["Complete order"]
    assert "Card number" not in page.text
    assert left.headers["location"] == f"{SHOP}/return?session_id={session['id']}"
    stored = (await sandbox.call("GET", f"/v1/checkout/sessions/{session['id']}")).json()
    assert (stored["status"], stored["payment_status"], stored["payment_intent"]) == (
        "complete",
        "no_payment_required",
        None,
    )
    over = await sandbox.client.get(session["url"])
    assert "There was nothing to pay." in over.text


async def test_discount_of_the_merchant_is_shown_and_cannot_be_removed(sandbox: Sandbox) -> None:
    coupon = await sandbox.create("/v1/coupons", {"amount_off": 400, "currency": "usd", "name": "Vera's thanks"})
    session = await sandbox.open_session(**{"discounts[0][coupon]": coupon["id"]})

    page = await sandbox.client.get(session["url"])
    await send(sandbox, session, action="remove")

    assert 'Discount <span class="quiet">Vera&#39;s thanks</span>' in page.text
    assert "Remove" not in page.text
    assert button(await sandbox.client.get(session["url"])) == button(page) == ["Pay $20.00"]


async def test_other_buyer_is_told_the_new_total_when_the_last_use_of_a_code_is_gone(sandbox: Sandbox) -> None:
    coupon = await sandbox.create("/v1/coupons", {"percent_off": 50})
    params = {"promotion[type]": "coupon", "promotion[coupon]": coupon["id"], "code": "ONE", "max_redemptions": 1}
    await sandbox.create("/v1/promotion_codes", params)
    first, second = [await sandbox.open_session(allow_promotion_codes="true") for _ in range(2)]
    for session in (first, second):
        await send(sandbox, session, code="ONE", action="apply")
    await sandbox.submit(first["id"])

    page = await sandbox.submit(second["id"])

    assert "The promotion code ONE has just been used up" in page.text
    assert button(page) == ["Pay $24.00"]
    assert len(await sandbox.truth("captures")) == 1


@pytest.mark.parametrize("end", ["expire", "pay"])
async def test_page_says_what_became_of_it_when_a_code_comes_too_late(sandbox: Sandbox, end: str) -> None:
    session = await open_with_codes(sandbox)
    if end == "pay":
        await sandbox.submit(session["id"])
    else:
        await sandbox.call("POST", f"/v1/checkout/sessions/{session['id']}/expire")

    answer = await send(sandbox, session, code="WELCOME10", action="apply")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/c/pay/{session['id']}")
    stored = (await sandbox.call("GET", f"/v1/checkout/sessions/{session['id']}")).json()
    assert stored["amount_total"] == 2400


async def test_code_is_refused_when_another_site_sends_the_form(sandbox: Sandbox) -> None:
    session = await open_with_codes(sandbox)

    answer = await sandbox.client.post(
        f"/c/pay/{session['id']}/promotion", data={"code": "WELCOME10"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert button(await sandbox.client.get(session["url"])) == ["Pay $24.00"]
