"""Cancel leads back to the order: pay after all, or cancel for good with the cart as it was."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person


def test_buyer_pays_after_all_when_returning_to_payment(market: Market, shop: Shop, ada: Person, rail: Rail) -> None:
    away = rail.go_on(shop.put_in_cart("pasta-bowl").check_out(), ada)

    order = away.cancel().expect_state("Waiting for payment")
    again = rail.go_on_again(order)

    assert again.address == away.address
    again.pay().expect_state("Paid")
    assert len(market.truth("captures")) == 1


def test_cart_and_stock_are_free_when_order_is_canceled(market: Market, shop: Shop, ada: Person, rail: Rail) -> None:
    free = market.free("KILN-BOWL")
    away = rail.go_on(shop.put_in_cart("pasta-bowl").check_out(), ada)
    assert market.free("KILN-BOWL") == free - 1

    order = away.cancel().cancel()

    order.expect_state("Canceled").expect_told("You were not charged").expect_cart_count(1)
    assert market.free("KILN-BOWL") == free
    away.come_too_late().expect_state("Canceled")
    assert market.truth("captures") == []


def test_new_order_is_placed_when_buyer_checks_out_again(market: Market, shop: Shop, ada: Person) -> None:
    canceled = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).cancel().cancel().expect_state("Canceled")
    number = canceled.number

    canceled.page.get_by_role("link", name="Back to your cart").click()
    paid = canceled.open_cart().check_out().go_on(ada).pay().expect_state("Paid")

    assert paid.number != number
    assert len(market.truth("captures")) == 1
