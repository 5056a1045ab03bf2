"""Vera asks Otto to help in her shop: he gets a mail, joins, sees the orders, and is out again when she says so."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.sell import Selling
from e2e.pages.shop import Shop
from e2e.watch import Watch

OTTO = "otto@example.com"


def test_invited_person_works_in_the_shop_until_removed(
    market: Market, new_visitor: Callable[..., Shop], watch: Watch
) -> None:
    vera = Selling(new_visitor().page).enter(path="/sell/team").open_team()
    otto = new_visitor().page
    Selling(otto).enter("Otto", "/account")
    watch.expect(404)
    otto.goto("/sell/orders")
    expect(otto.get_by_role("heading", level=1)).to_have_text("Page not found")

    vera.invite(OTTO).expect_told(f"An invitation to {OTTO} is on its way.")
    market.settle()
    [link] = re.findall(r"http\S+/sell/join/\S+", market.mails(OTTO)[0]["text"])
    otto.goto(link)
    otto.get_by_role("button", name="Join Kiln & Co").click()

    expect(otto.get_by_role("status").filter(has_text="You work in Kiln & Co now.")).to_be_visible()
    Selling(otto).open_orders().expect_heading("Orders")
    expect(otto.get_by_role("navigation", name="Your shop").get_by_role("link", name="Team")).to_have_count(0)
    vera = vera.open_team()
    expect(vera.row(OTTO)).to_contain_text("Staff")
    vera.remove(OTTO).expect_told("They do not work in Kiln & Co any more")
    otto.reload()
    expect(otto.get_by_role("heading", level=1)).to_have_text("Sign in")
