"""The provider's pages as a buyer uses them: payment page, 3-D Secure, mailbox."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from e2e.pages.shop import OrderPage
from e2e.people import CHALLENGED, DECLINED, PAYS


class HostedPage:
    """The hosted payment page while it takes cards."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def expect_open(self) -> HostedPage:
        expect(self.page).to_have_url(re.compile(r"/c/pay/cs_"))
        expect(self.page.get_by_role("button", name=re.compile("^Pay "))).to_be_visible()
        return self

    def expect_heading(self, words: str) -> HostedPage:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(words)
        return self

    def fill(self, number: str = PAYS) -> HostedPage:
        for label, value in (("Card number", number), ("Expiry", "12/34"), ("CVC", "123"), ("Name on card", "Ada")):
            self.page.get_by_label(label, exact=True).fill(value)
        return self

    def submit(self) -> None:
        self.page.get_by_role("button", name=re.compile("^Pay ")).click()

    def pay(self, number: str = PAYS) -> OrderPage:
        """Pay and come back to the shop."""
        self.fill(number).submit()
        return OrderPage(self.page).expect_arrived()

    def apply_code(self, code: str) -> HostedPage:
        """Type one of the provider's own promotion codes."""
        self.page.get_by_role("link", name="Add promotion code").click()
        self.page.get_by_label("Promotion code", exact=True).fill(code)
        self.page.get_by_role("button", name="Apply").click()
        expect(self.page.get_by_text(f"The promotion code {code} takes off")).to_be_visible()
        return self

    def complete(self) -> OrderPage:
        """End an order that costs nothing any more, and come back to the shop."""
        self.page.get_by_role("button", name="Complete order").click()
        return OrderPage(self.page).expect_arrived()

    def pay_by_debit(self, account: str) -> OrderPage:
        """Pay from a bank account, whose bank answers later, and come back to the shop."""
        self.page.get_by_role("link", name="Bank debit").click()
        for label, value in (("Account number", account), ("Name on account", "Ada")):
            self.page.get_by_label(label, exact=True).fill(value)
        self.submit()
        return OrderPage(self.page).expect_arrived()

    def pay_and_vanish(self) -> None:
        """Pay, and have the browser die on its way back: the return visit never happens."""
        # Only the debugger's protocol pauses a redirect's target; Playwright's own routes see no redirect.
        session = self.page.context.new_cdp_session(self.page)
        paused: list[str] = []
        session.on("Fetch.requestPaused", lambda event: paused.append(event["request"]["url"]))
        session.send("Fetch.enable", {"patterns": [{"urlPattern": "*/payments/*/return*"}]})
        self.fill()
        with self.page.expect_event("request", lambda request: "/return?" in request.url):
            self.page.get_by_role("button", name=re.compile("^Pay ")).click(no_wait_after=True)
        self.page.close()

    def be_declined(self, number: str = DECLINED) -> HostedPage:
        """Try a card that the bank refuses, and stay."""
        self.fill(number).submit()
        expect(self.page.get_by_role("alert")).to_contain_text("You have not been charged")
        return self

    def be_challenged(self) -> ChallengePage:
        """Pay with a card whose bank asks first."""
        self.fill(CHALLENGED).submit()
        page = ChallengePage(self.page)
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Your bank asks: is this you?")
        return page

    def cancel(self) -> OrderPage:
        """Go back without paying."""
        self.page.get_by_role("link", name="Cancel").click()
        return OrderPage(self.page).expect_arrived()


class ChallengePage:
    """3-D Secure."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def complete(self) -> OrderPage:
        self.page.get_by_role("button", name="Complete").click()
        return OrderPage(self.page).expect_arrived()

    def fail(self) -> HostedPage:
        self.page.get_by_role("button", name="Fail").click()
        expect(self.page.get_by_role("alert")).to_be_visible()
        return HostedPage(self.page)


class Mailbox:
    """The sandbox's mailbox."""

    def __init__(self, page: Page, sandbox: str) -> None:
        self.page, self.sandbox = page, sandbox

    def open_mail(self, subject: str | re.Pattern[str], to: str) -> Mailbox:
        self.page.goto(f"{self.sandbox}/mailbox")
        row = self.page.get_by_role("listitem").filter(has_text=to)
        row.get_by_role("link", name=subject).click()
        return self

    def follow_order_link(self) -> OrderPage:
        """Open the order by the link in the mail's text."""
        self.page.get_by_role("link", name=re.compile(r"orders\W")).first.click()
        return OrderPage(self.page).expect_arrived()
