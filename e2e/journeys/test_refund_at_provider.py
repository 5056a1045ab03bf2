"""Somebody gives money back on the provider's own pages: the order shows it without anybody telling the shop."""

from __future__ import annotations

import pytest

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person

# The provider keeps a refund pending until its charge has settled.
SETTLED = 10


@pytest.mark.parametrize(("amount", "state"), [(4000, "Refunded"), (1000, "Partly refunded")])
def test_order_shows_refund_when_made_at_provider(
    market: Market, shop: Shop, ada: Person, rail: Rail, amount: int, state: str
) -> None:
    order = rail.go_on(shop.put_in_cart("pasta-bowl").check_out(), ada).pay().expect_state("Paid")
    market.advance(SETTLED)
    market.settle()
    [capture] = market.truth("captures")

    rail.give_back(market, capture["ref"], amount)
    market.settle()

    order.reload().expect_state(state)
    [row] = market.rows("SELECT refunded, refund_pending FROM orders WHERE email = $1", ada.email)
    assert (row["refunded"], row["refund_pending"]) == (amount, 0)
