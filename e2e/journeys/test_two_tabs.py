"""Two tabs of one buyer: the same order in both, or the newer one alone when they differ."""

from __future__ import annotations

from dataclasses import replace

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import CartPage, Shop
from e2e.people import Person


def test_both_tabs_lead_to_one_payment_page_when_they_say_the_same(
    market: Market, shop: Shop, ada: Person, rail: Rail
) -> None:
    first = shop.put_in_cart("pasta-bowl").check_out()
    second = _open_second_tab(shop).check_out()

    away = rail.go_on(first, ada)
    also = rail.go_on(second, ada)

    assert away.address == also.address
    away.pay().expect_state("Paid")
    also.page.reload()
    rail.expect_paid_already(also.page)
    Shop(also.page).expect_heading(f"Order {_number(market, ada)}")
    assert len(market.truth("captures")) == 1


def test_older_payment_page_is_closed_when_second_tab_sends_elsewhere(
    market: Market, shop: Shop, ada: Person, rail: Rail
) -> None:
    first = shop.put_in_cart("pasta-bowl").check_out()
    second = _open_second_tab(shop).check_out()
    older = rail.go_on(first, ada)

    newer = rail.go_on(second, replace(ada, address="2 Analytical Row"))

    older.come_too_late().expect_state("Canceled")
    newer.pay().expect_state("Paid")
    states = market.rows(
        "SELECT address_line1, payment_state FROM orders WHERE email = $1 ORDER BY placed_at", ada.email
    )
    assert [(row["address_line1"], row["payment_state"]) for row in states] == [
        ("1 Analytical Row", "canceled"),
        ("2 Analytical Row", "paid"),
    ]
    assert len(market.truth("captures")) == 1


def _open_second_tab(shop: Shop) -> CartPage:
    return Shop(shop.page.context.new_page()).open_home().open_cart()


def _number(market: Market, person: Person) -> str:
    [order] = market.rows("SELECT number FROM orders WHERE email = $1", person.email)
    return str(order["number"])
