"""A process may die at any commit and call while shares are paid out at PayPal: each vendor is paid once."""

from __future__ import annotations

import os
from dataclasses import replace

from store.kit.crash import EXIT_CODE
from store.kit.db import fetch
from tests.facts import value
from tests.faults.child import Errand, run_errand
from tests.faults.serving import served
from tests.faults.test_crash_anywhere import MOST, go_on
from tests.payments.buying import MUG, NOTEBOOK
from tests.payouts.at_paypal import DAY, buy_at_paypal
from tests.payouts.paying_out import give_address
from tests.world import World, rows

# What a worker's turn passes before it comes to payouts; how many passes are between two deaths.
BEFORE, STEP = 20, 1 if os.environ.get("LONG") else 4
STANDS = "SELECT state FROM payout WHERE state <> 'paid' ORDER BY state"


async def test_each_vendor_is_paid_once_when_the_process_dies_anywhere(world: World) -> None:
    await give_address()
    assert world.settings.paypal is not None
    died: list[tuple[str, ...]] = []
    async with served(world.sandbox) as base:
        settings = replace(world.settings, paypal=replace(world.settings.paypal, base_url=base))
        world.settings = settings
        for orders, at in enumerate(range(BEFORE, MOST, STEP), 1):
            await buy_at_paypal(world, MUG, NOTEBOOK)
            await world.advance(3 * DAY - 600)
            await world.settle()
            # Nothing but the new shares is looked at.
            await fetch("UPDATE capture SET refunds_at = NULL")
            await fetch("UPDATE payout SET look_at = NULL WHERE state = 'paid'")
            await world.advance(660)

            assert await run_errand(settings, base, Errand(sweep=True), at) == EXIT_CODE
            died.append(tuple(row["state"] for row in await rows(STANDS)))
            await go_on(world, base, Errand(sweep=True))
            for _ in range(2):
                await world.advance(70)
                await world.settle()

            sent = await world.truth("payouts")
            assert len(sent) == len({row["sender_batch_id"] for row in sent}) == 2 * orders
            assert sum(row["amount"] for row in sent) == await value("SELECT sum(share)::bigint FROM vendor_order")
            assert await value("SELECT count(*) FROM payout WHERE state = 'paid'") == 2 * orders
            if died[-1] == ("sent", "sent"):
                break
    assert "planned" in died[0]
    assert any("intended" in states for states in died)
    assert died[-1] == ("sent", "sent")
