"""The vendor's pages as Vera uses them: found by role and label, each verb returns the next page."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


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
