"""From the page that says what selling costs to a shop that may sell, with every turn that Stripe can take."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.onboarding import STEPS, Onboarding
from e2e.pages.sell import SellPage, TaskList
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

PASSWORD = "analytical engine"
PAYOUTS = "2. Payouts with Stripe"
US = "United States (USD)"
# A link nobody followed ends at the provider after this.
LINK_SECONDS = 300


def begin(shop: Shop, person: Person) -> TaskList:
    """Sign up and open a shop."""
    tasks = SellPage(shop.page).open().sign_up(person.email, PASSWORD)
    return tasks.open_shop(f"Otto’s Oddities {secrets.token_hex(3)}", "Odd things, one by one.", US)


def test_shop_may_sell_when_the_form_is_finished(market: Market, shop: Shop, otto: Person) -> None:
    tasks = begin(shop, otto).expect_done(1).expect_task(PAYOUTS, "To do")

    tasks.continue_with_stripe().take_all().submit()

    tasks.expect_done(2).expect_task(PAYOUTS, "Done").expect_no_button()
    expect(tasks.task("3. First product").get_by_role("link", name="Add a product")).to_be_visible()


def test_form_continues_where_it_stopped_when_left_half_way(market: Market, shop: Shop, otto: Person) -> None:
    tasks = begin(shop, otto)
    tasks.continue_with_stripe().expect_step(STEPS[0]).use_test_data().expect_step(STEPS[1]).stop()
    tasks.expect_task(PAYOUTS, "Not finished").expect_words(PAYOUTS, re.compile("^Stripe still needs: "))

    form = tasks.open().continue_with_stripe().expect_step(STEPS[1])

    form.use_test_data().expect_step(STEPS[2]).use_test_data().submit()
    tasks.expect_task(PAYOUTS, "Done")


def test_new_link_is_made_when_the_old_one_is_opened_again(market: Market, shop: Shop, otto: Person) -> None:
    tasks = begin(shop, otto)
    links: list[str] = []
    shop.page.on("request", lambda request: links.append(request.url) if "/setup/s/" in request.url else None)
    tasks.continue_with_stripe().expect_step(STEPS[0])
    assert links

    shop.page.goto(links[0])

    Onboarding(shop.page).expect_step(STEPS[0]).take_all().submit()
    tasks.expect_task(PAYOUTS, "Done")
    assert len(set(links)) == 2


def test_new_link_is_made_when_the_old_one_has_expired(market: Market, shop: Shop, otto: Person) -> None:
    tasks = begin(shop, otto)
    answer = shop.page.context.request.post(
        f"{market.shop}/sell/connect/start", headers={"Sec-Fetch-Site": "same-origin"}, max_redirects=0
    )
    link = answer.headers["location"]
    assert (answer.status, "/setup/s/" in link) == (303, True)
    fresh: list[str] = []
    shop.page.on("request", lambda request: fresh.append(request.url) if "/setup/s/" in request.url else None)

    market.advance(LINK_SECONDS + 1)
    shop.page.goto(link)

    Onboarding(shop.page).expect_step(STEPS[0]).take_all().submit()
    tasks.expect_task(PAYOUTS, "Done")
    assert len(set(fresh)) == 2


def test_page_changes_by_itself_when_the_review_ends(market: Market, shop: Shop, otto: Person) -> None:
    tasks = begin(shop, otto)
    tasks.continue_with_stripe().take_all().submit_under_review(5)
    tasks.expect_task(PAYOUTS, "Under review").expect_no_button()

    market.advance(301)

    tasks.expect_task(PAYOUTS, "Done").expect_done(2)


def test_page_says_why_when_the_account_is_rejected(market: Market, shop: Shop, otto: Person) -> None:
    tasks = begin(shop, otto)

    tasks.continue_with_stripe().take_all().submit_rejected()

    tasks.expect_task(PAYOUTS, "Rejected").expect_words(PAYOUTS, "Stripe suspects fraud.").expect_no_button()
    market.settle()
    assert any(mail["subject"].endswith("cannot take payments at the moment") for mail in market.mails(otto.email))


def test_nobody_can_pay_when_the_seller_leaves_in_mid_checkout(
    market: Market, shop: Shop, watch: Watch, ada: Person
) -> None:
    checkout = shop.put_in_cart("night-light").check_out().fill(ada)
    [vendor] = market.rows("SELECT account_ref FROM vendor WHERE slug = 'lumen-works'")
    market.tell("accounts", outcome="deauthorized", account=vendor["account_ref"])
    market.settle()
    watch.expect(409)

    checkout.button.click()

    expect(shop.page.get_by_role("main")).to_contain_text("Nothing was ordered")
    shop.open_product("night-light")
    expect(shop.page.get_by_text("Lumen Works cannot take payments at the moment.")).to_be_visible()
    expect(shop.page.get_by_role("button", name="Add to cart")).to_have_count(0)
    assert not market.rows("SELECT 1 FROM orders WHERE email = $1", ada.email)
