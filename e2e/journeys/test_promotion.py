"""A promotion code: taken off and paid less, refused in words, or lost to somebody who was faster."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch


def test_less_is_paid_when_code_is_applied(market: Market, shop: Shop, ada: Person, rail: Rail) -> None:
    cart = shop.put_in_cart("pasta-bowl").apply_code("welcome10").expect_total("$36.60")

    order = rail.go_on(cart.check_out(), ada).pay().expect_state("Paid")

    market.settle()
    expect(order.page.get_by_text("WELCOME10")).to_be_visible()
    assert [capture["amount"] for capture in market.truth("captures")] == [3660]
    [row] = market.rows("SELECT total, discount, fee FROM orders WHERE number = $1", order.number)
    assert (row["total"], row["discount"], row["fee"]) == (3660, 340, 0)


def test_price_stays_when_code_is_refused(market: Market, shop: Shop, watch: Watch, ada: Person) -> None:
    cart = shop.put_in_cart("pasta-bowl")
    watch.expect(422)

    cart.apply_code("HALFPRICE")

    expect(cart.page.get_by_role("link", name="There is no code HALFPRICE.")).to_be_visible()
    expect(cart.page.get_by_label("Promotion code", exact=True)).to_have_value("HALFPRICE")
    cart.expect_total("$40.00").check_out().go_on(ada).pay().expect_state("Paid")


def test_slower_buyer_is_told_when_the_last_use_is_gone(
    market: Market, new_visitor: Callable[..., Shop], watch: Watch, ada: Person, otto: Person
) -> None:
    watch.expect(409)
    market.limit_code("WELCOME10", 1)
    first, second = new_visitor(), new_visitor()
    adas = first.put_in_cart("pasta-bowl").apply_code("WELCOME10").expect_total("$36.60").check_out()
    ottos = second.put_in_cart("pasta-bowl").apply_code("WELCOME10").expect_total("$36.60").check_out()

    adas.go_on(ada).pay().expect_state("Paid")
    ottos.fill(otto).button.click()

    expect(ottos.page.get_by_text("has been used as often as it may be")).to_be_visible()
    assert market.rows("SELECT id FROM orders WHERE email = $1", otto.email) == []
    ottos.page.get_by_role("link", name="Go on with the new total, $40.00").click()
    ottos.go_on(otto).pay().expect_state("Paid")
    market.settle()
    assert sorted(capture["amount"] for capture in market.truth("captures")) == [3660, 4000]
