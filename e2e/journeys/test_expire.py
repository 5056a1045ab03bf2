"""The payment page's time runs out: nobody was charged, the cart is there, the things are free again."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person

SESSION_SECONDS = 45 * 60


def test_order_expires_when_payment_page_times_out(market: Market, shop: Shop, ada: Person, rail: Rail) -> None:
    free = market.free("KILN-BOWL")
    away = rail.go_on(shop.put_in_cart("pasta-bowl").check_out(), ada)
    assert market.free("KILN-BOWL") == free - 1
    order = away.cancel().expect_state("Waiting for payment")

    market.advance(SESSION_SECONDS + 60)
    market.settle()

    order.reload().expect_state("Checkout expired").expect_told("You were not charged").expect_cart_count(1)
    assert market.free("KILN-BOWL") == free
    away.come_too_late().expect_state("Checkout expired")
    rail.go_on(order.open_cart().check_out(), ada).pay().expect_state("Paid")
    assert len(market.truth("captures")) == 1
