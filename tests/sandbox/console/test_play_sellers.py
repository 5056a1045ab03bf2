"""The cards about sellers: under review, restricted, rejected, link expired, disconnected; and the way back."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_onboard_account import REFRESH, enter, onboard, open_bare, read


async def _set(sandbox: Sandbox, name: str, **form: str) -> httpx.Response:
    return await sandbox.client.post(f"/console/scenarios/{name}", data=form, follow_redirects=True)


async def _move(sandbox: Sandbox, page: httpx.Response) -> None:
    """Press the card's own button that moves the clock."""
    (seconds,) = re.findall(r'name="advance" value="(\d+)"', page.text)
    await sandbox.client.post("/console/clock", data={"advance": seconds})


async def test_seller_is_active_after_the_cards_step_when_it_was_under_review(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    page = await _set(sandbox, "seller-under-review")

    await onboard(sandbox, account, outcome="review", minutes="5", days="7")
    waiting = await read(sandbox, account)
    await _move(sandbox, page)

    assert (waiting["charges_enabled"], waiting["capabilities"]["card_payments"]) == (False, "pending")
    assert (await read(sandbox, account))["charges_enabled"] is True


async def test_chosen_seller_stops_selling_after_the_cards_step_when_it_is_restricted(sandbox: Sandbox) -> None:
    first, second = [await sandbox.open_account() for _ in range(2)]

    page = await _set(sandbox, "seller-restricted", account=second)
    before = await read(sandbox, second)
    await _move(sandbox, page)

    assert (before["charges_enabled"], len(before["requirements"]["currently_due"])) == (True, 1)
    assert (await read(sandbox, second))["charges_enabled"] is False
    assert (await read(sandbox, first))["charges_enabled"] is True
    assert "is restricted now" in page.text


@pytest.mark.parametrize("name", ["seller-rejected", "seller-deauthorized"])
async def test_seller_sells_again_when_the_cards_page_makes_it_active(sandbox: Sandbox, name: str) -> None:
    account = await sandbox.open_account()
    page = await _set(sandbox, name)
    gone = await read(sandbox, account)

    assert f'<input type="hidden" name="account" value="{account}">' in page.text
    await sandbox.client.post("/console/accounts/outcome", data={"account": account, "outcome": "active"})

    assert gone.get("charges_enabled", False) is False
    assert (await read(sandbox, account))["charges_enabled"] is True


async def test_pages_lead_to_a_new_link_after_the_cards_step_when_they_are_open_too_long(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)
    page = await _set(sandbox, "onboarding-link-expired")
    address = await enter(sandbox, account)
    address = (await sandbox.client.post(address, data={"test": "1"})).headers["location"]

    await _move(sandbox, page)
    late = await sandbox.client.post(address, data={"test": "1"})

    assert late.headers["location"] == REFRESH
    assert (await enter(sandbox, account)).endswith("/person")


async def test_card_says_why_and_is_not_set_when_there_is_no_seller(sandbox: Sandbox) -> None:
    page = await _set(sandbox, "seller-rejected")

    assert page.status_code == 422
    assert "no connected account that may be charged" in page.text
    assert sandbox.app.state.faults.scenario is None


@pytest.mark.parametrize("form", [{}, {"outcome": "perhaps"}, {"account": "acct_none"}])
async def test_form_is_404_when_account_or_outcome_is_none(sandbox: Sandbox, form: dict[str, str]) -> None:
    account = await sandbox.open_account()

    answer = await sandbox.client.post("/console/accounts/outcome", data={"outcome": "active"} | form | {})

    assert answer.status_code == 404
    assert (await read(sandbox, account))["charges_enabled"] is True
