"""A process may die at any commit and call while shares are passed on: each vendor is paid, and gives back, once."""

from __future__ import annotations

import pytest

from store.kit.crash import EXIT_CODE
from tests.facts import value
from tests.faults.child import Errand, run_errand
from tests.faults.serving import served
from tests.faults.test_crash_anywhere import LONG, MOST, STEP, go_on, hear
from tests.payments.buying import pay_unheard
from tests.payouts.passing import place_two
from tests.refunds.refunding import refund_there
from tests.world import World, rows


async def test_each_vendor_is_paid_once_when_the_process_dies_anywhere(world: World) -> None:
    async with served(world.sandbox) as base:
        for orders, at in enumerate(range(1, MOST, STEP), 1):
            _, url = await place_two(world)
            await pay_unheard(world, url)
            await world.advance(20)
            come = await hear(world, "charge.updated")

            code = await run_errand(world.settings, base, Errand((come,), sweep=True), at)
            await go_on(world, base, Errand((come,), sweep=True))

            sent = await world.truth("transfers")
            assert len(sent) == 2 * orders
            assert sum(row["amount"] for row in sent) == await value("SELECT sum(share)::bigint FROM vendor_order")
            assert await value("SELECT count(*) FROM transfer WHERE state = 'done'") == 2 * orders
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert at > 8


@pytest.mark.parametrize("start", [2, pytest.param(1, marks=LONG)])
async def test_each_vendor_gives_back_once_when_the_process_dies_anywhere(world: World, start: int) -> None:
    async with served(world.sandbox) as base:
        for orders, at in enumerate(range(start, MOST, STEP), 1):
            _, url = await place_two(world)
            assert (await world.pay(url)).status_code == 303
            await world.settle()
            await world.tell("webhooks", action="hold")
            capture = (await rows("SELECT * FROM capture ORDER BY created_at DESC LIMIT 1"))[0]
            await refund_there(world, capture, amount=200)
            come = await hear(world, "charge.refunded")

            code = await run_errand(world.settings, base, Errand((come,), sweep=True), at)
            await go_on(world, base, Errand((come,), sweep=True))

            given = sum(row["refunded"] for row in await world.truth("transfers"))
            assert given == await value("SELECT sum(amount)::bigint FROM transfer_reversal")
            assert await value("SELECT count(*) FROM transfer_reversal WHERE state = 'done'") == 2 * orders
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert at > 8
