"""A tester on the sandbox's pages: finds an order's session, sends its event again, moves the clock, sees it expire."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market, wait_until
from e2e.pages.console import Console
from e2e.pages.shop import Shop
from e2e.people import Person

SESSION = 'SELECT provider_ref FROM payment JOIN orders ON orders.id = payment."order" WHERE orders.number = $1'


def test_event_changes_nothing_when_tester_sends_it_again(market: Market, shop: Shop, ada: Person) -> None:
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")
    market.settle()
    [paid] = market.rows(SESSION, order.number)
    session = paid["provider_ref"]
    console = Console(shop.page.context.new_page(), market.sandbox)

    console.open_start().find(order.number).open_session()
    expect(console.page.get_by_role("heading", level=1)).to_have_text(session)
    console.resend("checkout.session.completed")

    again = "SELECT 1 FROM inbox_event WHERE resource = $1 AND type = 'checkout.session.completed' AND deliveries = 2"
    wait_until(lambda: market.rows(again, session), "the event to arrive again")
    market.settle()
    order.reload().expect_state("Paid").expect_history("confirmed", times=1)
    assert len(market.mails(ada.email)) == 1


def test_session_and_order_expire_when_tester_moves_the_clock(market: Market, shop: Shop, ada: Person) -> None:
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).cancel().expect_state("Waiting for payment")
    console = Console(shop.page.context.new_page(), market.sandbox)
    console.open_start().find(order.number).open_session().expect_fact("State", "open")
    address = console.page.url

    console.open_clock().advance("+1 h")
    console.page.goto(address)

    console.expect_fact("State", "expired")
    market.settle()
    order.reload().expect_state("Checkout expired").expect_told("You were not charged")
