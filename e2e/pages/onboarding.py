"""The provider's onboarding pages and dashboard as a seller uses them, and a tester who chooses the outcome."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

STEPS = ("Your business", "About you", "Where your money goes")
REVIEW, DOCUMENT = "Check and submit", "A document is needed"


class Onboarding:
    """The hosted onboarding, wherever in it one is. What is submitted leads back to the shop."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def expect_step(self, title: str) -> Onboarding:
        expect(self.page).to_have_url(re.compile(r"/setup/p/acct_"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        return self

    def use_test_data(self) -> Onboarding:
        """Take this step with the provider's test values."""
        self.page.get_by_role("button", name="Use test data").click()
        return self

    def take_all(self) -> Onboarding:
        """Take every step from the first to the review."""
        for title in STEPS:
            self.expect_step(title).use_test_data()
        return self.expect_step(REVIEW)

    def stop(self) -> None:
        """Go back to the shop half-way; what was continued from is kept."""
        self.page.get_by_role("link", name="Stop here").click()

    def submit(self) -> None:
        """Submit, and be active at once."""
        self.page.get_by_role("button", name="Submit").click()

    def submit_under_review(self, minutes: int) -> None:
        self.page.get_by_role("radio", name="Under review").check()
        self.page.get_by_label("Minutes under review").fill(f"{minutes}")
        self.submit()

    def submit_restricted(self, days: int) -> None:
        self.page.get_by_role("radio", name="Restricted").check()
        self.page.get_by_label("Days until it is due").fill(f"{days}")
        self.submit()

    def submit_rejected(self, reason: str = "Fraud") -> None:
        self.page.get_by_label("Rejected", exact=True).check()
        self.page.get_by_label("Reason for rejecting").select_option(reason)
        self.submit()


class SellerDashboard:
    """The account owner's own dashboard at the provider."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open_as_tester(self, sandbox: str, account: str) -> SellerDashboard:
        """Open it from the account's page among the sandbox's objects, as its owner would log in."""
        self.page.goto(f"{sandbox}/console/objects/{account}")
        self.page.get_by_role("button", name="Open its dashboard").click()
        return self.expect_open()

    def expect_open(self) -> SellerDashboard:
        expect(self.page).to_have_url(re.compile(r"/dashboard/acct_"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Your account")
        return self

    def give_document(self) -> SellerDashboard:
        """Give the document that is due, and come back."""
        self.page.get_by_role("button", name="Give what is missing").click()
        Onboarding(self.page).expect_step(DOCUMENT).use_test_data().expect_step(REVIEW).submit()
        return self.expect_open()

    def disconnect(self) -> None:
        """Leave the platform."""
        self.page.get_by_role("button", name=re.compile("^Disconnect from ")).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Disconnected")
