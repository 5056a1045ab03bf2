"""The sandbox's pages: payment page, 3-D Secure, mailbox, first page."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.payment import HostedPage, Mailbox
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


def test_payment_page_is_accessible_with_codes_and_bank_debits(
    market: Market, shop: Shop, look: Inspection, watch: Watch
) -> None:
    page = shop.page
    coupon = market.ask("POST", "/v1/coupons", percent_off="100")["id"]
    market.ask(
        "POST", "/v1/promotion_codes", code="LOOK100", **{"promotion[type]": "coupon", "promotion[coupon]": coupon}
    )

    def open_page(currency: str = "usd", **more: str) -> str:
        line = {"price_data][currency": currency, "price_data][unit_amount": "2400", "quantity": "1"}
        form = {f"line_items[0][{name}]": value for name, value in line.items()}
        form["line_items[0][price_data][product_data][name]"] = "Moon over Lisbon"
        session = market.ask(
            "POST", "/v1/checkout/sessions", mode="payment", success_url=f"{market.shop}/", **form, **more
        )
        page.goto(session["url"])
        return str(session["id"])

    debit = {"allowed_payment_method_types[0]": "card", "allowed_payment_method_types[1]": "us_bank_account"}
    open_page(allow_promotion_codes="true", **debit)
    page.get_by_role("link", name="Add promotion code").click()
    look(page, "payment-code")
    for code, state in (("NOPE", "payment-code-refused"), ("look100", "payment-free")):
        page.get_by_label("Promotion code", exact=True).fill(code)
        page.get_by_role("button", name="Apply").click()
        look(page, state)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("link", name="Bank debit").click()
    page.get_by_text("Test accounts").click()
    look(page, "payment-debit")
    page.get_by_role("button", name="Pay $24.00").click()
    look(page, "payment-debit-errors")
    open_page("eur", **{"allowed_payment_method_types[0]": "sepa_debit"})
    look(page, "payment-debit-iban")

    for account, heading in (
        ("000123456797", "This payment is processing"),
        ("000222222227", "This payment has failed"),
    ):
        session = open_page(**debit)
        page.get_by_role("link", name="Bank debit").click()
        page.get_by_label("Account number", exact=True).fill(account)
        page.get_by_label("Name on account", exact=True).fill("Ada")
        HostedPage(page).submit()
        page.wait_for_url(f"{market.shop}/")
        market.advance(1)
        page.goto(f"{market.sandbox}/c/pay/{session}")
        look(HostedPage(page).expect_heading(heading).page, heading.lower().replace(" ", "-"))
    watch.expect(404)
    page.goto(f"{market.sandbox}/c/recover/{session}/unknown")
    look(page, "recovery-unknown")
