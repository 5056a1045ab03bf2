"""A scenario card: the tester sets it, the buyer meets it, the tester ends it."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.console import Console
from e2e.pages.shop import Shop
from e2e.people import Person


def test_order_is_paid_once_when_webhooks_come_twice(market: Market, shop: Shop, ada: Person) -> None:
    console = Console(shop.page, market.sandbox).open_start().set_scenario("Webhook duplicated")

    order = console.start_in_shop().put_in_cart("pasta-bowl").check_out().go_on(ada).pay()

    order.expect_state("Paid").expect_history("confirmed", times=1)
    market.settle()
    assert len(market.truth("captures")) == 1
    assert len(market.mails(ada.email)) == 1
    console.open_start().end_rules()
