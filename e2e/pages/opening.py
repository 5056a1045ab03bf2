"""From nobody to a shop with one product on the shelf, by the pages a new vendor walks through."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from e2e.market import Market
from e2e.pages.sell import OrdersPage, ProductPage, SellPage, SoldPage
from e2e.pages.shop import Shop
from e2e.people import Person

PASSWORD = "analytical engine"
PRICE = "48.00"
FACTS = """
SELECT product.slug, account_ref FROM product JOIN vendor ON vendor.id = product.vendor WHERE title = $1
"""


@dataclass(frozen=True)
class NewShop:
    """A shop that may sell: its owner's browser, its account at the provider and the slug of its one product."""

    page: Shop
    name: str
    account: str
    product: str

    def open_sold(self, number: str) -> SoldPage:
        """The owner's page of one order."""
        self.page.page.goto("/sell/orders")
        return OrdersPage(self.page.page).open(number)


def open_new_shop(market: Market, shop: Shop, owner: Person, country: str) -> NewShop:
    """Sign up, open a shop, end the provider's form, publish a product at `PRICE`. `country` is the label chosen."""
    mark = secrets.token_hex(3)
    name, title = f"Otto’s Oddities {mark}", f"Cake stand {mark}"
    tasks = SellPage(shop.page).open().sign_up(owner.email, PASSWORD).open_shop(name, "Odd things.", country)
    tasks.continue_with_stripe().take_all().submit()
    tasks.expect_done(2).task("3. First product").get_by_role("link", name="Add a product").click()
    product = ProductPage(shop.page)
    product.fill(Title=title, Description="Turned from one piece of ash.", Price=PRICE, Stock="3").publish()
    product.expect_told("Published: it is on the shelf now.")
    tasks.open().expect_done(4)
    [row] = market.rows(FACTS, title)
    return NewShop(shop, name, row["account_ref"], row["slug"])
