"""PayPal is down: its button says so and the card works; PayPal is up again: it sells."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from e2e.market import Market, wait_until
from e2e.pages.paypal import PayPage, open_pay_page
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

DOWN = {"method": "*", "path": "/v*", "when": "before", "action": "status", "status": 503, "provider": "paypal"}
# A probe that failed leaves the provider alone for twice as long.
PATIENCE = 60
SAYS = re.compile("PayPal does not answer just now")


def test_button_says_so_and_the_card_works_until_paypal_is_back(
    market: Market, shop: Shop, watch: Watch, ada: Person
) -> None:
    page = open_pay_page(shop, ada)
    market.tell("faults", **DOWN, count=0)
    watch.expect(503)

    page.press()

    page.expect_words(SAYS)
    wait_until(lambda: not ask(market, page) and says_so(page), "the shop to leave PayPal alone", seconds=PATIENCE)
    page.page.reload()
    expect(page.page.get_by_role("status").filter(has_text=SAYS).first).to_be_visible()
    checkout = Shop(shop.page.context.new_page()).open_home().open_cart().check_out()
    expect(checkout.page.get_by_text(SAYS)).to_be_visible()
    checkout.page.close()
    page.pay_by_card().pay().expect_state("Paid")
    assert [capture["provider"] for capture in market.truth("captures")] == ["stripe"]
    market.clear_faults()
    again = open_pay_page(shop, ada)
    # Who was down is left alone for a while; a person presses again, and again.
    wait_until(lambda: ask(market, again), "PayPal to be asked again", seconds=PATIENCE)
    again.page.reload()
    again.open_window().approve()
    again.to_order().expect_state("Paid")
    market.settle()
    assert sorted(capture["provider"] for capture in market.truth("captures")) == ["paypal", "stripe"]
    assert len(market.rows("SELECT id FROM orders WHERE email = $1 AND payment_state = 'paid'", ada.email)) == 2


def ask(market: Market, page: PayPage) -> bool:
    """Ask for the order at PayPal as its button does; whether there is one."""
    answer = page.page.request.post(
        f"{market.shop}/payments/paypal",
        form={"order": page.page.url.rsplit("/", 1)[1]},
        headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"},
    )
    return answer.status == 200


def says_so(page: PayPage) -> bool:
    """Whether the page itself says it before anybody presses, when it is opened now."""
    return bool(SAYS.search(page.page.request.get(page.page.url).text()))
