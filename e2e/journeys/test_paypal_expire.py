"""The order's time runs out while the buyer is at PayPal's page: nothing was charged, and it can be had again."""

from __future__ import annotations

from e2e.market import Market, wait_until
from e2e.pages.paypal import open_pay_page
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

OURS_SECONDS = 46 * 60
PAYPALS_SECONDS = 6 * 3600 + 60
ENDED = """
SELECT orders.payment_state, payment.status FROM orders JOIN payment ON payment."order" = orders.id
WHERE orders.email = $1 AND orders.payment_state <> 'awaiting_payment' ORDER BY orders.placed_at
"""


def test_nobody_is_charged_and_buyer_orders_anew_when_paypals_page_has_expired(
    market: Market, shop: Shop, watch: Watch, ada: Person
) -> None:
    free = market.free("KILN-BOWL")
    page = open_pay_page(shop, ada)
    window = page.open_window()
    assert market.free("KILN-BOWL") == free - 1
    watch.expect(404)

    market.advance(PAYPALS_SECONDS)
    _expect_ended(market, ada)
    window.page.reload()

    window.expect_heading("This payment has expired")
    window.page.close()
    assert market.free("KILN-BOWL") == free
    assert market.truth("captures") == []
    # The words move what stands below them: who clicks meanwhile misses.
    order = page.expect_words("You closed PayPal").back_to_order().expect_state("Checkout expired")
    order.expect_told("You were not charged").expect_cart_count(1)
    open_pay_page(Shop(order.page), ada).open_window().approve()
    order.expect_arrived().expect_state("Paid")
    assert [capture["amount"] for capture in market.truth("captures")] == [2 * 3400 + 600]


def test_order_is_paid_late_when_the_goods_can_still_be_had(market: Market, shop: Shop, ada: Person) -> None:
    page = open_pay_page(shop, ada)
    window = page.open_window()
    market.advance(OURS_SECONDS)
    _expect_ended(market, ada)

    window.approve()

    order = page.to_order().expect_state("Paid")
    market.settle()
    order.reload().expect_state("Paid")
    [row] = market.rows(ENDED, ada.email)
    assert (row["payment_state"], row["status"]) == ("paid", "succeeded")
    assert [capture["amount"] for capture in market.truth("captures")] == [4000]


def test_nothing_is_taken_and_buyer_is_told_when_the_goods_are_gone(market: Market, shop: Shop, ada: Person) -> None:
    page = open_pay_page(shop, ada)
    window = page.open_window()
    market.advance(OURS_SECONDS)
    _expect_ended(market, ada)
    market.stock("KILN-BOWL", 0)

    window.approve()

    order = page.to_order().expect_state("Checkout expired").expect_told("You were not charged")
    order.expect_history("Not charged: the goods went to somebody else")
    market.settle()
    [row] = market.rows(ENDED, ada.email)
    assert (row["payment_state"], row["status"]) == ("expired", "expired")
    assert market.truth("captures") == []
    assert [mail["subject"] for mail in market.mails(ada.email)] == [f"Order {order.number} is not paid"]


def _expect_ended(market: Market, person: Person) -> None:
    wait_until(lambda: market.rows(ENDED, person.email), "the sweep to end the order")
    assert [row["payment_state"] for row in market.rows(ENDED, person.email)] == ["expired"]
