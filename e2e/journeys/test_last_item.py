"""One left, two who want it: whoever continues first holds it, the other one is told before paying."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch


def test_second_buyer_is_told_before_paying_when_last_item_is_held(
    market: Market, new_visitor: Callable[..., Shop], watch: Watch, ada: Person, otto: Person, rail: Rail
) -> None:
    market.stock("KILN-VASE", 1)
    ada_at_checkout = new_visitor().put_in_cart("stoneware-vase").check_out()
    otto_at_checkout = new_visitor().put_in_cart("stoneware-vase").check_out()
    away = rail.go_on(ada_at_checkout, ada)

    watch.expect(409)
    rail.button(otto_at_checkout.fill(otto)).click()

    otto_at_checkout.expect_heading("Your cart has changed")
    expect(otto_at_checkout.page.get_by_text("Nothing was ordered and nothing was charged.")).to_be_visible()
    away.pay().expect_state("Paid")
    cart = otto_at_checkout.open_cart()
    expect(cart.line("Stoneware vase")).to_contain_text("This has sold out.")
    assert len(market.truth("captures")) == 1
    assert market.rows("SELECT 1 FROM orders WHERE email = $1", otto.email) == []


def test_second_buyer_gets_it_when_first_one_cancels(
    market: Market, new_visitor: Callable[..., Shop], ada: Person, otto: Person
) -> None:
    market.stock("KILN-VASE", 1)
    waiting = new_visitor().put_in_cart("stoneware-vase").check_out().go_on(ada).cancel()
    otto_looks = new_visitor().open_product("stoneware-vase")
    expect(otto_looks.page.get_by_text("Sold out").first).to_be_visible()

    waiting.cancel().expect_state("Canceled")

    otto_looks.put_in_cart("stoneware-vase").check_out().go_on(otto).pay().expect_state("Paid")
    assert len(market.truth("captures")) == 1
