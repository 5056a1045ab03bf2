"""Somebody reverses a transfer at the provider: it becomes a row of ours, is booked once, and counts from then on."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from store.gateways.port import Unavailable
from store.kit.money import split
from store.payouts.queries import read_balance
from store.payouts.service import sync_reversals
from store.refunds.service import sync_refunds
from tests.facts import assert_books_agree, ledger_balances, one, provider_balances, value
from tests.invariants import find_broken
from tests.payments.buying import MUG, break_calls, mend
from tests.payouts.passing import REVERSALS, account_of, buy_two
from tests.payouts.test_find_violations import plant
from tests.payouts.test_refund_shares import fill_platform, net
from tests.refunds.refunding import buy, refund_there, wait_for_money
from tests.refunds.test_failed_refund import FAILING
from tests.world import World, rows

ROWS = """
SELECT reversal.state, reversal.amount, reversal.cause = reversal.reversal_ref AS by_hand
FROM transfer_reversal AS reversal ORDER BY reversal.created_at, reversal.id
"""


async def test_it_is_a_row_and_in_the_books_when_the_event_tells_of_it(world: World) -> None:
    await buy_two(world)
    sent = await transfer_of(MUG)
    (before,) = await read_balance(sent["vendor"])

    made = await reverse_there(world, sent["transfer_ref"], 500)
    await world.deliver()

    row = await one("SELECT * FROM transfer_reversal")
    assert (row["reversal_ref"], row["amount"], row["state"]) == (made["id"], 500, "done")
    assert row["why"] == "Made at the provider"
    assert await value("SELECT reversed FROM transfer WHERE id = $1", sent["id"]) == 500
    (after,) = await read_balance(sent["vendor"])
    # Earned is what it was, owed is nothing: the money is with us and still the vendor's.
    assert (after.earned, after.owes) == (before.earned, 0)
    assert (after.at_provider, after.held) == (before.at_provider - 500, before.held + 500)
    assert await find_broken(world) == {}


async def test_it_is_found_by_the_sweep_when_its_event_is_lost(world: World) -> None:
    await buy_two(world)
    sent = await transfer_of(MUG)
    await world.tell("webhooks", action="drop", count=0)
    await reverse_there(world, sent["transfer_ref"], 500)
    await world.deliver()
    assert await rows(ROWS) == []
    assert "I13 at the provider" in await find_broken(world)

    await world.advance(25 * 3600)
    await world.worker.drain(sweep=True)

    assert [tuple(row.values()) for row in await rows(ROWS)] == [("done", 500, True)]
    assert await find_broken(world) == {}


async def test_each_is_booked_once_when_they_are_told_of_often_and_late_and_all_look_at_once(world: World) -> None:
    await buy_two(world)
    sent = await transfer_of(MUG)
    await world.tell("webhooks", action="duplicate", count=0)
    await world.tell("webhooks", action="hold")
    for amount in (300, 200):
        await reverse_there(world, sent["transfer_ref"], amount)
    await world.deliver()

    await asyncio.gather(*(sync_reversals(world.gateways, sent["order"]) for _ in range(5)))
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    await world.settle()

    assert [tuple(row.values()) for row in await rows(ROWS)] == [("done", 300, True), ("done", 200, True)]
    assert await value("SELECT count(*) FROM ledger_tx WHERE kind = 'transfer_reversal'") == 2
    assert await find_broken(world) == {}


@pytest.mark.parametrize("first", ["reversal", "refund"])
async def test_vendor_gives_its_part_once_when_a_person_refunds_and_reverses_by_hand(world: World, first: str) -> None:
    capture = await buy_two(world)
    sent = await transfer_of(MUG)
    part = (await rows("SELECT share FROM vendor_order WHERE account_ref = $1", sent["account_ref"]))[0]["share"]
    await world.tell("webhooks", action="hold")
    steps = [lambda: reverse_there(world, sent["transfer_ref"], part), lambda: refund_there(world, capture)]
    for step in steps if first == "reversal" else reversed(steps):
        await step()

    await world.tell("webhooks", action="release")
    await wait_for_money(world)

    assert await net(world) == dict.fromkeys(await net(world), 0)
    assert (
        await value("SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE account ~ '^(payable|receivable):'") == 0
    )
    assert await find_broken(world) == {}
    await assert_books_agree(world)


async def test_what_was_taken_by_hand_is_not_taken_again_when_only_the_refund_is_heard_of(world: World) -> None:
    capture = await buy_two(world)
    sent = await transfer_of(MUG)
    parts = await rows("SELECT account_ref, share, fee FROM vendor_order ORDER BY id")
    *shares, _ = split(1000, [*(part["share"] for part in parts), sum(part["fee"] for part in parts)])
    theirs = dict(zip((part["account_ref"] for part in parts), shares, strict=True))[sent["account_ref"]]
    await world.tell("webhooks", action="hold")
    await reverse_there(world, sent["transfer_ref"], 100)
    await refund_there(world, capture, amount=1000)

    await sync_refunds(world.gateways, capture["id"])
    await world.worker.drain()

    assert (await net(world))[sent["account_ref"]] == sent["amount"] - theirs


async def test_debt_is_paid_by_it_when_ours_was_refused(world: World) -> None:
    capture = await buy_two(world)
    sent = await transfer_of(MUG)
    await fill_platform(world)
    await break_calls(world, REVERSALS, status=400)
    await refund_there(world, capture, amount=2000)
    await world.settle()
    asked = await value("SELECT amount FROM transfer_reversal WHERE transfer = $1", sent["id"])
    debt = f"SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entry WHERE account = 'receivable:{sent['vendor']}'"
    assert await value(debt) == asked > 400
    await mend(world)

    await reverse_there(world, sent["transfer_ref"], 400)
    await world.deliver()

    mine = await rows("SELECT state, amount FROM transfer_reversal WHERE transfer = $1 ORDER BY created_at", sent["id"])
    assert [tuple(row.values()) for row in mine] == [("waiting", asked - 400), ("done", 400)]
    assert await value(debt) == asked - 400
    await reverse_there(world, sent["transfer_ref"], asked - 400)
    await world.deliver()
    states = await rows("SELECT state FROM transfer_reversal WHERE transfer = $1 ORDER BY created_at", sent["id"])
    assert [row["state"] for row in states] == ["canceled", "done", "done"]
    assert await value(debt) == 0
    assert await value("SELECT reversed FROM transfer WHERE id = $1", sent["id"]) == asked


async def test_nothing_is_sent_again_for_it_when_other_money_goes_back_and_comes_again(world: World) -> None:
    capture = await buy_two(world, number=FAILING)
    await fill_platform(world)
    sent = await transfer_of(MUG)
    await reverse_there(world, sent["transfer_ref"], 500)
    await world.deliver()
    has = 'SELECT account_ref, sum(amount - reversed)::bigint AS amount FROM transfer WHERE "order" = $1 GROUP BY 1'
    had = await rows(f"{has} ORDER BY 1", sent["order"])

    await refund_there(world, capture, amount=2000)
    await world.settle()
    await world.advance(200)
    await world.settle()
    await world.advance(700)
    await world.settle()

    assert await value("SELECT status FROM refund") == "failed"
    assert await rows(f"{has} ORDER BY 1", sent["order"]) == had
    assert await find_broken(world) == {}


async def test_everything_is_sent_again_that_was_asked_for_when_one_by_hand_has_paid_for_another_refund(
    world: World,
) -> None:
    """The first refund fails; the second one stands, and the reversal by hand was a part of it."""
    capture = await buy_two(world, number=FAILING)
    await fill_platform(world)
    sent = await transfer_of(MUG)
    await refund_there(world, capture, amount=1000)
    await world.settle()
    taken = await value("SELECT reversed FROM transfer WHERE id = $1", sent["id"])
    await world.advance(100)
    await reverse_there(world, sent["transfer_ref"], 300)
    await world.deliver()
    await refund_there(world, capture, amount=1000)
    await world.settle()
    had = (await net(world))[sent["account_ref"]]

    await world.advance(90)
    await world.settle()

    assert [row["status"] for row in await rows("SELECT status FROM refund ORDER BY created_at")] == [
        "failed",
        "succeeded",
    ]
    assert (await net(world))[sent["account_ref"]] == had + taken


@pytest.mark.leaves_broken({"I10", "I11", "I13", "I18", "I20"}, "planted, and what hangs on it")
async def test_it_waits_when_it_is_not_known_whether_ours_took_effect(world: World) -> None:
    capture = await buy_two(world)
    sent = await transfer_of(MUG)
    await break_calls(world, REVERSALS, when="after")
    await refund_there(world, capture)
    await world.settle()
    await plant(f"UPDATE transfer_reversal SET id = '{uuid4()}' WHERE transfer = '{sent['id']}'")

    with pytest.raises(Unavailable, match="not known yet"):
        await sync_reversals(world.gateways, sent["order"])

    assert await value("SELECT reversed FROM transfer WHERE id = $1", sent["id"]) == 0


async def test_share_of_a_destination_is_in_the_books_when_it_is_reversed_by_hand(world: World) -> None:
    await buy(world)
    ref = await value("SELECT transfer_ref FROM capture")

    await reverse_there(world, ref, 700)
    await world.deliver()

    assert await value("SELECT count(*) FROM ledger_tx WHERE kind = 'transfer_reversal'") == 1
    assert await ledger_balances() == await provider_balances(world)
    (balance,) = await read_balance(await value("SELECT vendor FROM vendor_order"))
    assert (balance.held, balance.owes) == (700, 0)
    assert await find_broken(world) == {}


async def transfer_of(sku: str) -> dict[str, Any]:
    """The oldest transfer to who sells this."""
    found = await rows("SELECT * FROM transfer WHERE account_ref = $1 ORDER BY created_at", await account_of(sku))
    return found[0]


async def reverse_there(world: World, ref: str, amount: int) -> dict[str, Any]:
    """Somebody takes a part of a transfer back at the provider."""
    headers = {"Authorization": "Bearer sk_test_overprint"}
    answer = await world.console.post(f"/v1/transfers/{ref}/reversals", data={"amount": amount}, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
