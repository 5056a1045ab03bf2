"""The database's own line around payments: each bad write is refused, and goes through where its guard is gone."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from store.kit.db import fetch, savepoint
from store.payments.states import PAYMENT
from tests.facts import the_payment, value
from tests.guards import unguarded
from tests.payments.buying import place
from tests.world import World, rows

FROZEN = {
    "order": "gen_random_uuid()",
    "token": "'another'",
    "attempt": "attempt + 1",
    "provider": "'paypal'",
    "charge_type": "'direct'",
    "account_ref": "'acct_x'",
    "destination_ref": "'acct_x'",
    "merchant_ref": "'acct_x'",
    "amount": "amount - 1, subtotal = subtotal - 1",
    "subtotal": "subtotal + 1, amount = amount + 1",
    "coupon": "1, coupon_request = '{}', amount = amount - 1",
    "coupon_request": "'{}', coupon = 1, amount = amount - 1",
    "allows_codes": "NOT allows_codes",
    "currency": "'EUR'",
    "fee": "fee + 1",
    "request": "request || ' '",
    "expires_at": "expires_at + interval '1 minute'",
}
COPY_PAYMENT = """
INSERT INTO payment SELECT (p).* FROM (SELECT jsonb_populate_record(payment, $1::jsonb) AS p FROM payment
  ORDER BY attempt LIMIT 1) AS copied
"""
COPY_CAPTURE = """
INSERT INTO capture SELECT (c).* FROM (SELECT jsonb_populate_record(capture, $1::jsonb) AS c FROM capture
  ORDER BY created_at LIMIT 1) AS copied
"""


def changes(**values: Any) -> str:
    """A copy's own values as JSON."""
    return json.dumps({"id": str(uuid4()), **values})


def another_attempt(**values: Any) -> str:
    """What a second attempt of the same order must have of its own."""
    return changes(token=str(uuid4()), attempt=2, provider_ref=None, **values)


async def pay(world: World) -> None:
    """One paid order."""
    await world.browser().buy("KILN-MUG-BLUE")


@pytest.mark.parametrize("column", FROZEN)
async def test_attempt_cannot_be_rewritten_when_it_was_frozen(world: World, column: str) -> None:
    await place(world)
    change = f'UPDATE payment SET "{column}" = {FROZEN[column]}'

    with pytest.raises(asyncpg.RaiseError, match="is frozen"):
        await fetch(change)

    if column != "order":
        async with unguarded("DROP TRIGGER payment_frozen ON payment"):
            await fetch(change)


async def test_reference_cannot_be_changed_when_it_is_known(world: World) -> None:
    await place(world)

    for new in ("'cs_other'", "NULL"):
        with pytest.raises(asyncpg.RaiseError, match="has its reference"):
            await fetch(f"UPDATE payment SET provider_ref = {new}")

    async with unguarded("DROP TRIGGER payment_frozen ON payment"):
        await fetch("UPDATE payment SET provider_ref = 'cs_other'")


@pytest.mark.parametrize("status", ["created", "pending", "processing"])
async def test_second_attempt_cannot_open_when_one_may_still_bring_money(world: World, status: str) -> None:
    await place(world)

    with pytest.raises(asyncpg.UniqueViolationError, match="one_live_payment"):
        await fetch(COPY_PAYMENT, another_attempt(status=status))

    for over in ("expired", "failed", "abandoned"):
        async with unguarded():
            await fetch(COPY_PAYMENT, another_attempt(status=over))
    async with unguarded("DROP INDEX one_live_payment"):
        await fetch(COPY_PAYMENT, another_attempt(status=status))
        assert await value("SELECT count(*) FROM payment") == 2


async def test_reference_and_attempt_are_somebody_elses_when_they_are_taken(world: World) -> None:
    await place(world)
    ref = (await the_payment())["provider_ref"]

    with pytest.raises(asyncpg.UniqueViolationError, match="payment_one_ref"):
        await fetch(COPY_PAYMENT, changes(token=str(uuid4()), attempt=2, provider_ref=ref, status="expired"))
    with pytest.raises(asyncpg.UniqueViolationError, match="payment_one_attempt"):
        await fetch(COPY_PAYMENT, changes(token=str(uuid4()), attempt=1, provider_ref=None, status="expired"))


