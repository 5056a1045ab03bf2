"""An account from its beginning to its end: sign up, verify, sign out, forget, sign in, buy, delete."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.account import AccountMail, AccountPage, open_sign_in, open_sign_up
from e2e.pages.shop import Shop
from e2e.people import Person

PASSWORD, ANOTHER = "analytical engine", "difference engine"


@pytest.mark.parametrize("scripts", [True, False])
def test_person_gets_in_again_when_the_password_is_forgotten(
    market: Market, new_visitor: Callable[..., Shop], ada: Person, scripts: bool
) -> None:
    shop = new_visitor(java_script_enabled=scripts).open_home()
    open_sign_up(shop).create(ada.email, PASSWORD).expect_told("A mail to")
    market.settle()
    mail = AccountMail(shop.page, market.sandbox)
    account = mail.confirm(ada.email).expect_told("is confirmed as yours")

    signed_out = account.sign_out()
    open_sign_in(signed_out).forget(ada.email)
    market.settle()
    sign_in = mail.choose_password(ada.email, ANOTHER)

    sign_in.sign_in(ada.email, ANOTHER).expect_of(ada.email).expect_confirmed()
    market.settle()
    assert [told["subject"] for told in market.mails(ada.email)] == [
        "Your password for Overprint was changed",
        "Choose a new password for Overprint",
        "Confirm your email address for Overprint",
    ]


def test_guest_order_is_the_accounts_when_its_address_is_confirmed(market: Market, shop: Shop, ada: Person) -> None:
    number = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid").number
    account = open_sign_up(shop).create(ada.email, PASSWORD)
    account.open_orders().expect_numbers()
    market.settle()
    account = AccountMail(shop.page, market.sandbox).confirm(ada.email)

    account.open_orders().expect_numbers(number).open(number).expect_state("Paid")


def test_nothing_tells_who_it_was_when_the_account_is_deleted(market: Market, shop: Shop, ada: Person) -> None:
    open_sign_up(shop.open_home()).create(ada.email, PASSWORD)
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")
    number = order.number
    market.settle()
    market.rows(
        "UPDATE vendor_order SET fulfilment = 'shipped' WHERE \"order\" = (SELECT id FROM orders WHERE number = $1)",
        number,
    )

    shop.page.goto("/account")
    AccountPage(shop.page).delete()

    [row] = market.rows("SELECT email, full_name, city, total, payment_state FROM orders WHERE number = $1", number)
    assert (row["email"], row["full_name"], row["city"], row["payment_state"]) == ("", "", "", "paid")
    assert row["total"] > 0


def test_shop_is_there_when_its_owner_signs_up(market: Market, shop: Shop, otto: Person) -> None:
    name = f"Oddities {otto.email[5:13]}"

    page = open_sign_up(shop.open_home()).create_with_shop(otto.email, PASSWORD, name)

    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_role("button", name="Continue with Stripe")).to_be_visible()
    [row] = market.rows("SELECT id, state FROM vendor WHERE name = $1", name)
    assert row["state"] == "not_started"
    market.rows("UPDATE vendor SET paused = true WHERE id = $1", row["id"])


@pytest.mark.parametrize("name", ["Ada", "Vera", "Otto", "Olga"])
def test_one_click_is_enough_when_somebody_looks_at_the_demo(shop: Shop, name: str) -> None:
    open_sign_in(shop.open_home()).go_on_as(name).sign_out()
