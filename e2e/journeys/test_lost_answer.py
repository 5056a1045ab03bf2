"""The provider does not answer while the payment page opens: nothing typed is lost, and trying again goes on with
the same order and the same payment page."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch


def test_same_order_goes_on_when_buyer_tries_again(
    market: Market, shop: Shop, watch: Watch, ada: Person, rail: Rail
) -> None:
    checkout = shop.put_in_cart("pasta-bowl").check_out()
    fault = {"method": "POST", "path": rail.opens, "when": "after", "action": "status", "status": 500}
    market.tell("faults", **fault, count=0)
    watch.expect(503)

    rail.go_on_in_vain(checkout, ada)
    market.clear_faults()
    away = rail.try_again(checkout)

    away.pay().expect_state("Paid")
    [order] = market.rows("SELECT payment_state FROM orders WHERE email = $1", ada.email)
    assert order["payment_state"] == "paid"
    assert len(market.truth("captures")) == 1
