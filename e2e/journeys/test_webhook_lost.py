"""The webhook never comes and neither does the buyer: the shop's own look at the provider confirms the order."""

from __future__ import annotations

from e2e.market import Market, wait_until
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person

PAID = "SELECT token FROM orders WHERE email = $1 AND payment_state = 'paid'"


def test_sweep_confirms_when_webhook_is_dropped_for_ever(market: Market, shop: Shop, ada: Person, rail: Rail) -> None:
    market.drop_webhooks()
    away = rail.go_on(shop.put_in_cart("pasta-bowl").check_out(), ada)

    away.pay_and_vanish()
    market.advance(15)

    [paid] = wait_until(lambda: market.rows(PAID, ada.email), "the sweep to confirm the order")
    order = Shop(shop.page.context.new_page()).open_order(f"/orders/{paid['token']}")
    order.expect_state("Paid").expect_history(f"confirmed by our own look at {rail.label}").expect_cart_count(0)
    assert len(market.truth("captures")) == 1
    market.settle()
    assert len(market.mails(ada.email)) == 1
