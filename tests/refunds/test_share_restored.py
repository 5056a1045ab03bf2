"""A refund took a destination's share back and failed later: the vendor has its share again, and we our fee."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from store.doctor.checks import check_reviews
from store.doctor.invariants import INVARIANTS, find_violations
from store.doctor.passing_on import check_transfers
from store.kit import clock
from store.kit.db import fetch
from store.kit.money import Money
from store.payouts.queries import read_balance, read_statement
from tests.facts import assert_books_agree, ledger_balances, one, provider_balances, value
from tests.guards import unguarded
from tests.invariants import find_broken
from tests.payments.buying import MUG, place
from tests.payouts.passing import account_of, change_account
from tests.refunds.refunding import refund_there
from tests.refunds.test_failed_refund import FAILING
from tests.world import World, rows

TRANSFER_BACK = {"reverse_transfer": "true"}
ALL_BACK = {**TRANSFER_BACK, "refund_application_fee": "true"}
CASES = {
    "all of it": [(None, ALL_BACK)],
    "all of it, our fee kept": [(None, TRANSFER_BACK)],
    "a part": [(1001, ALL_BACK)],
    "two parts": [(1001, ALL_BACK), (777, ALL_BACK)],
    "nothing was taken back": [(50, {})],
}
FOUR_DAYS = 4 * 86400


async def sell(world: World, number: str = FAILING) -> dict[str, Any]:
    """Ada has bought a mug with this card, its charge has settled and its money is available; the row of the money."""
    _, url = await place(world)
    assert (await world.pay(url, number=number)).status_code == 303
    await world.settle()
    await world.advance(FOUR_DAYS)
    await world.settle()
    return (await rows("SELECT * FROM capture ORDER BY created_at DESC LIMIT 1"))[0]


@pytest.mark.parametrize("case", CASES)
async def test_everybody_has_what_the_sale_brought_when_its_refunds_failed(world: World, case: str) -> None:
    await sell(world, "4242 4242 4242 4242")
    capture = await sell(world)
    had, owed = await provider_balances(world), await read_balance(await vendor_of(capture))

    for amount, back in CASES[case]:
        await refund_there(world, capture, **back, **({"amount": amount} if amount else {}))
        await world.deliver()
    assert await provider_balances(world) != had
    await world.advance(200)
    await world.settle()

    assert await value("SELECT count(*) FROM refund WHERE status = 'failed'") == len(CASES[case])
    assert await provider_balances(world) == await ledger_balances() == had
    assert await read_balance(await vendor_of(capture)) == owed
    sent = await rows("SELECT state, restores, reason, source_ref FROM transfer")
    again = 0 if case == "nothing was taken back" else len(CASES[case])
    assert [tuple(row.values()) for row in sent] == [("done", True, "share", "")] * again
    assert await value("SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE account LIKE 'receivable:%'") == 0
    assert await find_broken(world) == {}
    await assert_books_agree(world)


async def test_person_reads_what_became_of_the_share_when_a_refund_failed(world: World) -> None:
    await sell(world, "4242 4242 4242 4242")
    capture = await sell(world)
    await refund_there(world, capture, **ALL_BACK)
    await world.deliver()

    await world.advance(200)
    await world.settle()

    transfer = await one("SELECT * FROM transfer")
    words = f"; {Money(transfer['amount'], 'USD')} that came back from the seller are sent to it again"
    assert words in (await check_reviews()).detail
    fee = await value("SELECT fee FROM payment WHERE id = $1", capture["payment"])
    lines = (await read_statement(await vendor_of(capture))).lines
    assert [(line.words, line.amount) for line in lines if line.kind.startswith("fee_")] == [
        ("Overprint’s fee again, as the refund came back", -fee),
        ("Overprint’s fee given back to you", fee),
    ]


async def test_fee_of_the_refund_that_stands_stays_returned_when_another_failed(world: World) -> None:
    await sell(world, "4242 4242 4242 4242")
    capture = await sell(world)
    fee = await value("SELECT fee FROM payment WHERE id = $1", capture["payment"])
    await refund_there(world, capture, amount=1001, **ALL_BACK)
    await world.deliver()
    await world.advance(100)
    await refund_there(world, capture, amount=777, **ALL_BACK)
    await world.deliver()

    await world.advance(90)
    await world.settle()

    status = dict((await one("SELECT min(status) AS low, max(status) AS high FROM refund")).items())
    assert status == {"low": "failed", "high": "succeeded"}
    kept = await value("SELECT -sum(amount)::bigint FROM ledger_entry WHERE account = 'income:fees'")
    # Two sales, and of one of them the part that went back.
    assert kept == 2 * fee - round(fee * 777 / capture["amount"])
    assert await find_broken(world) == {}


async def test_share_waits_with_a_reason_when_the_account_cannot_receive_it(world: World) -> None:
    await sell(world, "4242 4242 4242 4242")
    capture = await sell(world)
    had = await provider_balances(world)
    await refund_there(world, capture, **ALL_BACK)
    await world.deliver()
    await change_account(world, await account_of(MUG), "rejected")

    await world.advance(200)
    await world.settle()

    waits = await one("SELECT * FROM transfer")
    assert (waits["state"], waits["hold"]) == ("waiting", "account")
    assert "cannot receive money at the moment" in (await check_transfers()).detail
    (balance,) = await read_balance(await vendor_of(capture))
    assert balance.held == waits["amount"]
    assert await find_broken(world) == {}

    await change_account(world, await account_of(MUG), "active")
    await world.settle()

    assert await value("SELECT state FROM transfer") == "done"
    assert await provider_balances(world) == had


async def test_share_is_sent_once_when_the_failure_is_heard_of_often_and_found_by_the_sweep(world: World) -> None:
    await sell(world, "4242 4242 4242 4242")
    capture = await sell(world)
    await world.tell("webhooks", action="duplicate", count=0)
    await refund_there(world, capture, **ALL_BACK)
    await world.deliver()

    await world.advance(200)
    for _ in range(3):
        await world.settle()
        await world.advance(26 * 3600)

    assert await value("SELECT count(*) FROM transfer") == 1
    made = [row for row in await world.truth("transfers") if row["metadata"].get("transfer_id")]
    assert [row["amount"] for row in made] == [await value("SELECT amount FROM transfer")]


async def vendor_of(capture: dict[str, Any]) -> Any:
    """The vendor of a destination sale."""
    return await value('SELECT vendor FROM vendor_order WHERE "order" = $1', capture["order"])


@pytest.mark.parametrize(("restores", "amount"), [("false", "1"), ("true", "total + 1")], ids=["unasked", "too much"])
async def test_database_refuses_when_a_destination_would_get_more_than_came_back(
    world: World, restores: str, amount: str
) -> None:
    await sell(world)
    write = (
        'INSERT INTO transfer (id, "order", vendor_order, vendor, account_ref, reason, cause, restores, amount,'
        " currency, transfer_group) SELECT gen_random_uuid(), \"order\", id, vendor, account_ref, 'share', 're_x',"
        f" {restores}, {amount}, 'USD', 'x' FROM vendor_order"
    )

    with pytest.raises(asyncpg.CheckViolationError, match="exceed its share"):
        await fetch(write)

    async with unguarded("DROP TRIGGER transfers_within ON transfer"):
        await fetch(write)
        assert await value("SELECT count(*) FROM transfer") == 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("UPDATE refund SET status = 'succeeded'", "a refund that succeeded"),
        ("UPDATE transfer SET cause = 're_x'", "a refund that nobody knows"),
        ("UPDATE transfer SET amount = amount + 9999", "a refund that failed"),
    ],
)
async def test_doctor_names_a_share_that_is_sent_again_for_nothing(world: World, spoil: str, words: str) -> None:
    await sell(world, "4242 4242 4242 4242")
    await refund_there(world, await sell(world), **ALL_BACK)
    await world.deliver()
    await world.advance(200)
    await world.settle()
    (invariant,) = (one for one in INVARIANTS if one.name == "I13")
    assert await find_violations(invariant, clock.now()) == []

    async with unguarded("SET LOCAL session_replication_role = replica"):
        await fetch(spoil)

        ((_, said),) = await find_violations(invariant, clock.now())
        assert said.endswith(words)
