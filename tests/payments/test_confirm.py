"""One payment, confirmed by whichever door comes first, exactly once."""

from __future__ import annotations

from tests.world import World, rows


async def test_order_is_paid_when_buyer_returns(world: World) -> None:
    ada = world.browser()

    order = await ada.buy("KILN-MUG-BLUE")

    assert await ada.status(order) == "Paid"
    assert await rows("SELECT kind, amount FROM capture")
