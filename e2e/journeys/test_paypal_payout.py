"""One PayPal payment, two vendors: shares go out after their days; what nobody claims comes back and is sent anew."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from e2e.market import Market, wait_until
from e2e.pages.payouts import PayoutsPage
from e2e.pages.paypal import open_pay_page
from e2e.pages.shop import OrderPage, Shop
from e2e.people import Person

HOLDING_SECONDS = 3 * 86400
# Goods and delivery without a tenth of the goods: $34.00 + $6.00, $19.00.
VERAS, OTHERS = 3660, 1710
PAYOUTS = """
SELECT vendor.slug, payout.state, payout.amount, payout.receiver FROM payout
JOIN orders ON orders.id = payout."order" JOIN vendor ON vendor.id = payout.vendor
WHERE orders.email = $1 ORDER BY vendor.slug, payout.created_at, payout.id
"""


def test_shares_go_out_after_their_days_and_an_unclaimed_one_is_sent_anew(
    market: Market, new_visitor: Callable[..., Shop], ada: Person
) -> None:
    nobody, north = f"unclaimed.{secrets.token_hex(3)}@example.com", f"north.{secrets.token_hex(3)}@example.com"
    market.rows("UPDATE vendor SET payout_email = $1, payout_email_at = now() WHERE slug = 'north-bindery'", north)
    vera = PayoutsPage(new_visitor().page).arrive().confirm_address(market, nobody)
    number = _buy_from_both(market, new_visitor(), ada)
    expect(vera.look().share("Payable", number)).to_contain_text("$36.60")
    assert states(market, ada) == [("kiln-co", "planned", VERAS), ("north-bindery", "planned", OTHERS)]
    assert market.truth("payouts") == []

    market.advance(HOLDING_SECONDS + 60)
    sent = [("kiln-co", "unclaimed", VERAS), ("north-bindery", "paid", OTHERS)]
    wait_until(lambda: states(market, ada) == sent, "the shares to go out", seen=lambda: states(market, ada))
    assert there(market) == {(nobody, "UNCLAIMED", VERAS), (north, "SUCCESS", OTHERS)}

    vera = PayoutsPage(new_visitor().page).arrive()
    stuck = vera.share("Stuck", number)
    expect(stuck).to_contain_text(nobody)
    expect(stuck).to_contain_text("What to do: Open a PayPal account with this address, or confirm another address")
    hers = f"vera.{secrets.token_hex(3)}@example.com"
    vera.confirm_address(market, hers)
    market.advance(60)
    anew = [("kiln-co", "returned", VERAS), ("kiln-co", "paid", VERAS), ("north-bindery", "paid", OTHERS)]
    wait_until(lambda: states(market, ada) == anew, "the share to be sent anew", seen=lambda: states(market, ada))
    assert there(market) == {(nobody, "RETURNED", VERAS), (hers, "SUCCESS", VERAS), (north, "SUCCESS", OTHERS)}
    expect(vera.look().share("Paid", number)).to_contain_text(hers)
    expect(vera.page.get_by_role("region", name="Stuck")).to_have_count(0)


def _buy_from_both(market: Market, shop: Shop, person: Person) -> str:
    """One order of two vendors, paid with PayPal; its number."""
    page = open_pay_page(shop, person, "pasta-bowl", "letter-set")
    page.open_window().approve()
    number = OrderPage(page.page).expect_arrived().expect_state("Paid").number
    market.settle()
    return number


def states(market: Market, person: Person) -> list[tuple[Any, ...]]:
    return [(row["slug"], row["state"], row["amount"]) for row in market.rows(PAYOUTS, person.email)]


def there(market: Market) -> set[tuple[Any, ...]]:
    return {(one["receiver"], one["state"], one["amount"]) for one in market.truth("payouts")}
