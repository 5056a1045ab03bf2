"""When money goes back, vendors give back their part: what was not sent is never sent, the rest is taken back."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from store.kit.money import split
from tests.facts import assert_books_agree, one, value
from tests.payments.buying import MUG, NOTEBOOK, break_calls, mend
from tests.payouts.passing import REVERSALS, TRANSFERS, account_of, buy_two, place_two, transfers
from tests.refunds.refunding import refund_there, wait_for_money
from tests.refunds.test_failed_refund import FAILING
from tests.world import World, rows

AT_ONCE = "4000 0000 0000 0077"
LEFT = """
SELECT account, sum(amount)::bigint AS amount FROM ledger_entry WHERE account ~ '^(payable|receivable|income):'
GROUP BY account HAVING sum(amount) <> 0
"""


async def test_transfers_are_reversed_in_proportion_when_a_part_goes_back(world: World) -> None:
    capture = await buy_two(world)
    parts = await rows("SELECT account_ref, share, fee FROM vendor_order ORDER BY id")

    await refund_there(world, capture, amount=1000)
    await wait_for_money(world)

    *shares, _ = split(1000, [*(part["share"] for part in parts), sum(part["fee"] for part in parts)])
    made = await transfers()
    assert [made[part["account_ref"]]["reversed"] for part in parts] == shares
    there = {sent["destination"]: sent["refunded"] for sent in await world.truth("transfers")}
    assert [there[part["account_ref"]] for part in parts] == shares
    assert await value("SELECT count(*) FROM ledger_tx WHERE kind = 'transfer_reversal'") == 2
    await assert_books_agree(world)


async def test_no_cent_is_left_when_everything_goes_back_in_parts(world: World) -> None:
    capture = await buy_two(world)

    for amount in (1, 333, 334, 1000):
        await refund_there(world, capture, amount=amount)
        await wait_for_money(world)
    await refund_there(world, capture)
    await wait_for_money(world)

    assert await rows(LEFT) == []
    assert all(row["reversed"] == row["amount"] for row in (await transfers()).values())
    await assert_books_agree(world)


async def test_nothing_is_sent_for_what_was_given_back_when_the_transfer_had_not_gone(world: World) -> None:
    _, url = await place_two(world)
    await break_calls(world, TRANSFERS, status=400)
    await world.pay(url)
    await world.settle()
    capture = await one("SELECT * FROM capture")
    planned = {account: row["amount"] for account, row in (await transfers()).items()}
    await mend(world)

    await refund_there(world, capture, amount=1000)
    await world.deliver()
    await world.advance(700)
    await world.settle()

    sent = {row["destination"]: row["amount"] for row in await world.truth("transfers")}
    given = await rows("SELECT -sum(amount)::bigint AS amount FROM ledger_entry WHERE account LIKE 'payable:%'")
    assert sum(sent.values()) == given[0]["amount"] < sum(planned.values())
    assert await rows("SELECT 1 FROM transfer_reversal") == []
    await assert_books_agree(world)


async def test_transfer_never_goes_when_all_was_given_back_before_it(world: World) -> None:
    _, url = await place_two(world)
    await break_calls(world, TRANSFERS, status=400)
    await world.pay(url)
    await world.settle()
    await mend(world)

    await refund_there(world, await one("SELECT * FROM capture"))
    await world.settle()
    await world.advance(25 * 3600)
    await world.settle()

    assert {row["state"] for row in (await transfers()).values()} == {"canceled"}
    assert await world.truth("transfers") == []
    assert await rows(LEFT) == []
    await assert_books_agree(world)


@pytest.mark.leaves_broken({"I11"}, "what a vendor pays out to its bank is not in our books yet")
async def test_vendor_owes_it_until_its_balance_covers_it_when_it_was_paid_out(world: World) -> None:
    capture, sent = await buy_and_pay_out(world)

    await refund_there(world, capture, amount=1000)
    await world.settle()

    reversal = await one("SELECT * FROM transfer_reversal WHERE transfer = $1", sent["id"])
    assert (reversal["state"], reversal["hold"]) == ("waiting", "balance")
    assert reversal["why"].startswith("The seller's balance does not cover it")
    debt = f"SELECT sum(amount)::bigint FROM ledger_entry WHERE account = 'receivable:{sent['vendor']}'"
    assert await value(debt) == reversal["amount"] > 0
    assert await value("SELECT status FROM refund") == "succeeded"

    # Our fees have become available, what waited goes out, and so the vendor can pay.
    for _ in range(4):
        await world.advance(86400)
        await world.settle()

    assert await value("SELECT state FROM transfer_reversal WHERE id = $1", reversal["id"]) == "done"
    assert await value(debt) == 0


async def test_vendor_has_its_share_again_when_the_refund_came_back(world: World) -> None:
    capture = await buy_two(world, number=FAILING)
    had = await net(world)
    await fill_platform(world)

    await refund_there(world, capture, amount=2000)
    await world.settle()
    assert sum((await net(world)).values()) < sum(had.values())
    await world.advance(200)
    await world.settle()

    assert await value("SELECT status FROM refund") == "failed"
    assert await net(world) == had
    assert await value("SELECT count(*) FROM transfer WHERE restores AND state = 'done'") == 2
    assert await value("SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE account LIKE 'receivable:%'") == 0
    await world.advance(700)
    await world.settle()
    await assert_books_agree(world)


async def test_vendor_owes_nothing_when_a_refund_came_back_that_had_only_made_its_waiting_share_smaller(
    world: World,
) -> None:
    await fill_platform(world)
    _, url = await place_two(world)
    await break_calls(world, TRANSFERS, status=400)
    assert (await world.pay(url, number=FAILING)).status_code == 303
    await world.settle()
    await mend(world)
    capture = (await rows("SELECT * FROM capture ORDER BY created_at DESC LIMIT 1"))[0]

    await refund_there(world, capture, amount=1000)
    await world.deliver()
    for _ in range(3):
        await world.advance(86400)
        await world.settle()

    assert await value("SELECT status FROM refund") == "failed"
    assert await value("SELECT count(*) FROM transfer WHERE restores AND state = 'done'") == 2
    assert await rows("SELECT 1 FROM transfer_reversal") == []
    assert await value("SELECT count(*) FROM ledger_entry WHERE account LIKE 'receivable:%'") == 0
    await assert_books_agree(world)


async def test_nothing_is_sent_again_when_a_refund_came_back_before_anything_was_taken(world: World) -> None:
    capture = await buy_two(world, number=FAILING)
    had = await net(world)
    await fill_platform(world)
    await break_calls(world, REVERSALS, status=400)

    await refund_there(world, capture, amount=2000)
    await world.settle()
    assert {row["state"] for row in await rows("SELECT state FROM transfer_reversal")} == {"waiting"}
    await world.advance(200)
    await world.settle()

    assert {row["state"] for row in await rows("SELECT state FROM transfer_reversal")} == {"canceled"}
    assert await net(world) == had
    assert await rows("SELECT 1 FROM transfer WHERE restores") == []
    assert await value("SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE account LIKE 'receivable:%'") == 0


async def test_each_reversal_is_made_once_when_its_answer_was_lost(world: World) -> None:
    capture = await buy_two(world)
    await break_calls(world, REVERSALS, when="after")

    await refund_there(world, capture, amount=1000)
    await world.settle()
    assert {row["state"] for row in await rows("SELECT state FROM transfer_reversal")} == {"intended"}
    await mend(world)
    await world.advance(3700)
    await wait_for_money(world)

    assert {row["state"] for row in await rows("SELECT state FROM transfer_reversal")} == {"done"}
    made = await rows("SELECT account_ref, reversed FROM transfer ORDER BY account_ref")
    there = sorted(await world.truth("transfers"), key=lambda sent: sent["destination"])
    assert [row["refunded"] for row in there] == [row["reversed"] for row in made]
    await assert_books_agree(world)


async def fill_platform(world: World) -> None:
    """Another sale, whose shares cannot be passed on for a while: the platform has money of its own until then."""
    await break_calls(world, TRANSFERS, status=400)
    _, url = await place_two(world)
    assert (await world.pay(url, number=AT_ONCE)).status_code == 303
    await world.settle()
    await mend(world)


async def earn_fees(world: World) -> None:
    """Somebody else sells, and our fee stays with us."""
    ada = world.browser()
    await ada.add(NOTEBOOK, 9)
    assert (await world.pay(await ada.check_out(), number=AT_ONCE)).status_code == 303
    await world.settle()


async def net(world: World) -> dict[str, int]:
    """What each vendor has got by transfers and not given back, by account."""
    got: Counter[str] = Counter()
    for row in await world.truth("transfers"):
        got[row["destination"]] += row["amount"] - row["refunded"]
    return dict(got)


async def buy_and_pay_out(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """A shared sale whose potter has sent its share to its bank, while the platform has money; capture and transfer."""
    capture = await buy_two(world, number=AT_ONCE)
    sent = await one("SELECT * FROM transfer WHERE account_ref = $1", await account_of(MUG))
    await pay_out(world, sent["account_ref"], sent["amount"])
    await fill_platform(world)
    await earn_fees(world)
    return capture, sent


async def pay_out(world: World, account: str, amount: int) -> None:
    """The vendor has its balance sent to its bank."""
    headers = {"Authorization": "Bearer sk_test_overprint", "Stripe-Account": account}
    answer = await world.console.post("/v1/payouts", data={"amount": amount, "currency": "usd"}, headers=headers)
    assert answer.status_code == 200, answer.text
