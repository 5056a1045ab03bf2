"""The database's own line around transfers: each bad write is refused, and goes through where its guard is gone."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from store.kit.db import fetch
from tests.facts import value
from tests.guards import unguarded
from tests.payments.buying import LAMP, MUG, place
from tests.payouts.passing import buy_two
from tests.refunds.refunding import refund_there, wait_for_money
from tests.world import World

COPY = """
INSERT INTO transfer SELECT (t).* FROM (SELECT jsonb_populate_record(transfer, $1::jsonb) AS t FROM transfer
  ORDER BY created_at, id LIMIT 1) AS copied
"""
COPY_REVERSAL = """
INSERT INTO transfer_reversal SELECT (r).* FROM (SELECT jsonb_populate_record(transfer_reversal, $1::jsonb) AS r
  FROM transfer_reversal ORDER BY created_at, id LIMIT 1) AS copied
"""
WITHIN = "DROP TRIGGER transfers_within ON transfer"
FIRST = "(SELECT id FROM transfer ORDER BY created_at, id LIMIT 1)"


def copy(**values: Any) -> str:
    """What a second transfer has of its own."""
    own = {"id": str(uuid4()), "transfer_ref": None, "state": "intended", "sent_at": None, "cause": "ch_another"}
    return json.dumps({**own, **values})


async def test_second_transfer_is_refused_when_the_share_was_passed_on(world: World) -> None:
    await buy_two(world)

    with pytest.raises(asyncpg.CheckViolationError, match="exceed its share"):
        await fetch(COPY, copy(amount=1))

    async with unguarded(WITHIN):
        await fetch(COPY, copy(amount=1))
        assert await value("SELECT count(*) FROM transfer") == 3


async def test_same_transfer_is_refused_when_it_is_written_twice(world: World) -> None:
    await buy_two(world)
    cause = await value("SELECT capture_ref FROM capture")

    async with unguarded(WITHIN, "ALTER TABLE transfer DROP CONSTRAINT transfer_once"):
        await fetch(COPY, copy(cause=cause))
        assert await value("SELECT count(*) FROM transfer") == 3
    with pytest.raises(asyncpg.UniqueViolationError, match="transfer_once"):
        async with unguarded(WITHIN):
            await fetch(COPY, copy(cause=cause))


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_share_is_refused_when_the_charge_has_passed_it_on_itself(world: World, sku: str) -> None:
    _, url = await place(world, sku)
    await world.pay(url)
    await world.settle()
    write = (
        'INSERT INTO transfer (id, "order", vendor_order, vendor, account_ref, reason, cause, amount, currency,'
        " transfer_group) SELECT gen_random_uuid(), \"order\", id, vendor, account_ref, 'share', 'ch_x', 1, 'USD', 'x'"
        " FROM vendor_order"
    )

    with pytest.raises(asyncpg.CheckViolationError, match="exceed its share"):
        await fetch(write)

    async with unguarded(WITHIN):
        await fetch(write)
        assert await value("SELECT count(*) FROM transfer") == 1


async def test_more_is_not_taken_back_when_it_is_more_than_was_sent(world: World) -> None:
    capture = await buy_two(world)
    await refund_there(world, capture, amount=200)
    await wait_for_money(world)
    first = "SELECT transfer FROM transfer_reversal ORDER BY created_at, id LIMIT 1"
    sent = await value(f"SELECT amount FROM transfer WHERE id = ({first})")
    more = json.dumps({"id": str(uuid4()), "cause": "re_x", "state": "intended", "reversal_ref": None, "amount": sent})

    with pytest.raises(asyncpg.CheckViolationError, match=r"reversals of transfer .* exceed"):
        await fetch(COPY_REVERSAL, more)

    async with unguarded("DROP TRIGGER reversals_within ON transfer_reversal"):
        await fetch(COPY_REVERSAL, more)
        assert await value("SELECT count(*) FROM transfer_reversal") == 3


@pytest.mark.parametrize(
    "change", ["amount = amount - 1", "currency = 'EUR'", "cause = 'ch_x'", "account_ref = 'acct_x'"]
)
async def test_transfer_is_not_rewritten_when_it_was_sent(world: World, change: str) -> None:
    await buy_two(world)
    write = f"UPDATE transfer SET {change} WHERE id = {FIRST}"

    with pytest.raises(asyncpg.RestrictViolationError, match="is frozen"):
        await fetch(write)

    async with unguarded("DROP TRIGGER transfer_frozen ON transfer"):
        assert await fetch(f"{write} RETURNING id")


@pytest.mark.parametrize(("table", "to"), [("transfer", "waiting"), ("transfer_reversal", "canceled")])
async def test_state_goes_only_where_a_move_leads_when_somebody_writes_past_the_verbs(
    world: World, table: str, to: str
) -> None:
    capture = await buy_two(world)
    await refund_there(world, capture, amount=200)
    await wait_for_money(world)
    column = {"transfer": "transfer_ref", "transfer_reversal": "reversal_ref"}[table]
    write = f"UPDATE {table} SET state = '{to}', {column} = NULL"
    frozen = "DROP TRIGGER transfer_frozen ON transfer"

    with pytest.raises(asyncpg.CheckViolationError, match=f"done -> {to} is not an allowed move"):
        async with unguarded(frozen):
            await fetch(write)

    async with unguarded(frozen, f"DROP TRIGGER {table}_moves ON {table}"):
        await fetch(write)
        assert await value(f"SELECT DISTINCT state FROM {table}") == to


async def test_transfer_cannot_be_done_when_nobody_knows_its_reference(world: World) -> None:
    await buy_two(world)
    write = f"UPDATE transfer SET transfer_ref = NULL WHERE id = {FIRST}"

    with pytest.raises(asyncpg.CheckViolationError, match="transfer_done_is_known"):
        async with unguarded("DROP TRIGGER transfer_frozen ON transfer"):
            await fetch(write)
