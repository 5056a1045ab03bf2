"""The account's pages as somebody uses them: sign up, sign in, mails that lead back, and the end of it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from e2e.pages.payment import Mailbox
from e2e.pages.shop import OrderPage, Shop


class AccountPage(Shop):
    """The account of whoever is signed in."""

    def expect_of(self, email: str) -> AccountPage:
        self.expect_heading("Your account")
        expect(self.page.get_by_role("main").get_by_text(email, exact=True)).to_be_visible()
        return self

    def expect_told(self, words: str | re.Pattern[str]) -> AccountPage:
        expect(self.page.get_by_role("status").filter(has_text=words)).to_be_visible()
        return self

    def expect_confirmed(self) -> AccountPage:
        expect(self.page.get_by_text("This address is not confirmed yet")).to_have_count(0)
        return self

    def open_orders(self) -> OrdersPage:
        self.page.get_by_role("link", name="See your orders").click()
        return OrdersPage(self.page)

    def sign_out(self) -> Shop:
        self.page.get_by_role("button", name="Sign out", exact=True).click()
        expect(account_link(self.page)).to_have_text("Sign in")
        return Shop(self.page)

    def delete(self) -> Shop:
        """Delete the account, and be asked first."""
        self.page.get_by_role("link", name="Delete the account").click()
        self.page.get_by_role("button", name="Delete the account").click()
        expect(self.page.get_by_role("status").filter(has_text="Your account is deleted.")).to_be_visible()
        return Shop(self.page)


class OrdersPage(Shop):
    """The orders of an account."""

    def expect_numbers(self, *numbers: str) -> OrdersPage:
        self.expect_heading("Your orders")
        expect(self.page.get_by_role("link", name=re.compile("^Order "))).to_have_text([f"Order {n}" for n in numbers])
        return self

    def open(self, number: str) -> OrderPage:
        self.page.get_by_role("link", name=f"Order {number}").click()
        return OrderPage(self.page).expect_arrived()


class SignUpPage(Shop):
    """Where an account is made."""

    def create(self, email: str, password: str) -> AccountPage:
        self._fill(email, password).click()
        return AccountPage(self.page).expect_of(email)

    def create_with_shop(self, email: str, password: str, shop: str) -> Page:
        """Sign up to sell: the list of what is left to do comes next."""
        button = self._fill(email, password)
        self.page.get_by_label("Shop name", exact=True).fill(shop)
        button.click()
        expect(self.page).to_have_url(re.compile("/sell/onboarding$"))
        return self.page

    def _fill(self, email: str, password: str) -> Locator:
        self.page.get_by_label("Email", exact=True).fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        return self.page.get_by_role("button", name="Create account")


class SignInPage(Shop):
    """Where somebody shows who they are."""

    def expect_open(self) -> SignInPage:
        self.expect_heading("Sign in")
        return self

    def sign_in(self, email: str, password: str) -> AccountPage:
        self.page.get_by_label("Email", exact=True).fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        return AccountPage(self.page)

    def go_on_as(self, name: str) -> AccountPage:
        """Be one of the demo's people."""
        self.page.get_by_role("button", name=f"Go on as {name}").click()
        return AccountPage(self.page).expect_of(f"{name.lower()}@example.com")

    def forget(self, email: str) -> SignInPage:
        """Ask for a mail that lets a new password be chosen."""
        self.page.get_by_role("link", name="Forgotten the password?").click()
        self.page.get_by_label("Email", exact=True).fill(email)
        self.page.get_by_role("button", name="Send the link").click()
        expect(self.page.get_by_role("status").filter(has_text="If there is an account for")).to_be_visible()
        return self.expect_open()


class AccountMail(Mailbox):
    """A mail about an account."""

    def follow(self, subject: str, to: str) -> Page:
        """Open it and follow its link."""
        self.open_mail(subject, to)
        self.page.get_by_role("link", name=re.compile(r"account\W")).first.click()
        return self.page

    def confirm(self, to: str) -> AccountPage:
        """Confirm an address, signed in to its account."""
        page = self.follow("Confirm your email address for Overprint", to)
        page.get_by_role("button", name="Confirm").click()
        return AccountPage(page).expect_confirmed()

    def choose_password(self, to: str, password: str) -> SignInPage:
        """Choose a new password."""
        page = self.follow("Choose a new password for Overprint", to)
        page.get_by_label("New password", exact=True).fill(password)
        page.get_by_role("button", name="Set the password").click()
        expect(page.get_by_role("status").filter(has_text="Your new password is set.")).to_be_visible()
        return SignInPage(page).expect_open()


def open_sign_up(shop: Shop) -> SignUpPage:
    """By the header's link, as somebody new."""
    open_sign_in(shop).page.get_by_role("link", name="Create one").click()
    page = SignUpPage(shop.page)
    page.expect_heading("Create an account")
    return page


def open_sign_in(shop: Shop) -> SignInPage:
    """By the header's link."""
    account_link(shop.page).click()
    return SignInPage(shop.page).expect_open()


def account_link(page: Page) -> Locator:
    """The header's link: Sign in, or Account."""
    return page.get_by_role("banner").get_by_role("link", name=re.compile("^(Sign in|Account)$"))
