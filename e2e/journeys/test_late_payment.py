"""Money for an order that has ended: taken when the things can still be had, else given back whole.

The provider opened a payment page but its answer was lost, and the shop ended the order; the buyer finds that page
and pays. (An expired page cannot be paid, so only such an attempt can bring money late.)
"""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.payment import HostedPage
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

ORDER = "SELECT payment_state, refunded, total FROM orders WHERE email = $1"


def test_order_is_paid_late_when_stock_can_still_be_held(market: Market, shop: Shop, watch: Watch, ada: Person) -> None:
    hosted = _lose_payment_page(market, shop, watch, ada)
    [order] = market.rows(ORDER, ada.email)
    assert order["payment_state"] == "canceled"

    hosted.pay().expect_state("Paid")

    market.settle()
    assert [(capture["amount"], capture["refunded"]) for capture in market.truth("captures")] == [(6800, 0)]
    assert len(market.mails(ada.email)) == 1


def test_everything_is_given_back_when_stock_is_gone(market: Market, shop: Shop, watch: Watch, ada: Person) -> None:
    hosted = _lose_payment_page(market, shop, watch, ada)
    market.stock("KILN-VASE", 0)

    order = hosted.pay()

    order.expect_history("arrived too late")
    market.settle()
    order.reload().expect_state("Refunded")
    assert [(capture["amount"], capture["refunded"]) for capture in market.truth("captures")] == [(6800, 6800)]
    [mail] = market.mails(ada.email)
    assert "refund" in mail["subject"].lower()


def _lose_payment_page(market: Market, shop: Shop, watch: Watch, buyer: Person) -> HostedPage:
    """Check out while the provider's answer turns into a refusal; find its page at the provider."""
    market.stock("KILN-VASE", 1)
    checkout = shop.put_in_cart("stoneware-vase").check_out()
    # Both the request and our look for what became of it: otherwise the shop would find its payment page.
    fault = {"method": "*", "path": "/v1/checkout/sessions", "when": "after", "action": "status", "status": 400}
    market.tell("faults", **fault, count=2)
    watch.expect(503)
    checkout.fill(buyer).button.click()
    expect(checkout.page.get_by_text("You were not charged")).to_be_visible()

    tab = shop.page.context.new_page()
    tab.goto(market.sandbox)
    tab.get_by_role("region", name="Latest payment pages").get_by_role("link", name="Payment page").first.click()
    return HostedPage(tab).expect_open()
