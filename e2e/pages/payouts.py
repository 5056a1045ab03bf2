"""A vendor's shares of PayPal sales, and the address they go to, as its owner uses the page."""

from __future__ import annotations

import re

from playwright.sync_api import Locator

from e2e.market import Market
from e2e.pages.sell import Selling

PATH = "/sell/payouts"


class PayoutsPage(Selling):
    """The shares by where they stand."""

    def arrive(self) -> PayoutsPage:
        """Sign in as Vera and look at them."""
        self.enter(path=PATH)
        return self.expect_open()

    def look(self) -> PayoutsPage:
        """Look again."""
        self.page.goto(PATH)
        return self.expect_open()

    def expect_open(self) -> PayoutsPage:
        self.expect_heading("Shares of PayPal sales")
        return self

    def share(self, where: str, number: str) -> Locator:
        """An order's share under one of the headings: Payable, On the way, Paid, Stuck."""
        region = self.page.get_by_role("region", name=where, exact=True)
        return region.locator("tr, li").filter(has=self.page.get_by_role("link", name=number, exact=True))

    def confirm_address(self, market: Market, address: str) -> PayoutsPage:
        """Type an address, follow the link that is mailed there, and confirm."""
        self.page.get_by_role("textbox", name=re.compile("PayPal address$")).fill(address)
        self.page.get_by_role("button", name="Send the link").click()
        self.expect_told(f"A mail to {address} is on its way.")
        market.settle()
        mail = next(mail for mail in market.mails(address) if mail["subject"].startswith("Confirm where"))
        [link] = re.findall(rf"http\S+{PATH}/verify/\S+", mail["text"])
        self.page.goto(link)
        self.page.get_by_role("button", name="Confirm", exact=True).click()
        self.expect_told(f"goes to {address} from now on")
        return self.expect_open()
