"""Our race took money that must go back: everything goes back, once, and the books say so."""

from __future__ import annotations

import pytest

from tests.facts import assert_books_agree, the_order
from tests.payments.buying import RAILS, place
from tests.world import World


@pytest.mark.parametrize("sku", RAILS.values(), ids=RAILS)
async def test_books_agree_when_an_order_was_paid_in_peace(world: World, sku: str) -> None:
    _, url = await place(world, sku)
    await world.pay(url)

    await world.settle()

    assert (await the_order())["payment_state"] == "paid"
    await assert_books_agree(world)
