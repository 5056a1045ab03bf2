"""PayPal's button in the shop: its window approves and the order is paid; blocked windows lead there and back."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from e2e.market import Market
from e2e.pages.paypal import open_pay_page
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

BLOCK = "window.open = () => null"
PAID = """
SELECT orders.payment_state, payment.provider, payment.status, capture.capture_ref, capture.amount FROM orders
JOIN payment ON payment."order" = orders.id JOIN capture ON capture.payment = payment.id WHERE orders.email = $1
"""


def test_buyer_pays_in_the_window(market: Market, shop: Shop, ada: Person) -> None:
    page = open_pay_page(shop, ada)
    expect(page.page.get_by_role("button", name="Pay with PayPal")).to_be_hidden()

    window = page.open_window()
    page.expect_words("PayPal’s window is open")
    window.approve()

    order = OrderPage(page.page).expect_arrived().expect_state("Paid")
    order.expect_history("Payment of $40.00 confirmed").expect_cart_count(0)
    _expect_paid_once(market, ada)
    market.settle()
    assert len(market.mails(ada.email)) == 1


def test_tab_itself_goes_to_paypal_and_back_when_windows_are_blocked(market: Market, shop: Shop, ada: Person) -> None:
    shop.page.add_init_script(BLOCK)
    page = open_pay_page(shop, ada)

    page.press()

    page.leave().approve_in_tab().expect_state("Paid")
    _expect_paid_once(market, ada)


def test_form_leads_on_when_paypals_script_never_answers(market: Market, shop: Shop, ada: Person) -> None:
    shop.page.route("**/sdk/js*", lambda route: None)
    page = open_pay_page(shop, ada)
    expect(page.page.locator("iframe")).to_have_count(0)

    page.leave_by_form().approve_in_tab().expect_state("Paid")
    _expect_paid_once(market, ada)


def test_nothing_moves_when_the_form_comes_and_then_the_button(shop: Shop, ada: Person) -> None:
    held: list[Route] = []
    shop.page.route("**/sdk/js*", lambda route: held.append(route))
    clock = shop.page.context.new_cdp_session(shop.page)
    clock.send("Animation.enable")
    clock.send("Animation.setPlaybackRate", {"playbackRate": 0})
    page = open_pay_page(shop, ada)
    form = page.page.get_by_role("button", name="Pay with PayPal")
    below = page.page.get_by_role("link", name="Back to the order")
    expect(form).to_be_hidden()
    page.page.evaluate("document.fonts.ready")  # the letters' own arrival widens or narrows every word once
    at_first = below.bounding_box()

    clock.send("Animation.setPlaybackRate", {"playbackRate": 1})
    expect(form).to_be_visible()
    with_form = below.bounding_box()
    held.pop().continue_()

    expect(page.button).to_be_visible()
    expect(form).to_be_hidden()
    assert at_first == with_form == below.bounding_box()


def _expect_paid_once(market: Market, person: Person) -> None:
    [there] = market.truth("captures")
    [here] = market.rows(PAID, person.email)
    assert (here["payment_state"], here["provider"], here["status"]) == ("paid", "paypal", "succeeded")
    assert (here["capture_ref"], here["amount"]) == (there["ref"], there["amount"])
    assert (there["provider"], there["amount"], there["state"]) == ("paypal", 4000, "COMPLETED")
