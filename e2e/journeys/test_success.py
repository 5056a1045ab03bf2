"""From the shelf to Paid, once for each way the money goes."""

from __future__ import annotations

import pytest

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person


@pytest.mark.parametrize(
    ("slugs", "amount", "currency", "on"),
    [
        pytest.param(("pasta-bowl",), 4000, "usd", "platform", id="destination"),
        pytest.param(("night-light",), 6200, "usd", "lumen-works", id="direct-usd"),
        pytest.param(("cotton-apron",), 5090, "eur", "saltline", id="direct-eur"),
        pytest.param(("pasta-bowl", "letter-set", "match-bottle"), 8150, "usd", "platform", id="separate"),
    ],
)
def test_order_turns_paid_when_buyer_pays(
    market: Market, shop: Shop, ada: Person, slugs: tuple[str, ...], amount: int, currency: str, on: str
) -> None:
    checkout = shop.put_in_cart(*slugs).check_out()

    order = checkout.go_on(ada).pay()

    order.expect_state("Paid").expect_told("Payment received.").expect_cart_count(0)
    market.settle()
    [capture] = market.truth("captures")
    assert (capture["amount"], capture["currency"]) == (amount, currency)
