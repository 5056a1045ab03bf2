"""Each vendor is paid exactly once: whoever dies wherever, and however many send at once."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest

from store.gateways.transfers import TransferRequest, TransferSnapshot
from store.payouts.service import send_reversal, send_transfer
from tests.facts import assert_books_agree, make_due, one, posted, the_order, value
from tests.payments.buying import break_calls, mend
from tests.payments.test_die_at_any_call import Died, mortal, release_leases, start_again
from tests.payouts import naive
from tests.payouts.passing import REVERSALS, TRANSFERS, buy_two, place_two
from tests.refunds.refunding import refund_there
from tests.world import SHOP, World, rows

RACERS = 10


class Gathered:
    """A gateway that lets nobody send before `parties` callers have looked and want to."""

    def __init__(self, inner: Any, parties: int) -> None:
        self._inner = inner
        self._barrier = asyncio.Barrier(parties)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def transfer(self, request: TransferRequest, key: str) -> TransferSnapshot:
        await self._barrier.wait()
        sent: TransferSnapshot = await self._inner.transfer(request, key)
        return sent


@pytest.fixture
async def naive_table(world: World) -> AsyncIterator[None]:
    yield
    await naive.clear_away()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_each_vendor_is_paid_once_when_the_process_dies_at_any_call(world: World, when: str) -> None:
    at, calls = 0, 99
    while at < calls:
        at += 1
        _, url = await place_two(world)
        await world.tell("webhooks", action="hold")
        paid = await world.pay(url)
        dying, way = mortal(world, at, when)
        try:
            await dying.browser().get(paid.headers["location"].removeprefix(SHOP))
            await world.tell("webhooks", action="clear")
            await dying.settle()
            calls = way.count
        except Died:
            pass

        await start_again(world)

        assert (await the_order())["payment_state"] == "paid"
        sent = await world.truth("transfers")
        assert len(sent) == 2 * at
        assert await value("SELECT count(*) FROM transfer WHERE state = 'done'") == 2 * at
        assert sum(row["amount"] for row in sent) == await value("SELECT sum(share)::bigint FROM vendor_order")
        await assert_books_agree(world)
    assert at >= 5


@pytest.mark.parametrize("when", ["before", "after"])
async def test_each_vendor_gives_back_once_when_the_process_dies_at_any_call(world: World, when: str) -> None:
    at, calls = 0, 99
    while at < calls:
        at += 1
        _, url = await place_two(world)
        assert (await world.pay(url)).status_code == 303
        await world.settle()
        capture = (await rows("SELECT * FROM capture ORDER BY created_at DESC LIMIT 1"))[0]
        await refund_there(world, capture, amount=200)
        dying, way = mortal(world, at, when)
        try:
            await dying.settle()
            calls = way.count
        except Died:
            pass

        await start_again(world)

        assert await value("SELECT count(*) FROM transfer_reversal WHERE state = 'done'") == 2 * at
        given = sum(row["refunded"] for row in await world.truth("transfers"))
        assert given == await value("SELECT sum(amount)::bigint FROM transfer_reversal")
        await assert_books_agree(world)
    assert at >= 5


async def test_each_vendor_is_paid_once_when_ten_send_at_once(world: World) -> None:
    await break_calls(world, TRANSFERS, method="*")
    await buy_two(world)
    await mend(world)
    ids = [row["id"] for row in await rows("SELECT id FROM transfer")]

    # Each of them has looked whether it was made, and wants to send it.
    gathered = dataclasses.replace(world.gateways, stripe=Gathered(world.gateways.stripe, len(ids) * RACERS))
    await asyncio.gather(*(send_transfer(gathered, id) for id in ids for _ in range(RACERS)))

    assert len(await world.truth("transfers")) == 2
    assert await value("SELECT count(*) FROM ledger_tx WHERE kind = 'transfer'") == 2
    assert await value("SELECT count(*) FROM transition WHERE machine = 'transfer' AND to_state = 'done'") == 2
    await assert_books_agree(world)


@pytest.mark.leaves_broken({"I11", "I13", "I20"}, "what the twin sent is no row of ours")
async def test_naive_twin_pays_more_than_once_when_ten_send_at_once(world: World, naive_table: None) -> None:
    """The control of the one above; it sends from a payment of its own, which nobody passes on."""
    await break_calls(world, TRANSFERS, method="POST", status=400)
    capture = await buy_two(world)
    await mend(world)
    part = await one("SELECT account_ref FROM vendor_order ORDER BY id LIMIT 1")
    await naive.lay_out(100)
    gathered = dataclasses.replace(world.gateways, stripe=Gathered(world.gateways.stripe, RACERS))

    await asyncio.gather(
        *(
            naive.send_naively(gathered, capture["order"], part["account_ref"], capture["capture_ref"], "naive")
            for _ in range(RACERS)
        )
    )

    assert len(await world.truth("transfers")) == RACERS


async def test_each_part_is_taken_back_once_when_ten_ask_at_once(world: World) -> None:
    capture = await buy_two(world)
    await break_calls(world, REVERSALS)
    await refund_there(world, capture, amount=200)
    await world.settle()
    await mend(world)
    ids = [row["id"] for row in await rows("SELECT id FROM transfer_reversal")]

    await asyncio.gather(*(send_reversal(world.gateways, id) for id in ids for _ in range(RACERS)))

    assert await value("SELECT count(*) FROM transfer_reversal WHERE state = 'done'") == 2
    assert sum(row["refunded"] for row in await world.truth("transfers")) == await value(
        "SELECT sum(reversed)::bigint FROM transfer"
    )
    await assert_books_agree(world)


async def test_vendor_is_paid_once_when_the_operation_is_run_again_after_it_was_done(world: World) -> None:
    await buy_two(world)
    sent = len(await posted(world, TRANSFERS))

    await rows("UPDATE operation SET state = 'waiting', done_at = NULL WHERE kind = 'transfer' RETURNING id")
    await make_due("operation")
    await release_leases("operation")
    await world.worker.drain()

    assert len(await posted(world, TRANSFERS)) == sent
    await assert_books_agree(world)
