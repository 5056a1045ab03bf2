"""The order page looks by itself: it turns to Paid with nobody touching it, says when the connection is lost, rests
while hidden, and stops when there is nothing more to learn."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from e2e.market import Market, wait_until
from e2e.pages.payment import HostedPage
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person
from e2e.watch import Watch

LOST = "Connection lost. Retrying."
COUNT_TURNS = """() => {
  window.turns = 0;
  document.addEventListener("htmx:config:request", (event) => { if (event.target.matches("[data-poll]")) turns += 1; });
}"""


def test_page_turns_paid_by_itself_when_payment_is_confirmed_elsewhere(market: Market, shop: Shop, ada: Person) -> None:
    order = _wait_for_webhook(market, shop, ada)
    order.page.evaluate("window.untouched = true")
    focused = order.page.get_by_role("button", name="Check now")
    focused.focus()

    market.release_webhooks()

    order.expect_state("Paid").expect_told("Payment received.")
    expect(order.page).to_have_title(f"Paid - Order {order.number}")
    assert order.page.evaluate("window.untouched") is True
    _expect_no_more_polls(order)


def test_page_says_so_when_connection_is_lost(market: Market, shop: Shop, watch: Watch, ada: Person) -> None:
    order = _wait_for_webhook(market, shop, ada)
    connection = order.page.get_by_role("status").filter(has_text=LOST)
    watch.expect("ERR_INTERNET_DISCONNECTED")
    watch.allow("htmx:error")

    order.page.context.set_offline(True)
    expect(connection).to_be_visible()
    order.expect_state("Waiting for payment")
    order.page.context.set_offline(False)

    expect(connection).to_have_count(0)
    market.release_webhooks()
    order.expect_state("Paid")


def test_hidden_page_asks_nothing_until_it_is_seen_again(market: Market, shop: Shop, ada: Person) -> None:
    order = _wait_for_webhook(market, shop, ada)
    polls: list[str] = []
    _hide(order.page, hidden=True)
    order.page.on("request", lambda request: polls.append(request.url) if request.url.endswith("/status") else None)
    market.release_webhooks()
    market.settle()

    order.page.evaluate(COUNT_TURNS)
    wait_until(lambda: order.page.evaluate("turns") >= 5, "five turns to poll, none taken")

    assert polls == []
    order.expect_state("Waiting for payment")
    _hide(order.page, hidden=False)
    order.expect_state("Paid")


def test_page_ends_itself_when_its_link_is_revoked(market: Market, shop: Shop, watch: Watch, ada: Person) -> None:
    order = _wait_for_webhook(market, shop, ada)
    watch.expect(404)

    # Tokens are frozen with their order: what a revoked one answers is what a made-up one answers.
    order.page.route("**/status", lambda route: route.continue_(url=f"{market.shop}/orders/{'A' * 22}/status"))

    order.expect_state("This link no longer works")
    _expect_no_more_polls(order)


def test_check_now_confirms_when_no_webhook_came(market: Market, shop: Shop, ada: Person) -> None:
    order = _wait_for_webhook(market, shop, ada)

    order.check_now()

    order.expect_state("Paid").expect_history("confirmed by your check")
    assert len(market.truth("captures")) == 1


def test_strangers_page_shows_the_order_when_link_is_shared(
    market: Market, new_visitor: Callable[..., Shop], ada: Person
) -> None:
    order = new_visitor().put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")

    same = new_visitor().open_order(order.path)

    same.expect_state("Paid")
    expect(same.page.get_by_role("main")).to_contain_text("1 Analytical Row")
    same.expect_cart_count(0)


def _wait_for_webhook(market: Market, shop: Shop, buyer: Person) -> OrderPage:
    """An order page that waits: its payment is made in another tab that never came back, its webhook is held."""
    market.hold_webhooks()
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(buyer)
    address = hosted.page.url
    order = hosted.cancel().expect_state("Waiting for payment")
    tab = shop.page.context.new_page()
    tab.goto(address)
    HostedPage(tab).pay_and_vanish()
    wait_until(lambda: market.truth("captures"), "the provider to have the money")
    return order


def _expect_no_more_polls(order: OrderPage) -> None:
    for attribute in ("data-poll", "hx-get", "hx-trigger"):
        assert order.status.get_attribute(attribute) is None


def _hide(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        "(hidden) => { Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )
