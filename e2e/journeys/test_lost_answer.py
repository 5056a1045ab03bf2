"""The provider does not answer while the payment page opens: nothing typed is lost, and trying again goes on with
the same order and the same payment page."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.payment import HostedPage
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch


def test_same_order_goes_on_when_buyer_tries_again(market: Market, shop: Shop, watch: Watch, ada: Person) -> None:
    checkout = shop.put_in_cart("pasta-bowl").check_out().fill(ada)
    fault = {"method": "POST", "path": "/v1/checkout/sessions", "when": "after", "action": "status", "status": 500}
    market.tell("faults", **fault, count=0)
    watch.expect(503)

    checkout.button.click()
    expect(checkout.page.get_by_text("please try again in a moment")).to_be_visible()
    expect(checkout.page.get_by_label("Full name")).to_have_value(ada.name)
    market.clear_faults()
    checkout.button.click()

    HostedPage(checkout.page).expect_open().pay().expect_state("Paid")
    [order] = market.rows("SELECT payment_state FROM orders WHERE email = $1", ada.email)
    assert order["payment_state"] == "paid"
    assert len(market.truth("captures")) == 1
