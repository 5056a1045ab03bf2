"""Money goes back at PayPal's side, by the merchant's hand or by a chargeback: order and vendor's share show it."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.market import Market
from e2e.pages.paypal import open_pay_page
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

# Goods and delivery without a tenth of the goods.
SHARE = 3660
SHARES = """
SELECT payout.state, payout.amount FROM payout JOIN orders ON orders.id = payout."order" WHERE orders.email = $1
"""


@pytest.mark.parametrize(
    ("command", "back", "label"),
    [
        ({"action": "refund"}, 4000, "Refunded"),
        ({"action": "refund", "amount": 1000}, 1000, "Partly refunded"),
        ({"action": "reverse"}, 4000, "Refunded"),
    ],
    ids=["whole", "part", "reversal"],
)
def test_order_and_share_follow_when_money_goes_back_at_paypal(
    market: Market, shop: Shop, ada: Person, command: dict[str, Any], back: int, label: str
) -> None:
    page = open_pay_page(shop, ada)
    page.open_window().approve()
    order = OrderPage(page.page).expect_arrived().expect_state("Paid")
    market.settle()
    [capture] = market.truth("captures")
    assert [(row["state"], row["amount"]) for row in market.rows(SHARES, ada.email)] == [("planned", SHARE)]

    market.tell("paypal", id=capture["ref"], **command)
    market.settle()

    order.reload().expect_state(label)
    [row] = market.rows("SELECT refunded, refund_pending, payment_state FROM orders WHERE email = $1", ada.email)
    assert (row["refunded"], row["refund_pending"], row["payment_state"]) == (back, 0, "paid")
    assert [one["refunded"] for one in market.truth("captures")] == [back]
    [share] = market.rows(SHARES, ada.email)
    if back == capture["amount"]:
        assert share["state"] == "canceled"
    else:
        assert (share["state"], SHARE - share["amount"]) == ("planned", 915)
