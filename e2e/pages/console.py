"""The sandbox's own pages as a tester uses them."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from e2e.pages.shop import Shop


class Console:
    """Any page of the sandbox that is not a buyer's."""

    def __init__(self, page: Page, sandbox: str) -> None:
        self.page, self.sandbox = page, sandbox

    def open_start(self) -> Console:
        self.page.goto(f"{self.sandbox}/")
        return self

    def set_scenario(self, title: str) -> Console:
        """Press a card's button on the start page; its own page says what to do then."""
        self.page.get_by_role("button", name=f"Set {title}", exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        return self

    def start_in_shop(self) -> Shop:
        """Go where the scenario begins."""
        self.page.get_by_role("link", name="Start in the shop").click()
        return Shop(self.page)

    def end_rules(self) -> Console:
        """End the scenario, and every other rule."""
        notice = self.page.get_by_role("complementary", name="Rules in force")
        notice.get_by_role("button", name=re.compile("^End (it|all)$")).click()
        expect(notice).to_have_count(0)
        return self

    def find(self, words: str) -> Console:
        """Look for an object by its id or any word in it, and list what was found."""
        self.page.get_by_label(re.compile("^(Find an object|Id, or any word in it)$")).fill(words)
        self.page.get_by_role("button", name="Find", exact=True).click()
        return self

    def open_session(self) -> Console:
        """Open the newest payment session that was found."""
        self.page.get_by_role("main").get_by_role("link", name=re.compile("^cs_test_")).first.click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(re.compile("^cs_test_"))
        return self

    def delivery(self, type: str) -> Locator:
        """The newest delivery of an event of this type that is shown."""
        table = self.page.get_by_role("group", name="Deliveries about it")
        return table.get_by_role("row").filter(has_text=type).first

    def resend(self, type: str) -> Console:
        self.delivery(type).get_by_role("button", name=re.compile("^Resend")).click()
        return self

    def open_clock(self) -> Console:
        self.page.get_by_role("navigation", name="Sandbox").get_by_role("link", name="Clock").click()
        return self

    def advance(self, words: str) -> Console:
        self.page.get_by_role("button", name=words).click()
        return self

    def expect_fact(self, name: str, words: str | re.Pattern[str]) -> Console:
        """The head of an object's page says something of it."""
        fact = self.page.locator("dl.head div").filter(has_text=name).get_by_role("definition")
        expect(fact).to_have_text(words)
        return self
