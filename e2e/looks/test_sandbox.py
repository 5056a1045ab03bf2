"""The sandbox's pages: payment page, 3-D Secure, mailbox, first page."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.payment import Mailbox
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch


def test_payment_page_is_accessible_in_each_state(
    market: Market, shop: Shop, look: Inspection, watch: Watch, ada: Person
) -> None:
    hosted = shop.put_in_cart("pasta-bowl", "enamel-mug").check_out().go_on(ada)
    page, address = hosted.page, hosted.page.url
    look(page, "payment-open")
    page.get_by_text("Test cards").click()
    look(page, "payment-test-cards")
    hosted.submit()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "payment-errors")
    look(hosted.be_declined().page, "payment-declined")
    challenge = hosted.be_challenged()
    look(page, "payment-challenge")
    challenge.complete().expect_state("Paid")
    page.goto(address)
    look(hosted.expect_heading("This payment is complete").page, "payment-paid")

    hosted = shop.put_in_cart("night-light").check_out().go_on(ada)
    market.advance(46 * 60)
    page.reload()
    look(hosted.expect_heading("This payment page has expired").page, "payment-expired")
    watch.expect(404)
    page.goto(f"{market.sandbox}/c/pay/cs_test_unknown")
    look(page, "payment-unknown")


def test_first_page_and_mailbox_are_accessible(market: Market, shop: Shop, look: Inspection, ada: Person) -> None:
    page = shop.page
    for state, path in (("sandbox-first-page-empty", "/"), ("mailbox-empty", "/mailbox")):
        page.goto(market.sandbox + path)
        look(page, state)
    shop.put_in_cart("pasta-bowl", "enamel-mug").check_out().go_on(ada).pay().expect_state("Paid")
    market.settle()
    for state, path in (("sandbox-first-page", "/"), ("mailbox", "/mailbox")):
        page.goto(market.sandbox + path)
        look(page, state)
    look(Mailbox(page, market.sandbox).open_mail(re.compile("^Order OP-"), ada.email).page, "mail-confirmed")
    Mailbox(page, market.sandbox).open_mail(re.compile("^Sold"), "")
    look(page, "mail-sold")
