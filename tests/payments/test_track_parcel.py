"""The tracking number of what PayPal paid for reaches PayPal, later and by itself."""

from __future__ import annotations

from typing import Any

from store.orders.service import correct_parcel, ship_part
from tests.facts import one, the_payment, value
from tests.payments.buying import MUG, break_calls, mend
from tests.webhooks.test_paypal_events import paid
from tests.world import World, rows


async def ship(tracking: str, carrier: str = "DHL") -> None:
    part = await one("SELECT id, vendor FROM vendor_order")
    assert await ship_part(part["vendor"], part["id"], carrier=carrier, tracking=tracking)


async def numbers_there(world: World) -> list[str]:
    """The tracking numbers that PayPal has of the order."""
    ref = (await the_payment())["provider_ref"]
    order: Any = world.sandbox.state.world.lookup(ref)
    document = next(doc for _, doc in world.sandbox.state.world.find_owned(None, "paypal_order") if doc["id"] == ref)
    assert order
    trackers = document["purchase_units"][0]["shipping"].get("trackers", [])
    return [tracker["id"].rpartition("-")[2] for tracker in trackers]


async def test_paypal_has_the_number_when_the_seller_ships(world: World) -> None:
    await paid(world)

    await ship("00340434161094")
    await world.worker.run_operations()

    assert await numbers_there(world) == ["00340434161094"]


async def test_number_is_told_once_when_paypal_answers_late(world: World) -> None:
    await paid(world)
    await break_calls(world, "/v2/checkout/orders/*/track", when="after", action="reset")
    await ship("00340434161094")
    await world.worker.run_operations()
    assert await value("SELECT state FROM operation WHERE kind = 'track'") == "waiting"
    await mend(world)

    await world.worker.gateways.with_capture().ping()
    for _ in range(3):
        await make_track_due()
        await world.worker.run_operations()

    assert await numbers_there(world) == ["00340434161094"]
    assert await value("SELECT state FROM operation WHERE kind = 'track'") == "done"


async def test_both_numbers_are_there_when_the_first_was_wrong(world: World) -> None:
    await paid(world)
    await ship("11111111")
    part = await one("SELECT id, vendor FROM vendor_order")

    await correct_parcel(part["vendor"], part["id"], carrier="DHL", tracking="22222222")
    await world.worker.run_operations()

    assert "22222222" in await numbers_there(world)


async def test_nothing_is_told_when_there_is_no_number_or_stripe_was_paid(world: World) -> None:
    ada = world.browser()
    await ada.buy(MUG)
    await world.settle()
    await ship("00340434161094")
    assert await rows("SELECT * FROM operation WHERE kind = 'track'") == []


async def make_track_due() -> None:
    await value("UPDATE operation SET run_at = now() - interval '1 second' WHERE kind = 'track' RETURNING id")
