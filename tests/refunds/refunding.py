"""Steps around refunds: late money that must go back, and refunds that somebody makes at the provider."""

from __future__ import annotations

from typing import Any

from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import one, the_payment
from tests.payments.buying import MUG, end_too_early, pay_unheard, place, sell_out
from tests.world import Browser, World

REFUNDS = "/v1/refunds"


async def take_late(world: World, sku: str = MUG) -> tuple[Browser, dict[str, Any]]:
    """Ada paid for an order that is over, and its goods are gone: the refund is decided, not made yet.

    Returns her browser and the row of the money. Webhooks are held.
    """
    ada, url = await end_too_early(world, (sku,))
    await sell_out((sku,))
    await pay_unheard(world, url)
    assert await sync_payment(world.gateways, (await the_payment())["id"], Door.CHECK) == "succeeded"
    capture = await one("SELECT * FROM capture")
    assert capture["kind"] == "surplus"
    return ada, capture


async def buy(world: World, sku: str = MUG) -> tuple[Browser, dict[str, Any]]:
    """Ada has bought and everything has settled; returns her browser and the row of the money."""
    ada, url = await place(world, sku)
    await world.pay(url)
    await world.settle()
    return ada, await one("SELECT * FROM capture")


async def wait_for_money(world: World) -> None:
    """The vendors have given back; the provider looks at its pending refunds hourly."""
    await world.settle()
    await world.advance(3700)
    await world.settle()


async def refund_there(world: World, capture: dict[str, Any], **params: Any) -> dict[str, Any]:
    """Somebody refunds this charge at the provider, all of it unless `amount` says how much."""
    headers = {"Authorization": "Bearer sk_test_overprint"}
    if capture["account_ref"]:
        headers["Stripe-Account"] = capture["account_ref"]
    answer = await world.console.post(REFUNDS, data={"charge": capture["capture_ref"], **params}, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
