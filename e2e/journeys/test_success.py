"""From the shelf to Paid, once for each way the money goes, on each rail."""

from __future__ import annotations

import pytest

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person


@pytest.mark.parametrize(
    ("slugs", "seller", "amount", "currency", "fee"),
    [
        pytest.param(("pasta-bowl",), "kiln-co", 4000, "usd", 340, id="destination"),
        pytest.param(("night-light",), "lumen-works", 6200, "usd", 480, id="direct-usd"),
        pytest.param(("cotton-apron",), "saltline", 5090, "eur", 440, id="direct-eur"),
        pytest.param(("serving-board",), "turned", 7000, "jpy", 520, id="direct-jpy"),
        pytest.param(("pasta-bowl", "letter-set", "match-bottle"), "", 8150, "usd", 680, id="separate"),
    ],
)
def test_order_turns_paid_when_buyer_pays(
    market: Market,
    shop: Shop,
    ada: Person,
    rail: Rail,
    slugs: tuple[str, ...],
    seller: str,
    amount: int,
    currency: str,
    fee: int,
) -> None:
    away = rail.go_on(shop.put_in_cart(*slugs).check_out(), ada)

    order = away.pay()

    order.expect_state("Paid").expect_told("Payment received.").expect_cart_count(0)
    market.settle()
    [capture] = market.truth("captures")
    assert (capture["amount"], capture["currency"], capture["provider"]) == (amount, currency, rail.name)
    [row] = market.rows("SELECT * FROM orders WHERE number = $1", order.number)
    assert (row["total"], row["fee"]) == (amount, fee)
    if rail.takes_for_all:
        # Whatever the vendors have arranged with the other: the platform is paid, and passes the shares on.
        [payment] = market.rows('SELECT charge_type, account_ref FROM payment WHERE "order" = $1', row["id"])
        assert payment == {"charge_type": "separate", "account_ref": ""}
        return
    [accounts] = market.rows("SELECT max(account_ref) AS of_seller FROM vendor WHERE slug = $1", seller)
    is_direct = row["charge_type"] == "direct"
    assert is_direct == (capture["account"] == accounts["of_seller"])
    assert row["charge_type"] == ("direct" if is_direct else "destination" if seller else "separate")
