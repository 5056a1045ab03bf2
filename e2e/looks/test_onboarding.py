"""The pages on which selling begins, in each state."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.journeys.test_onboarding import PASSWORD, PAYOUTS, US
from e2e.market import Market
from e2e.pages.sell import SellPage
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch


def test_beginning_is_accessible_in_each_state(
    market: Market, shop: Shop, look: Inspection, watch: Watch, otto: Person
) -> None:
    sell = SellPage(shop.page).open()
    look(shop.page, "sell")
    tasks = sell.sign_up(otto.email, PASSWORD)
    look(shop.page, "sell-open-a-shop")
    watch.expect(422)
    shop.page.get_by_role("button", name="Open the shop").click()
    expect(shop.page.get_by_role("alert")).to_be_visible()
    look(shop.page, "sell-open-a-shop-wrong")
    tasks.open_shop("Otto’s Oddities", "Odd things, one by one.", US)
    look(shop.page, "sell-not-started")
    tasks.continue_with_stripe().take_all().submit_under_review(5)
    tasks.expect_task(PAYOUTS, "Under review")
    look(shop.page, "sell-under-review")
    [vendor] = market.rows("SELECT account_ref FROM vendor WHERE email = $1", otto.email)
    market.tell("accounts", outcome="restricted", account=vendor["account_ref"], days=7)
    tasks.expect_task(PAYOUTS, "Something is due")
    look(shop.page, "sell-something-due")
    market.tell("accounts", outcome="rejected", account=vendor["account_ref"])
    market.settle()
    tasks.open().expect_task(PAYOUTS, "Rejected")
    look(shop.page, "sell-rejected")
