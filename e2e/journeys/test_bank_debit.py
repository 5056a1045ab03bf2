"""A bank that answers days later: nobody calls the order paid before, nothing is sold twice, and either end is told."""

from __future__ import annotations

from e2e.market import Market, wait_until
from e2e.pages.shop import Shop
from e2e.people import Person

AFTER_THREE_DAYS, FAILS_AFTER_MINUTES, FAILS_AFTER_DAYS = "000123456805", "000222222235", "000222222243"
MINUTES, DAYS = 5 * 60, 3 * 86400
TRY_AGAIN = 45 * 60
STATE = "SELECT payment_state FROM orders WHERE email = $1"


def test_order_turns_paid_when_bank_agrees_days_later(market: Market, shop: Shop, ada: Person) -> None:
    free = market.free("KILN-BOWL")
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(ada)

    order = hosted.pay_by_debit(AFTER_THREE_DAYS)

    order.expect_state("Payment processing")
    market.settle()
    assert market.rows(STATE, ada.email) == [{"payment_state": "processing"}]
    market.advance(DAYS - 3600)
    market.settle()
    assert market.free("KILN-BOWL") == free - 1
    market.advance(2 * 3600)
    market.settle()
    order.reload().expect_state("Paid")
    assert [capture["amount"] for capture in market.truth("captures")] == [4000]
    assert len(market.mails(ada.email)) == 1


def test_order_is_payable_by_card_when_bank_refuses_later(market: Market, shop: Shop, ada: Person) -> None:
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay_by_debit(FAILS_AFTER_MINUTES)
    order.expect_state("Payment processing")

    market.advance(MINUTES)
    market.settle()

    order.reload().expect_state("Payment failed").expect_told("You were not charged")
    [mail] = market.mails(ada.email)
    assert mail["subject"].endswith("is not paid")
    order.return_to_payment().pay().expect_state("Paid")
    assert [capture["amount"] for capture in market.truth("captures")] == [4000]


def test_goods_wait_for_another_try_and_go_back_when_bank_refuses_days_later(
    market: Market, shop: Shop, ada: Person
) -> None:
    free = market.free("KILN-BOWL")
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay_by_debit(FAILS_AFTER_DAYS)
    order.expect_state("Payment processing").expect_told("Your bank is still confirming")
    market.advance(DAYS - 3600)
    market.settle()
    order.reload().expect_state("Payment processing")
    market.advance(2 * 3600)
    market.settle()

    order.reload().expect_state("Payment failed").expect_payable("Try again")
    order.expect_told("The bank account has insufficient funds. You were not charged. Your cart is saved.")
    assert [mail["subject"].endswith("is not paid") for mail in market.mails(ada.email)] == [True]
    assert market.free("KILN-BOWL") == free - 1
    market.advance(TRY_AGAIN + 60)
    wait_until(lambda: market.free("KILN-BOWL") == free, "the goods to go back")
    order.reload().expect_state("Checkout expired").expect_cart_count(1)
    assert market.truth("captures") == []
