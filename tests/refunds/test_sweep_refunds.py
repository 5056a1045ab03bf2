"""Refunds that nobody told us about: found by the sweep, however long the events stay away."""

from __future__ import annotations

from store.kit.db import fetch_value
from store.refunds.sweep import sweep_refunds
from tests.facts import one
from tests.world import World

DAY = 24 * 3600


async def test_refund_is_found_when_every_event_was_lost(world: World) -> None:
    ada = world.browser()
    order = await ada.buy("KILN-MUG-BLUE")
    await world.settle()
    await world.tell("webhooks", action="drop", count=0)
    charge = await fetch_value("SELECT capture_ref FROM capture")
    made = await world.console.post(
        "/v1/refunds",
        data={"charge": charge, "reverse_transfer": "true", "refund_application_fee": "true"},
        headers={"Authorization": "Bearer sk_test_overprint"},
    )
    assert made.status_code == 200, made.text

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
