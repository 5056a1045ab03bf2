"""The vendor's pages, from how selling begins: found by role and label, each verb returns the next page."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from e2e.pages.onboarding import Onboarding
from e2e.pages.shop import Shop


class Selling:
    """Any page of a shop's own area."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def nav(self) -> Locator:
        return self.page.get_by_role("navigation", name="Your shop")

    def enter(self, name: str = "Vera", path: str = "/sell/products") -> Selling:
        """Be one of the demo's people, and go to a page of the shop."""
        self.page.goto(path)
        self.page.get_by_role("button", name=f"Go on as {name}").click()
        expect(self.page).to_have_url(re.compile(re.escape(path)))
        return self

    def open_products(self) -> ProductsPage:
        self.page.goto("/sell/products")
        return ProductsPage(self.page)

    def open_orders(self) -> OrdersPage:
        self.page.goto("/sell/orders")
        return OrdersPage(self.page)

    def open_team(self) -> TeamPage:
        self.page.goto("/sell/team")
        return TeamPage(self.page)

    def open_statement(self) -> Selling:
        """By the link beside the balance, as a vendor finds it."""
        self.page.goto("/sell/home")
        self.page.get_by_role("link", name="See the statement").click()
        return self

    def expect_heading(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(words)

    def expect_told(self, words: str) -> None:
        expect(self.page.get_by_role("status").filter(has_text=words).first).to_be_visible()


class ProductsPage(Selling):
    """The list of products."""

    def add(self) -> ProductPage:
        self.page.get_by_role("link", name="Add a product").click()
        return ProductPage(self.page)

    def open(self, title: str) -> ProductPage:
        self.page.get_by_role("link", name=title, exact=True).click()
        return ProductPage(self.page)


class ProductPage(Selling):
    """One product's form and its pictures."""

    def fill(self, **fields: str) -> ProductPage:
        for label, value in fields.items():
            self.page.get_by_label(label).fill(value)
        return self

    def save(self) -> ProductPage:
        self.page.get_by_role("button", name="Save", exact=True).click()
        return self

    def publish(self) -> ProductPage:
        self.page.get_by_role("button", name="Publish", exact=True).click()
        return self

    def add_picture(self, name: str, body: bytes, shows: str) -> ProductPage:
        """Choose a file, say what it shows, send it."""
        self.page.get_by_label("Picture", exact=True).set_input_files(
            {"name": name, "mimeType": "image/jpeg", "buffer": body}
        )
        self.page.get_by_label("What it shows").fill(shows)
        self.page.get_by_role("button", name="Add picture").click()
        return self


class OrdersPage(Selling):
    """The list of orders."""

    def open(self, number: str) -> SoldPage:
        self.page.get_by_role("link", name=number, exact=True).click()
        return SoldPage(self.page)


class SoldPage(Selling):
    """One order as the vendor sees it."""

    def ship(self, carrier: str, tracking: str) -> SoldPage:
        self.page.get_by_label("Sent with").fill(carrier)
        self.page.get_by_label("Tracking number").fill(tracking)
        self.page.get_by_role("button", name="Mark as shipped").click()
        return self

    def deliver(self) -> SoldPage:
        self.page.get_by_role("button", name="Mark as delivered").click()
        return self


class SellPage(Shop):
    """What selling costs and how to begin."""

    def open(self) -> SellPage:
        self.page.goto("/sell")
        self.expect_heading("Sell on Overprint")
        return self

    def sign_up(self, email: str, password: str) -> TaskList:
        """Begin as somebody new: an account first, then the shop."""
        self.page.get_by_role("link", name="Open a shop").click()
        self.page.get_by_label("Email", exact=True).fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Create account").click()
        return TaskList(self.page).expect_open("Open a shop")


class TaskList(Shop):
    """The four tasks, each with a word that says where it stands."""

    def open(self) -> TaskList:
        self.page.goto("/sell/onboarding")
        return self

    def expect_open(self, heading: str | re.Pattern[str]) -> TaskList:
        self.expect_heading(heading)
        return self

    def open_shop(self, name: str, about: str, country: str) -> TaskList:
        """The first task."""
        self.page.get_by_label("Shop name").fill(name)
        self.page.get_by_label("What you make").fill(about)
        self.page.get_by_label("Country").select_option(label=country)
        self.page.get_by_role("button", name="Open the shop").click()
        return self.expect_open(f"Set up {name}")

    def task(self, title: str) -> Locator:
        """One row of the list."""
        return self.page.get_by_role("listitem").filter(has=self.page.get_by_role("heading", name=title))

    def expect_task(self, title: str, mark: str) -> TaskList:
        expect(self.task(title).get_by_text(mark, exact=True)).to_be_visible()
        return self

    def expect_words(self, title: str, words: str | re.Pattern[str]) -> TaskList:
        expect(self.task(title).get_by_text(words)).to_be_visible()
        return self

    def expect_done(self, count: int) -> TaskList:
        expect(self.page.get_by_role("status").filter(has_text=f"{count} of 4 done")).to_be_visible()
        return self

    def expect_no_button(self) -> TaskList:
        expect(self.page.get_by_role("button", name="Continue with Stripe")).to_have_count(0)
        return self

    def continue_with_stripe(self) -> Onboarding:
        self.page.get_by_role("button", name="Continue with Stripe").click()
        expect(self.page).to_have_url(re.compile(r"/setup/p/acct_"))
        return Onboarding(self.page)


class TeamPage(Selling):
    """Who works in the shop."""

    def invite(self, email: str, may: str = "Products, orders and settings") -> TeamPage:
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_role("radio", name=may).check()
        self.page.get_by_role("button", name="Send invitation").click()
        return self

    def row(self, email: str) -> Locator:
        return self.page.get_by_role("main").get_by_role("listitem").filter(has_text=email)

    def remove(self, email: str) -> TeamPage:
        self.row(email).get_by_role("button", name="Remove").click()
        return self
