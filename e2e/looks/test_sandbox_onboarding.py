"""The sandbox's onboarding pages and the seller's dashboard, in each state: seen, usable, by keyboard too."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.keyboard import press, tab_to
from e2e.pages.onboarding import DOCUMENT, REVIEW, Onboarding, SellerDashboard
from e2e.pages.shop import Shop
from e2e.watch import Watch

EXPRESS = {
    "controller[fees][payer]": "application",
    "controller[losses][payments]": "application",
    "controller[stripe_dashboard][type]": "express",
    "capabilities[card_payments][requested]": "true",
    "capabilities[transfers][requested]": "true",
    "business_profile[name]": "Vera Prints",
}


def open_account(market: Market, **more: str) -> str:
    return str(market.ask("POST", "/v1/accounts", country="US", **{**EXPRESS, **more})["id"])


def make_link(market: Market, account: str) -> str:
    urls = {"return_url": f"{market.shop}/", "refresh_url": f"{market.sandbox}/"}
    return str(market.ask("POST", "/v1/account_links", account=account, type="account_onboarding", **urls)["url"])


def test_onboarding_is_accessible_in_each_state(market: Market, shop: Shop, look: Inspection, watch: Watch) -> None:
    page, account = shop.page, open_account(market)
    onboarding = Onboarding(page)
    page.goto(make_link(market, account))
    look(onboarding.expect_step("Your business").page, "onboarding-business")
    onboarding.use_test_data().expect_step("About you")
    look(page, "onboarding-person")
    watch.expect(422)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your first name.")
    look(page, "onboarding-person-errors")
    look(onboarding.use_test_data().expect_step("Where your money goes").page, "onboarding-bank")
    onboarding.use_test_data().expect_step(REVIEW)
    look(page, "onboarding-review")
    page.get_by_label("Days until it is due").fill("soon")
    page.get_by_label("Restricted").check()
    watch.expect(422)
    onboarding.submit()
    expect(page.get_by_role("alert")).to_contain_text("Enter in how many days it is due")
    look(page, "onboarding-review-errors")
    onboarding.submit_restricted(7)
    page.wait_for_url(f"{market.shop}/")

    dashboard = SellerDashboard(page).open_as_tester(market.sandbox, account)
    look(page, "dashboard-restricted")
    page.get_by_role("button", name="Give what is missing").click()
    look(onboarding.expect_step(DOCUMENT).page, "onboarding-document")
    onboarding.use_test_data().expect_step(REVIEW).submit()
    look(dashboard.expect_open().page, "dashboard-active")
    page.goto(f"{market.sandbox}/console/objects/{account}")
    look(page, "account-object")
    dashboard.open_as_tester(market.sandbox, account).disconnect()
    look(page, "dashboard-disconnected")


def test_company_is_onboarded_by_keyboard_alone(market: Market, shop: Shop, look: Inspection) -> None:
    page, account = shop.page, open_account(market)
    page.goto(make_link(market, account))
    tab_to(page.get_by_label("An individual"))
    page.keyboard.press("ArrowDown")
    press(page.get_by_role("button", name="Continue"))
    Onboarding(page).expect_step("About you")
    look(page, "onboarding-company")
    for _ in range(2):
        press(page.get_by_role("button", name="Use test data"))
    Onboarding(page).expect_step(REVIEW)
    press(page.get_by_role("button", name="Submit"))
    page.wait_for_url(f"{market.shop}/")

    found: dict[str, Any] = market.ask("GET", f"/v1/accounts/{account}")
    assert (found["business_type"], found["charges_enabled"]) == ("company", True)


def test_sellers_cards_are_accessible(market: Market, shop: Shop, look: Inspection) -> None:
    page = shop.page
    page.goto(f"{market.sandbox}/console/scenarios/seller-restricted")
    look(page, "card-seller")
    page.get_by_role("button", name="Set this scenario").click()
    expect(page.get_by_text("is restricted now")).to_be_visible()
    look(page, "card-seller-set")
    page.get_by_role("button", name="Make it active again").click()
    expect(page.get_by_text("is active now")).to_be_visible()
