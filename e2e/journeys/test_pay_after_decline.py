"""A refused card is told in plain words, costs nothing, and another card goes on with the same order."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person


def test_order_turns_paid_once_when_second_card_is_accepted(market: Market, shop: Shop, ada: Person) -> None:
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(ada)

    order = hosted.be_declined().pay()

    order.expect_state("Paid")
    market.settle()
    order.reload().expect_history("Payment declined")
    assert [capture["amount"] for capture in market.truth("captures")] == [4000]
    assert [row["payment_state"] for row in market.rows("SELECT * FROM orders WHERE email = $1", ada.email)] == ["paid"]


def test_order_stays_payable_when_buyer_leaves_after_decline(market: Market, shop: Shop, ada: Person) -> None:
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(ada)

    order = hosted.be_declined().cancel()
    market.settle()

    order.reload().expect_state("Waiting for payment").expect_told("You were not charged")
    order.expect_cart_count(1)
    order.return_to_payment().expect_open().pay().expect_state("Paid")
    assert len(market.truth("captures")) == 1
