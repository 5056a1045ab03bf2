"""What could not be taken back is tried again as soon as what it waited for has come, not when its hour strikes."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from store.kit import clock
from store.kit.db import fetch
from store.kit.queue import CHANNEL
from store.payouts.service import wake_transfers
from tests.facts import value
from tests.payments.buying import MUG, NOTEBOOK, break_calls, mend
from tests.payouts.passing import REVERSALS, TRANSFERS, account_of, buy_two, change_account
from tests.payouts.test_refund_shares import buy_and_pay_out
from tests.refunds.refunding import refund_there
from tests.world import World, rows

STATES = """
SELECT transfer.account_ref, reversal.state FROM transfer_reversal AS reversal
  JOIN transfer ON transfer.id = reversal.transfer
"""


async def states() -> dict[str, str]:
    """How what is taken back of each account stands."""
    return {row["account_ref"]: row["state"] for row in await rows(STATES)}


async def test_reversal_is_tried_at_once_when_something_changed_at_its_account(world: World) -> None:
    capture = await buy_two(world)
    mug, notebook = await account_of(MUG), await account_of(NOTEBOOK)
    await break_calls(world, REVERSALS, status=400)
    await refund_there(world, capture, amount=1000)
    await world.settle()
    await mend(world)
    await world.worker.drain(sweep=True)
    assert await states() == {mug: "waiting", notebook: "waiting"}

    await change_account(world, mug, "rejected")
    await world.deliver()
    await world.worker.drain(sweep=True)

    assert await states() == {mug: "done", notebook: "waiting"}


async def test_worker_is_told_when_something_waited_for_this_account(world: World, db: str) -> None:
    await break_calls(world, TRANSFERS, status=400)
    await buy_two(world)
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(dsn=db)
    await listener.add_listener(CHANNEL, lambda *args: heard.put_nowait(args[2]))

    woken = await wake_transfers(await account_of(MUG))

    assert woken == 1
    assert await asyncio.wait_for(heard.get(), 10) == CHANNEL
    await listener.close()


@pytest.mark.leaves_broken({"I11"}, "what a vendor pays out to its bank is not in our books yet")
async def test_reversal_is_tried_at_once_when_its_vendor_has_got_money(world: World) -> None:
    capture, sent = await buy_and_pay_out(world)
    mug = sent["account_ref"]
    await refund_there(world, capture, amount=1000)
    await world.settle()
    assert (await states())[mug] == "waiting"
    due = await value(f"SELECT look_at FROM transfer_reversal WHERE transfer = '{sent['id']}'")
    assert due > clock.now()

    await fetch("UPDATE transfer SET look_at = $1 WHERE state = 'waiting' AND account_ref = $2", clock.now(), mug)
    await world.worker.drain(sweep=True)

    assert await value("SELECT count(*) FROM transfer WHERE state = 'done' AND account_ref = $1", mug) == 2
    assert (await states())[mug] == "done"
    assert clock.now() < due
