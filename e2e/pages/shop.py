"""The shop's pages as a buyer uses them: found by role and label, each verb returns the next page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect

from e2e.people import Person

if TYPE_CHECKING:
    from e2e.pages.payment import HostedPage


class Shop:
    """Any page of the shop: header and addresses."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open_home(self) -> Shop:
        self.page.goto("/")
        return self

    def open_product(self, slug: str) -> ProductPage:
        self.page.goto(f"/p/{slug}")
        return ProductPage(self.page)

    def open_cart(self) -> CartPage:
        self.page.get_by_role("banner").get_by_role("link", name=re.compile("^Cart")).click()
        return CartPage(self.page)

    def open_order(self, path: str) -> OrderPage:
        self.page.goto(path)
        return OrderPage(self.page)

    def put_in_cart(self, *slugs: str) -> CartPage:
        """Add one of each product, its first variant, and look at the cart."""
        for slug in slugs:
            self.open_product(slug).add_to_cart()
        return self.open_cart()

    def expect_heading(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(words)

    def expect_cart_count(self, count: int) -> None:
        link = self.page.get_by_role("banner").get_by_role("link", name=re.compile("^Cart"))
        if count:
            expect(link).to_have_accessible_name(re.compile(rf"^Cart ?, {count} items?$"))
        else:
            expect(link).to_have_accessible_name("Cart")


class ProductPage(Shop):
    """One product."""

    def choose(self, label: str) -> ProductPage:
        self.page.get_by_role("radio", name=re.compile(f"^{re.escape(label)}")).check(force=True)
        return self

    def add_to_cart(self, quantity: int = 1) -> ProductPage:
        self.page.get_by_label("Quantity").fill(str(quantity))
        self.page.get_by_role("button", name="Add to cart").click()
        expect(self.page.get_by_role("status").filter(has_text="Added to your cart")).to_be_visible()
        return self


class CartPage(Shop):
    """The cart, one part per payment."""

    def group(self, seller: str) -> Locator:
        """The part of the cart that holds a seller's goods."""
        return self.page.get_by_role("region").filter(has=self.page.get_by_role("heading", name=seller, level=3))

    def check_out(self, seller: str = "") -> CheckoutPage:
        where = self.group(seller) if seller else self.page.get_by_role("main")
        where.get_by_role("button", name="Checkout").click()
        page = CheckoutPage(self.page)
        page.expect_heading("Checkout")
        return page

    def apply_code(self, code: str) -> CartPage:
        """Type a promotion code; what became of it is for the caller to see."""
        self.page.get_by_label("Promotion code", exact=True).fill(code)
        self.page.get_by_role("button", name="Apply").click()
        return self

    def expect_total(self, total: str) -> CartPage:
        """The one part of the cart comes to this."""
        expect(self.page.get_by_role("main").get_by_role("definition").filter(has_text=total)).to_be_visible()
        return self

    def remove(self, title: str) -> CartPage:
        self.page.get_by_role("button", name=f"Remove {title}").click()
        expect(self.page.get_by_role("status").filter(has_text="Removed:")).to_be_visible()
        return self

    def undo(self) -> CartPage:
        self.page.get_by_role("button", name="Undo").click()
        return self

    def line(self, title: str) -> Locator:
        return self.page.get_by_role("listitem").filter(has=self.page.get_by_role("link", name=title, exact=True))


class CheckoutPage(Shop):
    """Who buys and where it goes."""

    def fill(self, person: Person) -> CheckoutPage:
        for label, value in (
            ("Email", person.email),
            ("Full name", person.name),
            ("Address line 1", person.address),
            ("City", person.city),
            ("Postcode", person.postcode),
        ):
            self.page.get_by_label(label, exact=True).fill(value)
        self.page.get_by_label("Country").select_option(person.country)
        return self

    @property
    def button(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("^Continue to Stripe"))

    def go_on(self, person: Person) -> HostedPage:
        """Fill in the form and continue to the payment page."""
        from e2e.pages.payment import HostedPage

        self.fill(person).button.click()
        page = HostedPage(self.page)
        page.expect_open()
        return page

    def place(self, person: Person) -> OrderPage:
        """Fill in the form of an order that costs nothing: no payment page follows."""
        self.fill(person).page.get_by_role("button", name="Place the order").click()
        return OrderPage(self.page).expect_arrived()

    def try_again(self) -> bool:
        """Press once more; whether it led away from here."""
        with self.page.expect_response(lambda response: response.request.method == "POST") as answer:
            self.button.click()
        return answer.value.status == 303


class OrderPage(Shop):
    """One order: the region that looks by itself, and the facts beside it."""

    @property
    def status(self) -> Locator:
        return self.page.locator("#order-status")

    @property
    def number(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text().removeprefix("Order ")

    @property
    def path(self) -> str:
        return "/" + self.page.url.split("/", 3)[3]

    def expect_arrived(self) -> OrderPage:
        """The browser is back at the shop, on an order's page."""
        expect(self.page).to_have_url(re.compile(r"/orders/[A-Za-z0-9_-]{20,}$"))
        self.expect_heading(re.compile("^Order OP-[0-9A-Z]{5}$"))
        return self

    def expect_state(self, label: str) -> OrderPage:
        """The region shows the label, whoever brought it there: a poll, or the page itself."""
        expect(self.status.get_by_role("heading", level=2)).to_have_text(label)
        return self

    def expect_told(self, words: str | re.Pattern[str]) -> OrderPage:
        """The sentence that screen readers hear."""
        expect(self.status.get_by_role("status")).to_contain_text(words)
        return self

    def expect_history(self, words: str | re.Pattern[str], times: int = 1) -> OrderPage:
        """The timeline says something, so many times."""
        expect(self.status.get_by_role("listitem").filter(has_text=words)).to_have_count(times)
        return self

    def reload(self) -> OrderPage:
        self.page.reload()
        return self

    def check_now(self) -> OrderPage:
        self.page.get_by_role("button", name="Check now").click()
        return self

    def cancel(self) -> OrderPage:
        self.page.get_by_role("button", name="Cancel order").click()
        return self

    def expect_payable(self, label: str) -> OrderPage:
        """The buyer may pay (again) from here."""
        expect(self.status.get_by_role("button", name=label)).to_be_visible()
        return self

    def return_to_payment(self) -> HostedPage:
        from e2e.pages.payment import HostedPage

        self.page.get_by_role("button", name=re.compile("^(Return to payment|Try again)")).click()
        return HostedPage(self.page)

    def ask(self, seller: str) -> AskPage:
        """Follow the link under a seller's goods."""
        self.page.get_by_role("link", name=f"Ask {seller}").click()
        return AskPage(self.page)


class AskPage(Shop):
    """Writing to a seller about an order."""

    def send(self, message: str, *, about: str = "A question", reason: str = "") -> AskPage:
        """Fill in the form and send it; the page after it is the order's when nothing was wrong."""
        self.page.get_by_role("radio", name=about).check()
        if reason:
            self.page.get_by_label("Why, if you want your money back").select_option(reason)
        self.page.get_by_label("Message").fill(message)
        self.page.get_by_role("button", name="Send message").click()
        return self
