"""The database's own line around payouts: each bad write is refused, and goes through where its guard is gone."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from store.gateways.payouts import ItemStatus
from store.kit.db import fetch
from tests.facts import value
from tests.guards import unguarded
from tests.payouts.paying_out import add_paypal, become, buy_by_paypal, give_address, pay_out, refund_there
from tests.stall import Stall

COPY = """
INSERT INTO payout SELECT (p).* FROM (SELECT jsonb_populate_record(payout, $1::jsonb) AS p FROM payout
  ORDER BY created_at, id LIMIT 1) AS copied
"""
WITHIN = "DROP TRIGGER payouts_within ON payout"
FROZEN = "DROP TRIGGER payout_frozen ON payout"


def copy(**values: Any) -> str:
    """What a second payout has of its own."""
    own = {"id": str(uuid4()), "cause": "CAPTURE-ANOTHER", "batch_ref": None, "item_ref": None, "state": "planned"}
    return json.dumps({**own, **values})


async def buy(stall: Stall) -> dict[str, Any]:
    add_paypal(stall)
    await give_address()
    return await buy_by_paypal(stall)


async def test_second_payout_is_refused_when_the_share_is_paid_out(stall: Stall) -> None:
    await buy(stall)

    with pytest.raises(asyncpg.CheckViolationError, match="exceed its share"):
        await fetch(COPY, copy(amount=1))

    async with unguarded(WITHIN):
        await fetch(COPY, copy(amount=1))
        assert await value("SELECT count(*) FROM payout") == 2


async def test_withheld_money_counts_as_paid_out(stall: Stall) -> None:
    await buy(stall)

    with pytest.raises(asyncpg.CheckViolationError, match="exceed its share"):
        await fetch("UPDATE payout SET withheld = 1")

    async with unguarded(WITHIN):
        await fetch("UPDATE payout SET withheld = 1")


async def test_same_share_is_refused_when_it_is_written_twice(stall: Stall) -> None:
    capture = await buy(stall)
    again = copy(cause=capture["capture_ref"])

    with pytest.raises(asyncpg.UniqueViolationError, match="payout_once"):
        async with unguarded(WITHIN):
            await fetch(COPY, again)

    async with unguarded(WITHIN, "ALTER TABLE payout DROP CONSTRAINT payout_once"):
        await fetch(COPY, again)


async def test_second_payout_in_the_place_of_one_is_refused(stall: Stall) -> None:
    await buy(stall)
    first = str(await value("SELECT id FROM payout"))

    async def replace_twice(*more: str) -> None:
        async with unguarded(WITHIN, *more):
            for _ in range(2):
                await fetch(COPY, copy(cause=str(uuid4()), replaces=first))

    with pytest.raises(asyncpg.UniqueViolationError, match="payout_replaces_key"):
        await replace_twice()

    await replace_twice("ALTER TABLE payout DROP CONSTRAINT payout_replaces_key")


@pytest.mark.parametrize(
    "write",
    ["amount = amount - 1", "receiver = 'x@y.example'", "withheld = 1", "batch_ref = 'B9'", "currency = 'EUR'"],
)
async def test_what_was_sent_stays_as_it_was_asked_for(stall: Stall, write: str) -> None:
    await buy(stall)
    await pay_out(stall)

    with pytest.raises(asyncpg.RestrictViolationError, match="is frozen"):
        await fetch(f"UPDATE payout SET {write}")

    async with unguarded(WITHIN, FROZEN):
        await fetch(f"UPDATE payout SET {write}")


async def test_move_that_does_not_exist_is_refused(stall: Stall) -> None:
    await buy(stall)
    set_paid = "UPDATE payout SET state = 'paid', item_ref = 'I', receiver = 'a@b.example'"

    with pytest.raises(asyncpg.CheckViolationError, match="planned -> paid is not an allowed move"):
        await fetch(set_paid)

    async with unguarded("DROP TRIGGER payout_moves ON payout"):
        await fetch(set_paid)


async def test_more_is_not_owed_than_was_paid_out(stall: Stall) -> None:
    add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    paypal = stall.gateways.paypal
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)  # type: ignore[arg-type]
    await refund_there(capture, capture["amount"])

    with pytest.raises(asyncpg.CheckViolationError, match="exceed what was paid out"):
        await fetch("UPDATE payout_debt SET amount = amount + 1")

    async with unguarded("DROP TRIGGER payout_debts_within ON payout_debt"):
        await fetch("UPDATE payout_debt SET amount = amount + 1")


async def test_more_is_not_withheld_for_a_debt_than_is_owed(stall: Stall) -> None:
    add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    paypal = stall.gateways.paypal
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)  # type: ignore[arg-type]
    await refund_there(capture, capture["amount"])

    with pytest.raises(asyncpg.CheckViolationError, match="payout_debt_within"):
        await fetch("UPDATE payout_debt SET paid = amount + 1")

    async with unguarded("ALTER TABLE payout_debt DROP CONSTRAINT payout_debt_within"):
        await fetch("UPDATE payout_debt SET paid = amount + 1")


@pytest.mark.parametrize(
    ("constraint", "write"),
    [
        ("payout_sent_to_somebody", "receiver = ''"),
        ("payout_done_is_known", "item_ref = NULL"),
        ("payout_positive", "amount = 0"),
    ],
)
async def test_paid_row_says_what_went_to_whom(stall: Stall, constraint: str, write: str) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    with pytest.raises(asyncpg.CheckViolationError, match=constraint):
        async with unguarded(FROZEN):
            await fetch(f"UPDATE payout SET {write}")

    async with unguarded(FROZEN, f"ALTER TABLE payout DROP CONSTRAINT {constraint}"):
        await fetch(f"UPDATE payout SET {write}")
