"""Refunds that nobody told us about: found by the sweep, however long the events stay away."""

from __future__ import annotations

from store.kit.db import fetch_value
from store.refunds.sweep import sweep_refunds
from tests.facts import one
from tests.payments.buying import break_calls, mend
from tests.refunds.refunding import refund_there
from tests.world import World

DAY = 24 * 3600


async def test_refund_is_found_when_every_event_was_lost(world: World) -> None:
    ada = world.browser()
    order = await ada.buy("KILN-MUG-BLUE")
    await world.settle()
    await world.tell("webhooks", action="drop", count=0)
    everything = {"reverse_transfer": "true", "refund_application_fee": "true"}
    await refund_there(world, await one("SELECT * FROM capture"), **everything)

    await world.advance(DAY)
    await world.worker.drain(sweep=True)

    assert await ada.status(order) == "Refunded"
    assert (await one("SELECT status FROM refund"))["status"] == "succeeded"


async def test_capture_is_not_asked_about_again_when_it_was_just_looked_at(world: World) -> None:
    await world.browser().buy("KILN-MUG-BLUE")
    await world.settle()
    await world.advance(DAY)

    assert [await sweep_refunds(world.gateways), await sweep_refunds(world.gateways)] == [1, 0]


async def test_looking_ends_when_half_a_year_has_passed(world: World) -> None:
    await world.browser().buy("KILN-MUG-BLUE")
    await world.settle()

    await world.advance(181 * DAY)
    await sweep_refunds(world.gateways)

    assert await fetch_value("SELECT refunds_at FROM capture") is None


async def test_others_are_looked_at_when_one_cannot_be(world: World) -> None:
    """One charge does not answer, one is broken here; the third is found refunded."""
    charges = []
    for _ in range(3):
        await world.browser().buy("KILN-MUG-BLUE")
        await world.settle()
        charges.append(await fetch_value("SELECT capture_ref FROM capture ORDER BY created_at DESC LIMIT 1"))
    silent, broken, refunded = charges
    await world.tell("webhooks", action="drop", count=0)
    await refund_there(world, await one("SELECT * FROM capture WHERE capture_ref = $1", refunded))
    await break_calls(world, f"/v1/charges/{silent}", method="GET")
    await break_calls(world, f"/v1/charges/{broken}", method="GET", status=400)
    await world.advance(DAY)

    assert await sweep_refunds(world.gateways) == 3

    assert await fetch_value("SELECT count(*) FROM refund") == 1
    await mend(world)
    await world.advance(DAY)
    assert await sweep_refunds(world.gateways) == 3


async def test_capture_is_looked_at_hourly_when_a_refund_is_on_its_way(world: World) -> None:
    await world.browser().buy("KILN-MUG-BLUE")
    await world.settle()
    made = await refund_there(world, await one("SELECT * FROM capture"))
    assert made["status"] == "pending"
    await world.deliver()

    await world.advance(3601)

    assert await sweep_refunds(world.gateways) == 1
    await world.advance(3601)
    assert await sweep_refunds(world.gateways) == 1
