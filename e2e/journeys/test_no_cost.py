"""Nothing to pay: by our own code no provider is asked at all; by a code of the page its session ends without money."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person

FACTS = "SELECT payment_state, total FROM orders WHERE number = $1"


def test_no_provider_is_asked_when_our_own_code_covers_all(market: Market, shop: Shop, ada: Person) -> None:
    free = market.free("KILN-BOWL")
    cart = shop.put_in_cart("pasta-bowl").apply_code("FREE100").expect_total("$0.00")

    order = cart.check_out().place(ada).expect_state("Paid")

    market.settle()
    assert market.rows(FACTS, order.number) == [{"payment_state": "paid", "total": 0}]
    assert market.free("KILN-BOWL") == free - 1
    # The worker looks every minute whether its endpoints are still on, whoever buys what.
    assert [request for request in market.truth("requests") if request["path"] != "/v1/webhook_endpoints"] == []
    assert len(market.mails(ada.email)) == 1


def test_order_is_paid_when_a_code_of_the_page_covers_all(market: Market, shop: Shop, ada: Person) -> None:
    market.rows("UPDATE vendor SET allow_promotion_codes = true WHERE slug = 'kiln-co'")
    coupon = market.ask("POST", "/v1/coupons", percent_off="100", duration="once")
    promotion = {"promotion[type]": "coupon", "promotion[coupon]": coupon["id"], "code": "GIFT"}
    market.ask("POST", "/v1/promotion_codes", **promotion)
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(ada)

    order = hosted.apply_code("GIFT").complete().expect_state("Paid")

    market.settle()
    assert market.rows(FACTS, order.number) == [{"payment_state": "paid", "total": 4000}]
    given = 'SELECT amount FROM order_discount JOIN orders ON orders.id = order_discount."order" WHERE number = $1'
    assert market.rows(given, order.number) == [{"amount": 4000}]
    assert [capture["amount"] for capture in market.truth("captures") if capture["amount"]] == []
    assert len(market.mails(ada.email)) == 1
