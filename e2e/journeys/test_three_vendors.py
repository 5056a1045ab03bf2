"""A cart of three vendors is paid once; each vendor's share is transferred to them, and their page says so."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.market import SETTLED_SECONDS, Market
from e2e.pages.sell import Selling
from e2e.pages.shop import Shop
from e2e.people import Person

# Goods and delivery without a tenth of the goods: $34.00 + $6.00, $19.00, $15.00 + $7.50.
SHARES = {"kiln-co": 3660, "north-bindery": 1710, "hearthside": 2100}
ACCOUNTS = "SELECT slug, account_ref FROM vendor WHERE slug = ANY($1)"


def test_each_vendor_has_their_share_when_three_are_paid_at_once(
    market: Market, new_visitor: Callable[..., Shop], ada: Person
) -> None:
    cart = new_visitor().put_in_cart("pasta-bowl", "letter-set", "match-bottle")

    order = cart.check_out().go_on(ada).pay().expect_state("Paid")

    market.advance(SETTLED_SECONDS)
    market.settle()
    [capture] = market.truth("captures")
    transfers = market.truth("transfers")
    names = {row["account_ref"]: row["slug"] for row in market.rows(ACCOUNTS, list(SHARES))}
    assert {names[one["destination"]]: one["amount"] for one in transfers} == SHARES
    assert len(transfers) == 3
    assert {one["source_transaction"] for one in transfers} == {capture["ref"]}
    assert len({one["transfer_group"] for one in transfers}) == 1
    vera = Selling(new_visitor().page).enter(path="/sell/orders").open_orders().open(order.number)
    expect(vera.page.get_by_text("The buyer bought from others too; you see your part.")).to_be_visible()
    account = vera.page.get_by_role("region", name="On your Stripe account")
    expect(account.get_by_role("definition").last).to_have_text("$36.60")
    expect(vera.page.get_by_role("main")).not_to_contain_text("North Bindery")
    expect(vera.page.get_by_text("Letter set")).to_have_count(0)
