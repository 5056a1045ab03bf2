"""The tester's pages of the sandbox, with something on them and with rules in force."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from e2e.inspection import Inspection
from e2e.market import Market
from e2e.pages.console import Console
from e2e.pages.keyboard import press
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

LISTS = ("objects", "objects?kind=event", "requests", "events", "deliveries", "faults", "clock", "reset")


def test_testers_pages_are_accessible_with_and_without_something_on_them(
    market: Market, shop: Shop, look: Inspection, watch: Watch, ada: Person
) -> None:
    page = shop.page
    for name in LISTS:
        page.goto(f"{market.sandbox}/console/{name}")
        look(page, f"console-{re.split('[?=]', name)[-1]}-empty")
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")
    number = order.number
    market.settle()
    for name in LISTS:
        page.goto(f"{market.sandbox}/console/{name}")
        look(page, f"console-{re.split('[?=]', name)[-1]}")

    console = Console(page, market.sandbox)
    look(console.open_start().find(number).page, "console-found")
    look(console.open_session().page, "console-object")
    console.delivery("checkout.session.completed").get_by_role("link").click()
    look(page, "console-delivery")
    page.goto(f"{market.sandbox}/console/requests")
    page.get_by_role("main").get_by_role("link", name=re.compile("^POST ")).first.click()
    look(page, "console-request")
    watch.expect(404)
    page.goto(f"{market.sandbox}/console/objects/cs_test_unknown")
    look(page, "console-unknown")


def test_testers_forms_are_accessible_while_rules_are_in_force(
    market: Market, shop: Shop, look: Inspection, watch: Watch
) -> None:
    page = shop.page
    console = Console(page, market.sandbox).open_start().set_scenario("Stripe down")
    look(page, "console-scenario-set")
    look(console.open_start().set_scenario("Endpoint disabled").page, "console-scenario-disabled")
    look(console.open_start().set_scenario("Refund fails").page, "console-scenario-steps")
    console.open_start().set_scenario("Stripe down")
    look(console.open_start().page, "console-start-set")
    page.goto(f"{market.sandbox}/console/faults")
    page.get_by_text("Let requests fail").click()
    page.get_by_text("Let webhooks go wrong").click()
    look(page, "console-faults-open")
    watch.expect(422)
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Set this fault").click()
    expect(page.get_by_role("alert")).to_contain_text("probability")
    look(page, "console-faults-wrong")
    look(console.end_rules().page, "console-faults-ended")


def test_tester_needs_neither_mouse_nor_script(market: Market, new_visitor: Callable[..., Shop]) -> None:
    page = new_visitor(java_script_enabled=False).page
    page.goto(f"{market.sandbox}/")

    press(page.get_by_role("button", name="Set Stripe down", exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text("Stripe down")
    press(page.get_by_role("link", name="Clock", exact=True))
    press(page.get_by_role("button", name="+5 min", exact=True))
    expect(page.get_by_role("status")).to_contain_text("The clock was moved")
    press(page.get_by_role("button", name="End it", exact=True))

    expect(page.get_by_role("status")).to_contain_text("No rule is in force")
