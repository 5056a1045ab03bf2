"""PayPal as a buyer uses it: the button in the shop's page, the approval in a window or in the tab itself."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from e2e.market import wait_until
from e2e.pages.payment import HostedPage
from e2e.pages.shop import CheckoutPage, OrderPage, Shop
from e2e.people import Person

BALANCE, DECLINED, ECHECK, REVIEW = "PayPal balance", "Card declined", "eCheck, pending", "Risk review"

PAYPAL_LINK = re.compile("^(Pay with PayPal|Return to payment|Try again)$")


def go_to_paypal(checkout: CheckoutPage, person: Person) -> PayPage:
    """Fill in the checkout's form, choose PayPal and continue to the page with its button."""
    checkout.fill(person).page.get_by_label("PayPal", exact=True).check()
    checkout.page.get_by_role("button", name=re.compile("^Continue to ")).click()
    return PayPage(checkout.page).expect_arrived()


def open_pay_page(shop: Shop, person: Person, *slugs: str) -> PayPage:
    """Put one of each product in the cart (a bowl, if none is named) and check out with PayPal."""
    return go_to_paypal(shop.put_in_cart(*(slugs or ("pasta-bowl",))).check_out(), person)


def back_on_buttons(page: Page) -> PayPage:
    """The way from an order's page to PayPal's buttons."""
    page.get_by_role("link", name=PAYPAL_LINK).click()
    return PayPage(page).expect_arrived()


class PayPage:
    """The shop's page where somebody pays with PayPal."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def button(self) -> Locator:
        """PayPal's own button, in the frame its script made."""
        return self.page.frame_locator("#paypal-buttons iframe").get_by_role("button", name="PayPal", exact=True)

    def expect_arrived(self) -> PayPage:
        expect(self.page).to_have_url(re.compile(r"/pay/[\w-]+"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Pay with PayPal")
        return self

    def press(self) -> None:
        """Click once, when the frame feels the mouse: of one that has only just come the browser may not know where."""
        wait_until(self._feels_mouse, "PayPal's button to feel the mouse")
        self.button.click()

    def open_window(self) -> Approval:
        """Click the button and wait until its window shows the order."""
        with self.page.expect_popup() as opened:
            self.press()
        return Approval(opened.value).expect_open()

    def leave(self) -> Approval:
        """The tab itself has gone to PayPal."""
        return Approval(self.page).expect_open()

    def open_window_and_vanish(self) -> Approval:
        """Open the window and close the shop's own tab: nobody captures when the window has approved."""
        window = self.open_window()
        self.page.close()
        return window

    def pay_by_card(self) -> HostedPage:
        """Change one's mind: the order at PayPal is given up for Stripe's page."""
        self.page.get_by_role("button", name="Pay by card instead").click()
        return HostedPage(self.page).expect_open()

    def to_order(self) -> OrderPage:
        """The page has gone to the order by itself."""
        return OrderPage(self.page).expect_arrived()

    def back_to_order(self) -> OrderPage:
        self.page.get_by_role("link", name="Back to the order").click()
        return OrderPage(self.page).expect_arrived()

    def leave_by_form(self) -> Approval:
        """Go to PayPal in this tab, as without JavaScript."""
        self.page.get_by_role("button", name="Pay with PayPal").click()
        return Approval(self.page).expect_open()

    def expect_words(self, words: str | re.Pattern[str]) -> PayPage:
        """What the page says about the payment, where screen readers hear it."""
        expect(self.page.locator("#paypal-status")).to_contain_text(words)
        return self

    def _feels_mouse(self) -> bool:
        self.button.hover()
        return bool(self.button.evaluate("button => button.matches(':hover')"))


class Approval:
    """PayPal's approval page, in the button's window or in the tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def expect_open(self) -> Approval:
        expect(self.page).to_have_url(re.compile(r"/checkoutnow\?token="))
        expect(self.page.get_by_role("button", name="Approve")).to_be_visible()
        return self

    def expect_heading(self, words: str) -> Approval:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(words)
        return self

    def approve(self, outcome: str = BALANCE) -> None:
        """Choose how the payment ends and approve; where that leads is the test's to say."""
        self.page.get_by_label(outcome).check()
        self.page.get_by_role("button", name="Approve").click()

    def approve_alone(self, outcome: str = BALANCE) -> None:
        """Approve in a window whose shop is gone: PayPal has the consent, and nobody comes back with it."""
        self.approve(outcome)
        self.expect_heading("Payment approved")

    def approve_in_tab(self, outcome: str = BALANCE) -> OrderPage:
        """Approve in the tab itself and come back to the shop."""
        self.approve(outcome)
        return OrderPage(self.page).expect_arrived()

    def cancel(self) -> None:
        """Press Cancel."""
        self.page.get_by_role("button", name="Cancel").click()
