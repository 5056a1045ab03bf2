"""Made-up and foreign keys open nothing: order tokens, session ids, cookies."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person
from e2e.watch import Watch

FORGED = "A" * 43
RETURN = 'SELECT payment.token, provider_ref FROM payment JOIN orders ON orders.id = payment."order" WHERE email = $1'


def test_order_page_is_not_found_when_token_is_made_up(shop: Shop, watch: Watch) -> None:
    watch.expect(404)

    shop.page.goto(f"/orders/{FORGED[:22]}")

    shop.expect_heading("Page not found")


def test_return_opens_nothing_when_session_is_another_orders(
    market: Market, new_visitor: Callable[..., Shop], watch: Watch, ada: Person, otto: Person
) -> None:
    new_visitor().put_in_cart("pasta-bowl").check_out().go_on(ada).pay().expect_state("Paid")
    shop = new_visitor()
    shop.put_in_cart("letter-set").check_out().go_on(otto)
    [his], [hers] = market.rows(RETURN, otto.email), market.rows(RETURN, ada.email)
    watch.expect(404)

    shop.page.goto(f"/payments/{his['token']}/return?session_id={hers['provider_ref']}")

    shop.expect_heading("Page not found")
    [order] = market.rows("SELECT payment_state FROM orders WHERE email = $1", otto.email)
    assert order["payment_state"] == "awaiting_payment"


def test_return_asks_for_the_whole_link_when_session_is_missing(
    market: Market, shop: Shop, watch: Watch, ada: Person
) -> None:
    shop.put_in_cart("pasta-bowl").check_out().go_on(ada)
    [hers] = market.rows(RETURN, ada.email)
    watch.expect(400)

    shop.page.goto(f"/payments/{hers['token']}/return")

    expect(shop.page.get_by_text("This link is incomplete")).to_be_visible()


def test_session_cookie_is_replaced_when_it_is_forged(market: Market, shop: Shop) -> None:
    _set_cookie(shop.page.context, market, "sid", FORGED)

    shop.put_in_cart("pasta-bowl").expect_cart_count(1)
    shop.page.goto("/checkout?group=platform-EUR")

    expect(shop.page.get_by_text("There is nothing to check out here")).to_be_visible()
    assert _read_cookie(shop.page.context, "sid") not in ("", FORGED)


def test_cart_cookie_opens_nothing_when_it_is_forged(market: Market, shop: Shop) -> None:
    _set_cookie(shop.page.context, market, "cart", FORGED)
    shop.open_home().open_cart()
    expect(shop.page.get_by_role("heading", name="There is nothing in it yet")).to_be_visible()

    shop.put_in_cart("pasta-bowl").expect_cart_count(1)

    assert _read_cookie(shop.page.context, "cart") not in ("", FORGED)
    assert market.rows("SELECT 1 FROM cart WHERE token = $1", FORGED) == []


def _set_cookie(context: BrowserContext, market: Market, name: str, value: str) -> None:
    context.add_cookies([{"name": name, "value": value, "url": market.shop, "httpOnly": True, "sameSite": "Lax"}])


def _read_cookie(context: BrowserContext, name: str) -> str:
    return next((str(cookie.get("value")) for cookie in context.cookies() if cookie.get("name") == name), "")
