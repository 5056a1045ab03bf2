"""Back after paying: every page says what became of it, and nothing is paid twice."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.payment import HostedPage
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person


def test_nothing_is_paid_twice_when_buyer_goes_back(market: Market, shop: Shop, ada: Person, rail: Rail) -> None:
    order = rail.go_on(shop.put_in_cart("pasta-bowl").check_out(), ada).pay().expect_state("Paid")
    number = order.number

    shop.page.go_back()
    rail.expect_paid_already(shop.page)

    order.expect_state("Paid")
    assert order.number == number
    assert len(market.truth("captures")) == 1


def test_checkout_says_that_nothing_is_left_when_buyer_goes_back_to_it(shop: Shop, ada: Person) -> None:
    shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")

    shop.page.go_back()
    HostedPage(shop.page).expect_heading("This payment is complete")
    shop.page.go_back()

    shop.expect_heading("Your cart")
    expect(shop.page.get_by_text("There is nothing to check out here")).to_be_visible()
    shop.expect_cart_count(0)


def test_button_has_its_words_again_when_page_is_restored(shop: Shop, ada: Person) -> None:
    checkout = shop.put_in_cart("pasta-bowl").check_out().fill(ada)
    words = checkout.button.inner_text()
    # Chromium keeps no page alive under a debugger: leave without leaving, then say that it was restored.
    shop.page.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
    checkout.button.click()
    expect(shop.page.get_by_role("button", name="Redirecting…")).to_be_visible()

    shop.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    expect(checkout.button).to_have_text(words, use_inner_text=True)
