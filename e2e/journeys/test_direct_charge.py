"""A direct charge lives on the vendor's account: only the Connect endpoint hears of it, and its event is enough."""

from __future__ import annotations

from e2e.market import Market, wait_until
from e2e.pages.shop import Shop
from e2e.people import Person

PAID = "SELECT token FROM orders WHERE email = $1 AND payment_state = 'paid'"


def test_connect_endpoint_confirms_when_the_platforms_gets_nothing(market: Market, shop: Shop, ada: Person) -> None:
    [vendor] = market.rows("SELECT account_ref FROM vendor WHERE slug = 'lumen-works'")
    drop_all(market, "/webhooks/stripe")
    hosted = shop.put_in_cart("night-light").check_out().go_on(ada)

    hosted.pay_and_vanish()

    [paid] = wait_until(lambda: market.rows(PAID, ada.email), "the event to confirm the order")
    order = Shop(shop.page.context.new_page()).open_order(f"/orders/{paid['token']}").expect_state("Paid")
    order.expect_history("confirmed by Stripe's message")
    market.settle()
    [capture] = market.truth("captures")
    assert capture["account"] == vendor["account_ref"]
    told = [event for event in market.truth("events") if event["type"] == "checkout.session.completed"]
    assert [event["account"] for event in told] == [vendor["account_ref"]]
    sent = [(one["url"], one["state"]) for event in told for one in event["deliveries"]]
    assert sent == [(f"{market.shop}/webhooks/stripe/connect", "delivered")]


def drop_all(market: Market, path: str) -> None:
    """Lose whatever is sent to one of the shop's endpoints from now on."""
    [endpoint] = [
        one for one in market.ask("GET", "/v1/webhook_endpoints")["data"] if one["url"] == f"{market.shop}{path}"
    ]
    market.tell("webhooks", action="drop", endpoint=endpoint["id"], count=0)
