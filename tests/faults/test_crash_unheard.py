"""A process dies anywhere, no message of the provider's ever comes, and no buyer returns: the sweep alone goes on.

n = 1, 2, … until the errand is done, as in `test_crash_anywhere.py`; `make test` takes a few.
"""

from __future__ import annotations

import os
from urllib.parse import urlencode

import pytest

from store.kit import clock
from store.kit.crash import EXIT_CODE
from store.kit.db import fetch
from tests.facts import ONCE, count_effects, mails, the_order, value
from tests.faults.child import FORM, Errand, Request, jar, run_errand
from tests.faults.serving import served
from tests.faults.test_crash_anywhere import LONG, MOST, RAILS, count_sessions, hear, letters, shelve
from tests.invariants import QUEUES, find_broken
from tests.outages import release_leases
from tests.payments.buying import end_too_early, pay_unheard, place
from tests.webhooks.test_receive import deliver
from tests.world import World, rows

# A checkout has some twenty of them, a payment and a refund three times as many.
SHORT, FAR = (1, 1) if os.environ.get("LONG") else (5, 25)
BOTH = pytest.mark.parametrize("rail", ["destination", pytest.param("direct", marks=LONG)])


@BOTH
async def test_checkout_goes_on_by_the_sweep_when_the_process_dies_anywhere(world: World, rail: str) -> None:
    """Who died before the order was written has placed none: the cart is as it was, and nobody holds anything."""
    sku, first = RAILS[rail]
    await shelve(sku, MOST, "plenty")
    await world.tell("webhooks", action="drop", count=0)
    async with served(world.sandbox) as base:
        for at in range(first, MOST, SHORT):
            ada = world.browser()
            await ada.add(sku)
            send = Request("POST", "/checkout", FORM, urlencode(await ada.checkout_form()).encode(), jar(ada))
            before = await value("SELECT count(*) FROM orders")

            code = await run_errand(world.settings, base, Errand((send,)), at)
            await go_on_unheard(world, base)

            orders = await value("SELECT count(*) FROM orders")
            assert orders - before in ((1,) if code == 0 else (0, 1))
            assert await value("SELECT count(*) FROM payment WHERE status = 'pending'") == orders
            assert await value("SELECT count(*) FROM stock_move WHERE kind = 'hold'") == orders
            assert await count_sessions(world) == orders
            assert await ada.groups()
            if code == 0:
                break
            assert code == EXIT_CODE
    assert (code, await value("SELECT count(*) FROM inbox_event")) == (0, 0)
    assert at > 8


@BOTH
async def test_payment_is_applied_once_by_the_sweep_when_the_process_dies_anywhere(world: World, rail: str) -> None:
    sku, first = RAILS[rail]
    await shelve(sku, MOST, "plenty")
    async with served(world.sandbox) as base:
        for orders, at in enumerate(range(first, MOST, FAR), 1):
            _, url = await place(world, sku)
            await world.tell("webhooks", action="drop", count=0)
            assert (await world.pay(url)).status_code == 303
            await let_look()

            code = await run_errand(world.settings, base, Errand(sweep=True), at)
            await go_on_unheard(world, base)

            assert await count_effects() == {name: count * orders for name, count in ONCE.items()}
            assert await letters(world) == {
                f"<{row['id']}@localhost>" for row in await rows("SELECT id FROM mail_message")
            }
            if code == 0:
                break
            assert code == EXIT_CODE
    assert (code, await value("SELECT count(*) FROM inbox_event")) == (0, 0)
    assert at > 8


@BOTH
async def test_money_goes_back_once_by_the_sweep_when_the_process_dies_anywhere(world: World, rail: str) -> None:
    """One message told of the payment that came too late; nothing more is heard, of the refund neither."""
    sku, first = RAILS[rail]
    async with served(world.sandbox) as base:
        for orders, at in enumerate(range(first, MOST, FAR), 1):
            await shelve(sku, 1, f"found {at}")
            _, url = await end_too_early(world, (sku,))
            await shelve(sku, 0, f"lost {at}")
            await pay_unheard(world, url)
            told = await hear(world)
            await world.tell("webhooks", action="drop", count=0)
            assert (await deliver(world, told.body, told.headers, told.path)).status_code == 200
            await world.worker.process_events()

            code = await run_errand(world.settings, base, Errand(sweep=True), at)
            await go_on_unheard(world, base)

            order = await the_order()
            assert (order["payment_state"], order["refunded"]) == ("canceled", order["total"])
            assert [refund["amount"] for refund in await world.truth("refunds")] == [order["total"]] * orders
            assert [kind for kind, _, _ in await mails()] == ["refunded"] * orders
            if code == 0:
                break
            assert code == EXIT_CODE
    assert (code, await value("SELECT count(*) FROM inbox_event")) == (0, orders)
    assert at > 8


async def go_on_unheard(world: World, base: str) -> None:
    """A second process sweeps; what the first one had taken is free by then, and the next look at it is due."""
    await release_leases(*QUEUES)
    await let_look()
    assert await run_errand(world.settings, base, Errand(sweep=True)) == 0
    assert await find_broken() == {}


async def let_look() -> None:
    """As if the time until the next look were over."""
    await fetch("UPDATE payment SET check_at = $1 WHERE check_at IS NOT NULL", clock.now())
