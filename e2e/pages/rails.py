"""The ways to pay as one: from the checkout's form to a provider's page, and from there back to the order.

What both rails do alike is tried once, in a journey that asks for the fixture `rail`; what only one does (a button's
window, a card that is asked about) has journeys of its own.
"""

from __future__ import annotations

import re
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

from e2e.market import Market
from e2e.pages.payment import HostedPage
from e2e.pages.paypal import PayPage, back_on_buttons, go_to_paypal
from e2e.pages.shop import CheckoutPage, OrderPage
from e2e.people import Person

TRY_AGAIN = "please try again in a moment"


class Away(Protocol):
    """A buyer who may pay now. `page` is the tab that comes back to the shop."""

    page: Page
    address: str

    def pay(self) -> OrderPage: ...

    def cancel(self) -> OrderPage: ...

    def pay_and_vanish(self) -> None: ...

    def come_too_late(self) -> OrderPage: ...


class Rail:
    """A provider. `told` is the event that its money has come, `opens` the call that opens a payment.

    `takes_for_all`: the platform is paid, whatever the vendors have arranged.
    """

    name = "stripe"
    label = "Stripe"
    told = "checkout.session.completed"
    opens = "/v1/checkout/sessions"
    takes_for_all = False

    def button(self, checkout: CheckoutPage) -> Locator:
        """The button of a form that is filled in, with this way to pay chosen."""
        return checkout.button

    def arrive(self, page: Page) -> Away:
        """The tab has come to where this rail is paid."""
        return CardPage(page)

    def go_on(self, checkout: CheckoutPage, person: Person) -> Away:
        """Fill in the form, choose this way to pay and go on to the provider."""
        return CardPage(checkout.go_on(person).page)

    def give_back(self, market: Market, capture: str, amount: int) -> None:
        """Somebody at the provider gives `amount` minor units of a capture back."""
        market.ask("POST", "/v1/refunds", charge=capture, amount=str(amount), reverse_transfer="true")

    def go_on_in_vain(self, checkout: CheckoutPage, person: Person) -> None:
        """Try to go on while the provider's answer is lost: what was typed stays, and the page says what to do."""
        checkout.fill(person).button.click()
        expect(checkout.page.get_by_text(TRY_AGAIN)).to_be_visible()
        expect(checkout.page.get_by_label("Full name")).to_have_value(person.name)

    def try_again(self, checkout: CheckoutPage) -> Away:
        """Press once more where it was in vain."""
        checkout.button.click()
        return self.arrive(checkout.page)

    def go_on_again(self, order: OrderPage) -> Away:
        """Go back to paying from the order's page."""
        return CardPage(order.return_to_payment().expect_open().page)

    def expect_paid_already(self, page: Page) -> None:
        """A page where one could pay says that it is over, and leads to the order."""
        HostedPage(page).expect_heading("This payment is complete")
        page.get_by_role("link", name="Go to your order").click()
        OrderPage(page).expect_arrived()


class CardPage(HostedPage):
    """Stripe's page in the shop's own tab."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.address = self.expect_open().page.url

    def come_too_late(self) -> OrderPage:
        """Whoever still has the page can pay nothing there and is led to the order."""
        self.page.goto(self.address)
        self.expect_heading("This payment page has expired")
        self.page.get_by_role("link", name="Back to").click()
        return OrderPage(self.page).expect_arrived()


class PayPalRail(Rail):
    """PayPal, by its button."""

    name = "paypal"
    label = "PayPal"
    told = "PAYMENT.CAPTURE.COMPLETED"
    opens = "/v2/checkout/orders"
    takes_for_all = True

    def button(self, checkout: CheckoutPage) -> Locator:
        checkout.page.get_by_label("PayPal", exact=True).check()
        return checkout.page.get_by_role("button", name=re.compile("^Continue to PayPal"))

    def arrive(self, page: Page) -> Away:
        return WindowPage(PayPage(page).expect_arrived())

    def go_on(self, checkout: CheckoutPage, person: Person) -> Away:
        return WindowPage(go_to_paypal(checkout, person))

    def go_on_in_vain(self, checkout: CheckoutPage, person: Person) -> None:
        page = go_to_paypal(checkout, person)
        page.press()
        page.expect_words(TRY_AGAIN)

    def try_again(self, checkout: CheckoutPage) -> Away:
        return self.arrive(checkout.page)

    def give_back(self, market: Market, capture: str, amount: int) -> None:
        market.tell("paypal", action="refund", id=capture, amount=amount)

    def go_on_again(self, order: OrderPage) -> Away:
        return WindowPage(back_on_buttons(order.page))

    def expect_paid_already(self, page: Page) -> None:
        """The shop's own page: it leads to the order by itself."""
        OrderPage(page).expect_arrived()


class WindowPage:
    """The shop's page with PayPal's button, and PayPal's window in front of it."""

    def __init__(self, pay_page: PayPage) -> None:
        self.page = pay_page.page
        self.address = self.page.url
        self.window = pay_page.open_window()

    def pay(self) -> OrderPage:
        """Approve in the window; the shop captures and shows the order."""
        self.window.approve()
        return OrderPage(self.page).expect_arrived()

    def cancel(self) -> OrderPage:
        """Leave PayPal and the page with its button without paying."""
        self.window.cancel()
        return PayPage(self.page).back_to_order()

    def pay_and_vanish(self) -> None:
        """Close the shop's tab and approve: PayPal has the consent, and nobody comes back with it."""
        self.page.close()
        self.window.approve_alone()

    def come_too_late(self) -> OrderPage:
        """PayPal's own window cannot be closed from here; the page with the button leads to the order."""
        self.page.goto(self.address)
        return OrderPage(self.page).expect_arrived()


RAILS = (Rail(), PayPalRail())