async def test_attempt_goes_only_where_a_move_leads_when_somebody_writes_past_the_verbs(world: World) -> None:
    await place(world)
    await fetch("UPDATE payment SET status = 'expired'")
    for source in PAYMENT.moves:
        for target in set(PAYMENT.moves) - {source}:
            async with unguarded():
                await fetch(COPY_PAYMENT, another_attempt(status=source))
                move = "UPDATE payment SET status = $1 WHERE attempt = 2"
                if PAYMENT.allows(source, target):
                    await fetch(move, target)
                    continue
                with pytest.raises(asyncpg.CheckViolationError, match=f"{source} -> {target} is not an allowed move"):
                    async with savepoint():
                        await fetch(move, target)
                await fetch("DROP TRIGGER payment_moves ON payment")
                await fetch(move, target)


async def test_every_move_leaves_a_row_when_an_attempt_moves(world: World) -> None:
    await pay(world)

    moves = await rows("SELECT seq, from_state, to_state FROM transition WHERE machine = 'payment' ORDER BY seq")

    assert [tuple(move.values()) for move in moves] == [(1, "created", "pending"), (2, "pending", "succeeded")]
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await fetch("UPDATE transition SET to_state = 'failed'")
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await fetch("DELETE FROM transition")


async def test_order_is_settled_once_when_a_second_capture_is_written(world: World) -> None:
    await pay(world)

    with pytest.raises(asyncpg.UniqueViolationError, match="one_settling_capture"):
        await fetch(COPY_CAPTURE, changes(capture_ref="ch_second"))

    async with unguarded():
        await fetch(COPY_CAPTURE, changes(capture_ref="ch_second", kind="surplus"))
    async with unguarded("DROP INDEX one_settling_capture"):
        await fetch(COPY_CAPTURE, changes(capture_ref="ch_second"))
        assert await value("SELECT sum(amount)::bigint FROM capture WHERE kind = 'settling'") == 6000


async def test_charge_is_counted_once_when_it_is_written_again(world: World) -> None:
    await pay(world)

    with pytest.raises(asyncpg.UniqueViolationError, match="capture_one_ref"):
        await fetch(COPY_CAPTURE, changes(kind="surplus"))


@pytest.mark.parametrize("wrong", [{"amount": 2999}, {"amount": 3001}, {"currency": "EUR"}], ids=str)
async def test_capture_is_refused_when_it_is_not_what_the_attempt_asked_for(
    world: World, wrong: dict[str, Any]
) -> None:
    await pay(world)
    copy = changes(capture_ref="ch_second", kind="surplus", **wrong)

    with pytest.raises(asyncpg.RaiseError, match="does not match its payment"):
        await fetch(COPY_CAPTURE, copy)

    async with unguarded("DROP TRIGGER capture_matches ON capture"):
        await fetch(COPY_CAPTURE, copy)


@pytest.mark.parametrize(
    "change",
    ["amount = 1", "currency = 'EUR'", "kind = 'surplus'", "capture_ref = 'ch_x'", "account_ref = 'acct_x'"],
)
async def test_capture_cannot_be_rewritten_when_the_money_is_there(world: World, change: str) -> None:
    await pay(world)

    with pytest.raises(asyncpg.RaiseError, match="is frozen"):
        await fetch(f"UPDATE capture SET {change}")

    async with unguarded("DROP TRIGGER capture_frozen ON capture"):
        await fetch(f"UPDATE capture SET {change}")


@pytest.mark.parametrize("refunded", [-1, 3001])
async def test_more_than_the_money_cannot_go_back_when_somebody_writes_past_the_verbs(
    world: World, refunded: int
) -> None:
    await pay(world)

    with pytest.raises(asyncpg.CheckViolationError, match="refunds_within"):
        await fetch("UPDATE capture SET refunded = $1", refunded)

    async with unguarded("ALTER TABLE capture DROP CONSTRAINT refunds_within"):
        await fetch("UPDATE capture SET refunded = $1", refunded)


async def test_moves_are_the_same_when_the_database_lists_them(db: str) -> None:
    listed = await rows("SELECT from_state, to_state FROM allowed_move WHERE machine = 'payment' ORDER BY 1, 2")

    assert [tuple(move.values()) for move in listed] == PAYMENT.pairs()
