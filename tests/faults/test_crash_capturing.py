"""A process may die at any commit and call while PayPal's money is asked for, or goes back: it moves once.

Whoever dies in between has asked, or not: what it claimed is anybody's a minute later, and the same key asks again.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from store.kit.crash import EXIT_CODE
from store.kit.db import fetch
from tests.facts import the_order, value
from tests.faults.child import VISITOR, Errand, Request, jar, run_errand
from tests.faults.serving import served
from tests.faults.test_crash_anywhere import MOST, go_on, shelve
from tests.payments.buying import MUG
from tests.payments.paypal_buying import JSON, approved, captures_there
from tests.refunds.test_paypal_refunds import capture_by_hand
from tests.world import World, rows

# How many passes are between two deaths; the way of a surplus (heard of, booked, given back) is the longer one.
STEP, SURPLUS_STEP = (1, 1) if os.environ.get("LONG") else (8, 25)
LONG = pytest.mark.long
# As if a minute had passed since a process claimed it and died.
LET_GO = "UPDATE payment SET claimed_at = claimed_at - interval '61 seconds'"


@pytest.mark.parametrize("door", ["buttons", pytest.param("return", marks=LONG), pytest.param("sweep", marks=LONG)])
async def test_consent_is_captured_once_when_the_process_dies_anywhere(world: World, door: str) -> None:
    died = set()
    async with served(world.sandbox) as base:
        move_paypal(world, base)
        for orders, at in enumerate(range(min(STEP, 5), MOST, STEP), 1):
            await shelve(MUG, MOST + at, f"found {at}")
            ada, made = await approved(world)
            back = f"{made['capture_url'].removesuffix('/capture')}/return?token={made['id']}"
            doors = {
                "buttons": (Request("POST", made["capture_url"], {**VISITOR, **JSON}, cookies=jar(ada)),),
                "return": (Request("GET", back, VISITOR, cookies=jar(ada)),),
                "sweep": (),
            }
            errand = Errand(doors[door], sweep=door == "sweep")
            await world.advance(60)

            code = await run_errand(world.settings, base, errand, at)
            died.add(await value("SELECT status FROM payment ORDER BY created_at DESC LIMIT 1"))
            await fetch(LET_GO)
            await go_on(world, base, replace(errand, sweep=True))

            taken = await captures_there(world)
            assert [row["state"] for row in taken] == ["COMPLETED"] * orders
            assert await value("SELECT count(*) FROM orders WHERE payment_state = 'paid'") == orders
            assert await value("SELECT count(*) FROM refund") == 0
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert {"pending", "capturing"} <= died


async def test_surplus_goes_back_once_when_the_process_dies_anywhere(world: World) -> None:
    async with served(world.sandbox) as base:
        move_paypal(world, base)
        for orders, at in enumerate(range(min(SURPLUS_STEP, 5), MOST, SURPLUS_STEP), 1):
            await shelve(MUG, MOST + at, f"found {at}")
            await capture_by_hand(world)
            while await world.sandbox.state.deliveries.run_due():
                pass

            code = await run_errand(world.settings, base, Errand(), at)
            await go_on(world, base, Errand(sweep=True))

            back = [row for row in await world.truth("refunds") if row["provider"] == "paypal"]
            assert [row["amount"] for row in back] == [(await the_order())["total"]] * orders
            assert [row["status"] for row in await rows("SELECT status FROM refund")] == ["succeeded"] * orders
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert at > 8


def move_paypal(world: World, base: str) -> None:
    """PayPal lives where other processes reach it."""
    assert world.settings.paypal is not None
    world.settings = replace(world.settings, paypal=replace(world.settings.paypal, base_url=base))
