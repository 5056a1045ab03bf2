"""The bank asks first: Complete pays, Fail leaves the buyer on the payment page, uncharged."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person


def test_order_turns_paid_when_challenge_is_completed(market: Market, shop: Shop, ada: Person) -> None:
    hosted = shop.put_in_cart("night-light").check_out().go_on(ada)

    order = hosted.be_challenged().complete()

    order.expect_state("Paid")
    assert [capture["amount"] for capture in market.truth("captures")] == [6200]


def test_buyer_can_pay_otherwise_when_challenge_fails(market: Market, shop: Shop, ada: Person) -> None:
    hosted = shop.put_in_cart("night-light").check_out().go_on(ada)

    hosted = hosted.be_challenged().fail()

    assert market.truth("captures") == []
    hosted.expect_open().pay().expect_state("Paid")
    assert len(market.truth("captures")) == 1
