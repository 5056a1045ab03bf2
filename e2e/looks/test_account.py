"""The account's pages in each state."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.account import AccountMail, open_sign_in, open_sign_up
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

PASSWORD = "analytical engine"


def test_ways_in_are_accessible(shop: Shop, look: Inspection, watch: Watch) -> None:
    page = open_sign_in(shop.open_home()).page
    look(page, "account-sign-in")
    watch.expect(422)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "account-sign-in-wrong")
    page.goto("/account/reset")
    look(page, "account-reset")
    page.goto("/account/signup")
    look(page, "account-sign-up")
    page.get_by_label("Email", exact=True).fill("ada at example")
    page.get_by_label("Password", exact=True).fill("123456")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "account-sign-up-wrong")


def test_account_is_accessible_in_each_state(
    market: Market, shop: Shop, look: Inspection, watch: Watch, ada: Person
) -> None:
    page = open_sign_up(shop.open_home()).create(ada.email, PASSWORD).page
    look(page, "account-not-confirmed")
    page.goto("/account/orders")
    look(page, "account-orders-none")
    for state in ("email", "password", "sessions", "delete", "signout"):
        page.goto(f"/account/{state}")
        look(page, f"account-{state}")
    market.settle()
    mail = AccountMail(page, market.sandbox)
    look(mail.follow("Confirm your email address for Overprint", ada.email), "account-confirm")
    page.get_by_role("button", name="Confirm").click()
    cart = shop.open_product("pasta-bowl").add_to_cart(12).open_cart()
    look(page, "account-cart")
    cart.check_out().go_on(ada).pay().expect_state("Paid")
    page.goto("/account/orders")
    look(page, "account-orders")
    page.goto("/account")
    look(page, "account")
    watch.expect(404)
    page.goto("/account/reset/spent")
    look(page, "account-link-ended")


def test_new_password_is_accessible(market: Market, shop: Shop, look: Inspection, ada: Person) -> None:
    page = shop.page
    open_sign_up(shop.open_home()).create(ada.email, PASSWORD).sign_out()
    open_sign_in(shop).forget(ada.email)
    look(page, "account-sign-in-told")
    market.settle()
    mail = AccountMail(page, market.sandbox)
    look(mail.follow("Choose a new password for Overprint", ada.email), "account-new-password")
