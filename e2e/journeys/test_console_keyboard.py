"""A tester without a mouse: finds a session by its id, opens its request, sends its event again, sets the clock."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from e2e.market import Market, wait_until
from e2e.pages.console import Console
from e2e.pages.keyboard import press, tab_to
from e2e.pages.shop import Shop
from e2e.people import Person

AGAIN = "SELECT 1 FROM inbox_event WHERE resource = $1 AND type = 'checkout.session.completed' AND deliveries = 2"
scripted = pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])


@scripted
def test_tester_finds_a_session_opens_its_request_and_sends_its_event_again_without_a_mouse(
    market: Market, shop: Shop, new_visitor: Callable[..., Shop], ada: Person, scripted: bool
) -> None:
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")
    market.settle()
    [capture] = market.truth("captures")
    session = capture["session"]
    page = new_visitor(java_script_enabled=scripted).page
    heading = page.get_by_role("heading", level=1)
    page.goto(f"{market.sandbox}/")

    tab_to(page.get_by_role("searchbox", name="Find an object", exact=True))
    page.keyboard.type(session)
    page.keyboard.press("Enter")
    expect(heading).to_have_text(session)
    press(page.get_by_role("button", name=re.compile("^Resend checkout.session.completed")))
    expect(page.get_by_role("status")).to_be_visible()
    wait_until(lambda: market.rows(AGAIN, session), "the event to arrive again")
    press(page.get_by_role("link", name="POST /v1/checkout/sessions", exact=True))
    expect(heading).to_have_text("POST /v1/checkout/sessions")
    expect(page.get_by_role("main")).to_contain_text(session)

    market.settle()
    order.reload().expect_state("Paid").expect_history("confirmed", times=1)


@scripted
def test_tester_sets_the_clock_and_sees_a_session_expire_without_a_mouse(
    market: Market, shop: Shop, new_visitor: Callable[..., Shop], ada: Person, scripted: bool
) -> None:
    order = shop.put_in_cart("pasta-bowl").check_out().go_on(ada).cancel().expect_state("Waiting for payment")
    page = new_visitor(java_script_enabled=scripted).page
    page.goto(f"{market.sandbox}/")

    press(page.get_by_role("link", name="Clock", exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text("Clock")
    tab_to(page.get_by_label("Move by"))
    page.keyboard.type("1")
    tab_to(page.get_by_label("Unit"))
    page.keyboard.type("days")
    press(page.get_by_role("button", name="Move", exact=True))
    expect(page.get_by_role("status")).to_contain_text("The clock was moved")
    press(page.get_by_role("link", name="Objects", exact=True))
    tab_to(page.get_by_role("searchbox", name="Id, or any word in it", exact=True))
    page.keyboard.type(order.number)
    page.keyboard.press("Enter")
    press(page.get_by_role("link", name=re.compile("^cs_test_")))

    Console(page, market.sandbox).expect_fact("State", "expired")
    market.settle()
    order.reload().expect_state("Checkout expired")
