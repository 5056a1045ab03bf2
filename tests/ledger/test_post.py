"""Posting into the real database: once per movement, and the database refuses every way around it."""

import asyncio

import asyncpg
import pytest

from store.kit.db import fetch, fetch_value, transaction
from store.ledger import journals, names
from store.ledger.queries import Balance, read_balances, read_journals
from store.ledger.service import DifferentJournal, post

CAPTURE = journals.capture(names.provider("stripe"), "USD", {"v1": 900, "v2": 450}, 150)


async def post_capture(ref: str = "ch_1") -> bool:
    async with transaction():
        return await post("stripe", "capture", ref, CAPTURE, order_ref="order-1")


async def open_tx(ref: str = "ch_raw") -> int:
    return await fetch_value(
        "INSERT INTO ledger_tx (source, kind, ref) VALUES ('stripe', 'capture', $1) RETURNING id", ref
    )


async def add_entry(tx: int, amount: int, currency: str = "USD", account: str = "bank") -> None:
    await fetch(
        "INSERT INTO ledger_entry (tx, account, currency, amount) VALUES ($1, $2, $3, $4)",
        tx,
        account,
        currency,
        amount,
    )


async def write_raw(then: str) -> None:
    async with transaction():
        tx = await open_tx()
        await add_entry(tx, 100)
        await add_entry(tx, -100)
        if then:
            await fetch(then)


async def post_and_fail() -> None:
    async with transaction():
        await post("stripe", "capture", "ch_1", CAPTURE)
        raise ZeroDivisionError


async def test_entries_are_balances_when_posted(db) -> None:
    assert await post_capture() is True

    assert await read_balances() == (
        Balance("income:fees", "USD", -150),
        Balance("payable:v1", "USD", -900),
        Balance("payable:v2", "USD", -450),
        Balance("provider:stripe:platform", "USD", 1500),
    )
    assert await read_balances("provider:") == (Balance("provider:stripe:platform", "USD", 1500),)
    assert await read_journals("order-1") == {("stripe", "capture", "ch_1"): CAPTURE}


async def test_second_post_changes_nothing_when_entries_are_equal(db) -> None:
    await post_capture()

    async with transaction():
        again = await post("stripe", "capture", "ch_1", tuple(reversed(CAPTURE)))

    assert again is False
    assert await fetch_value("SELECT count(*) FROM ledger_entry") == len(CAPTURE)


async def test_second_post_is_an_error_when_entries_differ(db) -> None:
    await post_capture()
    other = journals.capture(names.provider("stripe"), "USD", {"v1": 1350}, 150)

    with pytest.raises(DifferentJournal, match="ch_1"):
        async with transaction():
            await post("stripe", "capture", "ch_1", other)


async def test_one_of_twenty_posts_when_they_race(db) -> None:
    results = await asyncio.gather(*(post_capture() for _ in range(20)))

    assert sorted(results) == [False] * 19 + [True]
    assert await fetch_value("SELECT count(*) FROM ledger_tx") == 1
    assert await fetch_value("SELECT count(*) FROM ledger_entry") == len(CAPTURE)


async def test_nothing_is_written_when_there_is_nothing_to_post(db) -> None:
    async with transaction():
        assert await post("stripe", "capture", "free", ()) is False

    assert await fetch_value("SELECT count(*) FROM ledger_tx") == 0


async def test_post_is_refused_when_no_transaction_is_open(db) -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        await post("stripe", "capture", "ch_1", CAPTURE)


async def test_post_is_gone_when_the_callers_transaction_fails(db) -> None:
    with pytest.raises(ZeroDivisionError):
        await post_and_fail()

    assert await fetch_value("SELECT count(*) FROM ledger_tx") == 0


async def test_unbalanced_entries_are_refused_when_posted(db) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        async with transaction():
            await post("stripe", "capture", "ch_1", CAPTURE[:-1])

    assert await fetch_value("SELECT count(*) FROM ledger_tx") == 0


async def test_entries_are_refused_when_each_currency_alone_does_not_balance(db) -> None:
    entries = (journals.Entry("bank", "USD", 100), journals.Entry("exchange", "EUR", -100))

    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        async with transaction():
            await post("stripe", "capture", "ch_1", entries)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount = amount + 1",
        "UPDATE ledger_entry SET account = 'bank'",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_tx SET ref = 'ch_2'",
        "UPDATE ledger_tx SET sealed = false",
        "UPDATE ledger_tx SET sealed = true",
        "DELETE FROM ledger_tx",
        "INSERT INTO ledger_entry (tx, account, currency, amount) SELECT id, 'bank', 'USD', 1 FROM ledger_tx",
        "INSERT INTO ledger_tx (source, kind, ref, sealed) VALUES ('stripe', 'capture', 'ch_9', true)",
    ],
)
async def test_database_refuses_when_the_ledger_is_written_past_the_service(db, statement: str) -> None:
    await post_capture()

    with pytest.raises(asyncpg.RestrictViolationError):
        await fetch(statement)

    assert await read_journals("order-1") == {("stripe", "capture", "ch_1"): CAPTURE}


async def test_database_refuses_when_a_transaction_is_committed_unsealed(db) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="never sealed"):
        await write_raw("")

    assert await fetch_value("SELECT count(*) FROM ledger_tx") == 0


async def test_database_refuses_when_an_empty_transaction_is_sealed(db) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        async with transaction():
            await fetch("UPDATE ledger_tx SET sealed = true WHERE id = $1", await open_tx())


async def test_database_refuses_when_sealing_changes_something_else_too(db) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await write_raw("UPDATE ledger_tx SET sealed = true, ref = 'ch_2'")


@pytest.mark.parametrize(("amount", "currency", "account"), [(0, "USD", "bank"), (1, "usd", "bank"), (1, "USD", "")])
async def test_database_refuses_when_an_entry_makes_no_sense(db, amount: int, currency: str, account: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with transaction():
            await add_entry(await open_tx(), amount, currency, account)
