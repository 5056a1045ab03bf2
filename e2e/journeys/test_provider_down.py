"""Stripe is down: the shop stays open, the checkout says so and keeps what was typed; Stripe is up again: it sells."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market, wait_until
from e2e.pages.payment import HostedPage
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch


def test_shop_stays_open_and_order_goes_on_when_provider_is_back(
    market: Market, shop: Shop, watch: Watch, ada: Person
) -> None:
    market.tell("faults", method="*", path="/v1/*", when="before", action="status", status=503, count=0)
    checkout = shop.put_in_cart("pasta-bowl").check_out().fill(ada)
    watch.expect(503)

    checkout.button.click()

    expect(checkout.page.get_by_text("you were not charged")).to_be_visible()
    expect(checkout.page.get_by_label("Full name")).to_have_value(ada.name)
    tab = Shop(shop.page.context.new_page())
    tab.open_home().expect_cart_count(1)
    tab.open_product("enamel-mug").expect_heading("Enamel mug")
    market.clear_faults()
    # Who was down is left alone for a while; a person presses again, and again.
    wait_until(checkout.try_again, "the checkout to be taken up again")
    HostedPage(checkout.page).pay().expect_state("Paid")
    market.settle()
    assert len(market.truth("captures")) == 1
    assert len(market.rows("SELECT id FROM orders WHERE email = $1", ada.email)) == 1
