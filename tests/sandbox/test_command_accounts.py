"""The command that turns an account: active, under review, restricted, rejected, deauthorised; and what it tells."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_onboard_account import open_bare, read

MINUTE, DAY = 60, 86400


async def turn(sandbox: Sandbox, account: str | None, outcome: str, **more: Any) -> dict[str, Any]:
    answer = await sandbox.tell("accounts", outcome=outcome, **({"account": account} if account else {}), **more)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


async def test_bare_account_may_sell_when_it_is_made_active(sandbox: Sandbox) -> None:
    account = await open_bare(sandbox)

    state = await turn(sandbox, account, "active")

    assert (state["outcome"], state["charges_enabled"], state["payouts_enabled"]) == ("active", True, True)
    assert (await read(sandbox, account))["details_submitted"] is True


async def test_account_becomes_active_by_itself_with_events_when_its_review_is_over(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(("account.updated", "capability.updated"), connect=True)
    account = await sandbox.open_account()

    state = await turn(sandbox, account, "review", minutes=3)
    under_review = await read(sandbox, account)
    await sandbox.tell("clock", advance=2 * MINUTE)
    still = await read(sandbox, account)
    await sandbox.tell("clock", advance=MINUTE)
    await sandbox.app.state.deliveries.run_due()

    assert (state["outcome"], under_review["charges_enabled"]) == ("review", False)
    assert under_review["requirements"]["pending_verification"] == ["individual.verification.document"]
    assert under_review["requirements"]["disabled_reason"] == "requirements.pending_verification"
    assert under_review["capabilities"] == {"card_payments": "pending", "transfers": "pending"}
    assert still["charges_enabled"] is False
    assert (await read(sandbox, account))["charges_enabled"] is True
    assert sorted(sandbox.shop.types()) == ["account.updated"] * 2 + ["capability.updated"] * 4
    assert all(request_of(sandbox, n)["account"] == account for n in range(6))


async def test_account_sells_until_the_deadline_when_it_is_restricted(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()

    due = (await turn(sandbox, account, "restricted", days=7))["due"]
    before = await read(sandbox, account)
    await sandbox.tell("clock", advance=7 * DAY)
    after = await read(sandbox, account)

    document = ["individual.verification.document"]
    assert (before["charges_enabled"], before["requirements"]["current_deadline"]) == (True, due)
    assert before["requirements"]["currently_due"] == document
    assert [error["requirement"] for error in before["requirements"]["errors"]] == document
    assert (after["charges_enabled"], after["payouts_enabled"]) == (False, False)
    assert (after["requirements"]["past_due"], after["requirements"]["disabled_reason"]) == (
        document,
        "requirements.past_due",
    )


@pytest.mark.parametrize("reason", ["fraud", "listed", "terms_of_service"])
async def test_account_may_nothing_and_says_why_when_it_is_rejected(sandbox: Sandbox, reason: str) -> None:
    account = await sandbox.open_account()

    await turn(sandbox, account, "rejected", reason=reason)

    found = await read(sandbox, account)
    assert (found["charges_enabled"], found["payouts_enabled"]) == (False, False)
    assert found["requirements"]["disabled_reason"] == f"rejected.{reason}"


async def test_platform_has_no_access_when_the_account_has_left_and_again_when_it_is_back(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(connect=True)
    account = await sandbox.open_account()

    await turn(sandbox, account, "deauthorized")
    await sandbox.app.state.deliveries.run_due()
    refused = [
        await sandbox.call("GET", f"/v1/accounts/{account}"),
        await sandbox.call("GET", "/v1/balance", account=account),
        await sandbox.call("POST", "/v1/account_links", {"account": account, "type": "account_onboarding"}),
    ]
    await turn(sandbox, account, "active")

    assert [(one.status_code, one.json()["error"]["code"]) for one in refused] == [(403, "account_invalid")] * 3
    event = request_of(sandbox, 0)
    assert (event["type"], event["account"]) == ("account.application.deauthorized", account)
    assert event["data"]["object"]["object"] == "application"
    assert (await sandbox.call("GET", "/v1/balance", account=account)).status_code == 200


async def test_first_account_that_sells_is_meant_when_none_is_named(sandbox: Sandbox) -> None:
    await open_bare(sandbox)
    first, _ = [await sandbox.open_account() for _ in range(2)]

    assert (await turn(sandbox, None, "restricted"))["account"] == first


async def test_deadline_still_comes_when_the_account_was_seeded_with_it(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()
    await turn(sandbox, account, "restricted", days=1)
    await sandbox.tell("seeded")
    await turn(sandbox, account, "active")

    await sandbox.tell("reset")
    seeded = await read(sandbox, account)
    await sandbox.tell("clock", advance=DAY)

    assert (seeded["charges_enabled"], (await read(sandbox, account))["charges_enabled"]) == (True, False)


async def test_persons_are_there_again_when_the_sandbox_is_reset(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()
    await sandbox.tell("seeded")

    await sandbox.tell("reset")

    persons = (await sandbox.call("GET", f"/v1/accounts/{account}/persons")).json()["data"]
    assert [one["phone"] for one in persons] == ["0000000000"]


async def test_states_are_told_when_asked(sandbox: Sandbox) -> None:
    bare, sells = await open_bare(sandbox), await sandbox.open_account()
    await turn(sandbox, sells, "rejected")

    told = (await sandbox.client.get("/_sandbox/accounts")).json()["data"]
    one = await sandbox.client.get(f"/_sandbox/accounts/{bare}")

    assert [(row["account"], row["outcome"]) for row in told] == [(bare, "onboarding"), (sells, "rejected")]
    assert one.json() == told[0]
    assert (await sandbox.client.get("/_sandbox/accounts/acct_none")).status_code == 404


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ({"outcome": "perhaps"}, "outcome"),
        ({"outcome": "active", "minutes": 5}, "minutes"),
        ({"outcome": "review", "days": 5}, "days"),
        ({"outcome": "review", "reason": "fraud"}, "reason"),
        ({"outcome": "active", "account": "acct_none"}, "acct_none"),
        ({"outcome": "active"}, "no connected account"),
    ],
)
async def test_command_is_refused_and_says_what_to_write_when_it_is_wrong(
    sandbox: Sandbox, command: dict[str, Any], word: str
) -> None:
    answer = await sandbox.tell("accounts", **command)

    assert answer.status_code == 400
    assert word in answer.json()["error"]["message"]


def request_of(sandbox: Sandbox, number: int) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(sandbox.shop.received[number].content)
    return event
