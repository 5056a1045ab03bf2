"""From sign-up to the first sale: the new vendor reads on the order's page what the provider has on their account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from e2e.market import SETTLED_SECONDS, Market
from e2e.pages.opening import open_new_shop
from e2e.pages.shop import Shop
from e2e.people import Person

CHARGED = 'SELECT payment.charge_type FROM payment JOIN orders ON orders.id = "order" WHERE number = $1'


@dataclass(frozen=True)
class Case:
    """`share` and `told` stand on the vendor's page of the order, `net` on their account in minor units of `currency`.

    `beside` are another vendor's goods that are paid for with it.
    """

    charge_type: str
    country: str
    currency: str
    net: int
    share: str
    told: str
    beside: tuple[str, ...] = ()


US = "United States (USD)"
CASES = (
    # On an account of one's own the provider takes its fee from the share.
    Case("direct", "Germany (EUR)", "eur", 4151, "€43.20", "The buyer paid you directly: there is no transfer."),
    # The whole amount is transferred, and our fee taken back from it.
    Case("destination", US, "usd", 4320, "$43.20", "Transferred to you $48.00"),
    Case("separate", US, "usd", 4320, "$43.20", "Transferred to you $43.20", ("pasta-bowl",)),
)


@pytest.mark.parametrize("case", CASES, ids=[case.charge_type for case in CASES])
def test_vendor_sees_what_they_earned_when_the_first_thing_is_sold(
    market: Market, new_visitor: Callable[..., Shop], ada: Person, otto: Person, case: Case
) -> None:
    new = open_new_shop(market, new_visitor(), otto, case.country)

    order = new_visitor().put_in_cart(new.product, *case.beside).check_out().go_on(ada).pay().expect_state("Paid")

    market.advance(SETTLED_SECONDS)
    market.settle()
    sold = new.open_sold(order.number).page
    account = sold.get_by_role("region", name="On your Stripe account")
    expect(sold.get_by_role("region", name="The money").get_by_role("definition").last).to_have_text(case.share)
    expect(account).to_contain_text(case.told)
    expect(account.get_by_role("definition").last).to_have_text(f"{case.share[0]}{case.net / 100:.2f}")
    assert market.rows(CHARGED, order.number) == [{"charge_type": case.charge_type}]
    on_account = [row for row in market.truth("balances") if row["account"] == new.account]
    assert [(row["amount"], row["currency"]) for row in on_account] == [(case.net, case.currency)]
    [letter] = [mail for mail in market.mails(otto.email) if mail["subject"].startswith("Sold: ")]
    assert f"Your share after our fee: {case.share}" in letter["text"]
