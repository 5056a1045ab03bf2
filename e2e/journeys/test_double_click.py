"""A nervous finger: two clicks on Continue are one order and one payment page."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person


def test_one_order_is_placed_when_continue_is_clicked_twice(
    market: Market, shop: Shop, ada: Person, rail: Rail
) -> None:
    button = rail.button(shop.put_in_cart("pasta-bowl").check_out().fill(ada))
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    [cookie] = [cookie for cookie in shop.page.context.cookies() if cookie.get("name") == "cart"]

    # While the cart is held nothing is answered, so both clicks are under way at once.
    with market.hold("SELECT 1 FROM cart WHERE token = $1 FOR UPDATE", cookie.get("value")):
        for _ in range(2):
            # The mouse alone waits for nothing: a locator would let the first click arrive before the second.
            with shop.page.expect_request("**/checkout"):
                shop.page.mouse.click(box["x"] + 20, box["y"] + 20)

    rail.arrive(shop.page).pay().expect_state("Paid")
    assert len(market.truth("captures")) == 1
    assert len(market.rows("SELECT 1 FROM orders WHERE email = $1", ada.email)) == 1
    created = [request for request in market.truth("requests") if request["path"] == rail.opens]
    assert len({request["idempotency_key"] for request in created if request["method"] == "POST"}) == 1
