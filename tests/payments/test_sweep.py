"""The sweep: stale rows are looked at by the same verbs, less and less often, each by one sweep at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

from store.gateways.port import Gateways
from store.kit.db import fetch
from store.payments.sweep import LOOKS, sweep_payments
from tests.facts import ONCE, count_effects, path_of, posted, the_payment, value
from tests.payments.buying import LAMP, MUG, NOTEBOOK, break_calls, mend, pay_unheard, place
from tests.world import World, rows

SESSIONS = "/v1/checkout/sessions"


async def test_looks_grow_rarer_when_an_attempt_stays_open(world: World) -> None:
    await place(world)
    gaps = []
    for wait in (10, 10, 60, 300):
        before = (await the_payment())["check_at"]
        await world.advance(wait + 1)

        assert await sweep_payments(world.gateways) == 1

        gaps.append((await the_payment())["check_at"] - before)
    assert all(later >= earlier for earlier, later in pairwise(gaps))
    assert LOOKS[0] == timedelta(seconds=10)
    assert (await the_payment())["checks"] == 4
    assert await sweep_payments(world.gateways) == 0


async def test_attempt_is_looked_at_once_when_two_sweeps_run_at_once(world: World) -> None:
    await place(world)
    await world.advance(11)

    taken = await asyncio.gather(*(sweep_payments(world.gateways) for _ in range(5)))

    assert sum(taken) == 1
    assert len(await posted(world, f"{SESSIONS}/{(await the_payment())['provider_ref']}", "GET")) == 1


async def test_others_are_confirmed_when_one_cannot_be_looked_at(world: World) -> None:
    urls = [(await place(world, sku))[1] for sku in (MUG, LAMP, NOTEBOOK)]
    for url in urls:
        await pay_unheard(world, url)
    stuck = (await the_payment())["provider_ref"]
    await break_calls(world, f"{SESSIONS}/{stuck}", method="GET")
    await world.advance(11)

    assert await sweep_payments(world.gateways) == 3

    states = {row["provider_ref"]: row["status"] for row in await rows("SELECT provider_ref, status FROM payment")}
    assert states.pop(stuck) == "pending"
    assert set(states.values()) == {"succeeded"}
    await mend(world)
    await world.advance(11)
    await sweep_payments(world.gateways)
    assert await value("SELECT count(*) FROM payment WHERE status = 'succeeded'") == 3


async def test_sweep_goes_on_when_the_provider_says_the_request_was_wrong(world: World) -> None:
    _, first = await place(world)
    await pay_unheard(world, first)
    await place(world, LAMP)
    gone = (await the_payment())["provider_ref"]
    await break_calls(world, f"{SESSIONS}/{gone}", method="GET", status=404)
    await world.advance(11)

    await sweep_payments(world.gateways)

    assert await count_effects() == ONCE


async def test_others_are_looked_at_when_one_row_breaks_the_verb(world: World) -> None:
    _, first = await place(world)
    await pay_unheard(world, first)
    await place(world, LAMP)
    broken = Breaking(world.gateways.stripe, (await the_payment())["provider_ref"])
    await world.advance(11)

    assert await sweep_payments(Gateways(broken)) == 2

    assert await count_effects() == ONCE


class Breaking:
    """A gateway with a bug of ours for one session."""

    def __init__(self, inner: Any, ref: str) -> None:
        self._inner, self._ref = inner, ref

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch_payment(self, ref: str, account_ref: str) -> Any:
        if ref == self._ref:
            raise ZeroDivisionError
        return await self._inner.fetch_payment(ref, account_ref)


async def test_next_sweep_takes_over_when_one_died_after_taking_a_row(world: World) -> None:
    """Taking a row only moves its next look: what a dead sweep took is due again by itself."""
    _, url = await place(world)
    await pay_unheard(world, url)
    await fetch("UPDATE payment SET checks = 1, check_at = check_at + interval '10 seconds'")
    await world.advance(11)
    assert await sweep_payments(world.gateways) == 0

    await world.advance(10)
    await sweep_payments(world.gateways)

    assert await count_effects() == ONCE


async def test_nothing_is_asked_when_an_attempt_has_ended(world: World) -> None:
    ada, _ = await place(world)
    await ada.post(f"{await path_of()}/cancel")
    before = len(await world.truth("requests"))
    await world.advance(3600)

    assert await sweep_payments(world.gateways) == 0

    assert len(await world.truth("requests")) == before
