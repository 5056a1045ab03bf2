"""The webhook is late: the return visit confirms the order, and the webhook changes nothing when it comes."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.shop import Shop
from e2e.people import Person


def test_return_visit_confirms_once_when_webhook_is_late(market: Market, shop: Shop, ada: Person) -> None:
    market.hold_webhooks()
    hosted = shop.put_in_cart("pasta-bowl").check_out().go_on(ada)

    order = hosted.pay()

    order.expect_state("Paid").expect_history("confirmed on your return from Stripe")
    market.release_webhooks()
    market.settle()
    order.reload().expect_state("Paid").expect_history("confirmed", times=1)
    [event] = [event for event in market.truth("events") if event["type"] == "checkout.session.completed"]
    assert [delivery["last_status"] for delivery in event["deliveries"]] == [200]
    assert len(market.mails(ada.email)) == 1
