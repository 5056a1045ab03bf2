"""The time to pay runs out while the card is being typed: the late press pays nothing and says so."""

from __future__ import annotations

from e2e.journeys.test_expire import SESSION_SECONDS
from e2e.market import Market
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person


def test_nobody_is_charged_when_time_runs_out_before_the_button(market: Market, shop: Shop, ada: Person) -> None:
    free = market.free("KILN-BOWL")
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).fill()

    market.advance(SESSION_SECONDS + 60)
    hosted.submit()

    hosted.expect_heading("This payment page has expired")
    assert market.truth("captures") == []
    hosted.page.get_by_role("link", name="Back to").click()
    order = OrderPage(hosted.page).expect_arrived().expect_state("Checkout expired")
    order.expect_cart_count(1)
    market.settle()
    assert market.free("KILN-BOWL") == free
    order.open_cart().check_out().go_on(ada).pay().expect_state("Paid")
    assert len(market.truth("captures")) == 1
