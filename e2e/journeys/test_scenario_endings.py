"""Scenario cards whose ends come days later or come back: the tester does what the card says and sees what it says."""

from __future__ import annotations

import re

from e2e.market import Market
from e2e.pages.console import Console
from e2e.pages.shop import Shop
from e2e.people import Person
from store.sandbox.console.scenarios import BY_NAME


def test_order_is_unpaid_when_the_bank_debit_of_the_card_fails_days_later(
    market: Market, shop: Shop, ada: Person
) -> None:
    console = Console(shop.page.context.new_page(), market.sandbox).open_start()
    console.set_scenario("Bank debit fails days later")
    card = console.page.url
    [account] = set(re.findall(r"\b\d{12}\b", " ".join(BY_NAME["bank-debit-fails"].do)))

    order = console.start_in_shop().put_in_cart("pasta-bowl").check_out().go_on(ada).pay_by_debit(account)
    order.expect_state("Payment processing")
    tester = Console(shop.page, market.sandbox)
    tester.page.goto(card)
    tester.advance("Move the clock by 3 days")

    market.settle()
    order.reload().expect_state("Payment failed").expect_told("You were not charged").expect_payable("Try again")


def test_order_is_paid_again_when_the_refund_of_the_card_fails(market: Market, shop: Shop, ada: Person) -> None:
    console = Console(shop.page.context.new_page(), market.sandbox).open_start().set_scenario("Refund fails")
    [number] = set(re.findall(r"\d{4} \d{4} \d{4} \d{4}", " ".join(BY_NAME["refund-fails"].do)))
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay(number).expect_state("Paid")
    console.advance("Move the clock by 3 min")
    market.settle()
    [capture] = market.truth("captures")

    market.ask("POST", "/v1/refunds", charge=capture["ref"], reverse_transfer="true")
    market.settle()
    order.reload().expect_state("Refunded")
    console.advance("Move the clock by 3 min")

    market.settle()
    order.reload().expect_state("Paid").expect_history("A refund of", times=1)
    assert "refund" in market.mails(ada.email)[0]["subject"].lower()
