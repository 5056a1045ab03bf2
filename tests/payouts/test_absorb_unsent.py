"""Money went back while nobody knew whether a share had gone out; then the provider says that it never had."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.facts import assert_books_agree, one, value
from tests.payments.buying import break_calls, mend
from tests.payouts.passing import TRANSFERS, place_two, transfers
from tests.payouts.test_refund_shares import AT_ONCE, earn_fees
from tests.refunds.refunding import refund_there
from tests.world import KEYS, World, rows

ASKED = """
SELECT reversal.state, reversal.amount, transfer.account_ref FROM transfer_reversal AS reversal
  JOIN transfer ON transfer.id = reversal.transfer
"""
DEBTS = "SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entry WHERE account LIKE 'receivable:%'"


async def pay_unsent(world: World) -> dict[str, int]:
    """Two vendors are paid, and whether their shares have gone out is not known; returns these by account."""
    await break_calls(world, TRANSFERS)
    _, url = await place_two(world)
    assert (await world.pay(url, number=AT_ONCE)).status_code == 303
    await world.settle()
    return {account: row["amount"] for account, row in (await transfers()).items()}


async def refund(world: World, **amount: Any) -> Counter[str]:
    """Some goes back at the provider; returns what is asked of each account, which nobody can answer yet."""
    await refund_there(world, await one("SELECT * FROM capture"), **amount)
    await world.deliver()
    asked = await rows(ASKED)
    assert [row["state"] for row in asked] == ["intended", "intended"]
    return Counter({row["account_ref"]: row["amount"] for row in asked})


async def refuse(world: World) -> None:
    """The provider's list has none of them, and it says no to what is sent again."""
    await mend(world)
    await break_calls(world, TRANSFERS, status=400)
    await world.advance(60)
    await world.worker.drain(sweep=True)
    await mend(world)
    assert {row["state"] for row in await rows("SELECT state FROM transfer_reversal")} == {"canceled"}


@pytest.mark.parametrize("amount", [{"amount": 1000}, {}], ids=["in part", "whole"])
async def test_what_went_back_is_neither_sent_nor_owed_when_the_share_had_not_gone_out(
    world: World, amount: dict[str, Any]
) -> None:
    planned = await pay_unsent(world)
    back = await refund(world, **amount)
    assert await value(DEBTS) == back.total() > 0

    await refuse(world)

    left = {account: whole - back[account] for account, whole in planned.items() if whole > back[account]}
    made = await transfers()
    assert await value(DEBTS) == 0
    assert {account: row["amount"] for account, row in made.items() if row["state"] == "waiting"} == left
    assert {row["state"] for row in made.values()} == ({"waiting"} if left else {"canceled"})
    await world.advance(3700)
    await world.settle()
    assert {sent["destination"]: sent["amount"] for sent in await world.truth("transfers")} == left
    await assert_books_agree(world)


@pytest.mark.leaves_broken({"I11"}, "what the platform pays out to its bank is not in our books yet")
async def test_refund_that_waits_for_money_makes_no_debt_when_the_share_had_not_gone_out(world: World) -> None:
    planned = await pay_unsent(world)
    headers = {"Authorization": f"Bearer {KEYS['US']}"}
    have = (await world.console.get("/v1/balance", headers=headers)).json()["available"][0]["amount"]
    await world.console.post("/v1/payouts", data={"amount": have, "currency": "usd"}, headers=headers)
    back = await refund(world, amount=1000)
    assert await rows("SELECT 1 FROM ledger_tx WHERE kind = 'refund'") == []

    await refuse(world)

    assert await value(DEBTS) == 0
    await earn_fees(world)
    for _ in range(2):
        await world.advance(3700)
        await world.settle()
    assert await value("SELECT count(*) FROM ledger_tx WHERE kind = 'refund'") == 1
    assert await value(DEBTS) == 0
    left = {account: row["amount"] for account, row in (await transfers()).items()}
    assert left == {account: whole - back[account] for account, whole in planned.items()}
