"""Payouts and PayPal's balance against PayPal's own books: each difference is named, by what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from store.doctor.books import Books
from store.doctor.compare_payouts import compare_payouts
from store.gateways.paypal.payouts import PAYOUTS_PATH
from store.kit import clock
from tests.doctor.test_compare_books import LATER, find, read
from tests.payments.buying import break_calls, mend
from tests.payouts.at_paypal import DAY, buy_at_paypal, pay_out, refund_at_paypal, wait
from tests.payouts.paying_out import give_address
from tests.world import World, rows

PAID_OUT = "vera@paypal.example"


async def paid_out(world: World) -> Books:
    """One share that was paid out, and what the sandbox knows of it."""
    await give_address(PAID_OUT)
    await buy_at_paypal(world)
    (row,) = await pay_out(world)
    assert row["state"] == "paid"
    return await read(world)


def spoilt(books: Books, **changes: Any) -> Books:
    """The same books, PayPal's one payout changed."""
    return replace(books, payouts=[{**row, **changes} for row in books.payouts])


async def differences(books: Books) -> list[tuple[str, str]]:
    return await compare_payouts(books, clock.now() + LATER)


async def test_no_difference_is_found_when_a_share_was_paid_out(world: World) -> None:
    books = await paid_out(world)

    assert len(books.payouts) == 1
    assert await differences(books) == []
    assert await find(world, "I11") == []


async def test_payout_is_named_when_nobody_here_knows_of_it(world: World) -> None:
    books = spoilt(await paid_out(world), sender_batch_id="by-hand")

    ((row, words), *_) = await differences(books)

    assert row == books.payouts[0]["ref"]
    assert f"paid out to {PAID_OUT} there, here nobody knows of it" in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": 1}, "1 USD there"),
        ({"currency": "eur"}, "eur there"),
        ({"state": "RETURNED"}, "RETURNED there, paid here"),
    ],
)
async def test_payout_is_named_when_it_is_another_there(world: World, changes: dict[str, Any], words: str) -> None:
    books = spoilt(await paid_out(world), **changes)

    ((row, said),) = await differences(books)

    assert row == books.payouts[0]["ref"]
    assert words.lower() in said.lower()


async def test_payout_is_named_when_it_was_canceled_here_and_went_out_there(world: World) -> None:
    await give_address(PAID_OUT)
    capture = await buy_at_paypal(world)
    await break_calls(world, PAYOUTS_PATH, provider="paypal", status=422, when="after")
    await wait(world, 3 * DAY + 60)
    await mend(world)
    await refund_at_paypal(world, capture)
    await world.tell("webhooks", action="hold")
    (canceled,) = await wait(world, DAY)

    ((_, words),) = await differences(await read(world))
    await world.tell("webhooks", action="release")
    (found,) = await wait(world, 60)

    assert (canceled["state"], words) == ("canceled", "SUCCESS there, canceled here")
    assert (found["state"], await differences(await read(world))) == ("paid", [])


async def test_payout_is_named_when_it_was_made_twice(world: World) -> None:
    books = await paid_out(world)
    twice = replace(books, payouts=[*books.payouts, *books.payouts])

    found = await differences(twice)

    (ours,) = await rows("SELECT id FROM payout")
    assert found == [(str(ours["id"]), "was paid out 2 times")]


async def test_payout_is_named_when_only_we_know_of_it(world: World) -> None:
    books = replace(await paid_out(world), payouts=[])

    ((_, words),) = await differences(books)

    assert words == "paid out here, unknown there"


async def test_paypals_balance_is_named_when_it_is_another_than_the_ledgers(world: World) -> None:
    books = await paid_out(world)
    other = [{**row, "amount": row["amount"] + 7} if row["provider"] == "paypal" else row for row in books.balances]

    ((row, _),) = await find(world, "I11", replace(books, balances=other))

    assert row.startswith("paypal")
