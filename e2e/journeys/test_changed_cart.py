"""The price changes while the checkout page is open: shown, accepted by the buyer, and only then paid."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch


def test_new_price_is_paid_when_buyer_has_accepted_it(market: Market, shop: Shop, watch: Watch, ada: Person) -> None:
    checkout = shop.put_in_cart("pasta-bowl").check_out().fill(ada)
    market.rows("UPDATE variant SET price = 3900 WHERE sku = 'KILN-BOWL'")
    watch.expect(409)

    checkout.button.click()
    checkout.expect_heading("Your cart has changed")
    expect(checkout.page.get_by_role("cell", name="39.00")).to_be_visible()
    assert market.truth("captures") == market.rows("SELECT 1 FROM orders WHERE email = $1", ada.email) == []
    cart = checkout.open_cart()
    cart.page.get_by_role("button", name="Accept the changes").click()

    cart.check_out().go_on(ada).pay().expect_state("Paid")
    assert [capture["amount"] for capture in market.truth("captures")] == [4500]
