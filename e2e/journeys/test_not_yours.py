"""Otto signs in and owns nothing: every page of Vera's shop, by its address, is not found."""

from __future__ import annotations

from collections.abc import Callable

from e2e.market import Market
from e2e.pages.account import open_sign_in
from e2e.pages.sell import Selling
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

PAGES = ("home", "products", "products/new", "orders", "orders.csv", "promotions", "settings", "team")
THINGS = """
SELECT 'products/' || product.id AS path FROM product JOIN vendor ON vendor.id = vendor AND vendor.slug = 'kiln-co'
UNION ALL SELECT 'orders/' || vendor_order.id FROM vendor_order JOIN orders ON orders.id = "order" WHERE number = $1
"""


def test_nothing_of_veras_is_found_when_otto_has_every_address(
    market: Market, new_visitor: Callable[..., Shop], watch: Watch, ada: Person
) -> None:
    order = new_visitor().put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")
    paths = [f"/sell/{path}" for path in (*PAGES, *(row["path"] for row in market.rows(THINGS, order.number)))]
    vera = Selling(new_visitor().page).enter()
    seen = {path: vera.page.context.request.get(f"{market.shop}{path}").status for path in paths}
    assert seen == dict.fromkeys(paths, 200)
    watch.expect(404)

    otto = new_visitor()
    open_sign_in(otto.open_home()).go_on_as("Otto")

    for path in paths:
        answer = otto.page.goto(path)
        assert answer is not None
        assert (path, answer.status) == (path, 404)
        otto.expect_heading("Page not found")
