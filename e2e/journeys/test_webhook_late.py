"""The webhook is late: the return visit confirms the order, and the webhook changes nothing when it comes."""

from __future__ import annotations

from e2e.market import Market
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person


def test_return_visit_confirms_once_when_webhook_is_late(market: Market, shop: Shop, ada: Person, rail: Rail) -> None:
    market.hold_webhooks()
    away = rail.go_on(shop.put_in_cart("pasta-bowl").check_out(), ada)

    order = away.pay()

    order.expect_state("Paid").expect_history(f"confirmed on your return from {rail.label}")
    market.release_webhooks()
    market.settle()
    order.reload().expect_state("Paid").expect_history("confirmed", times=1)
    [event] = [event for event in market.truth("events") if event["type"] == rail.told]
    assert [delivery["last_status"] for delivery in event["deliveries"]] == [200]
    assert len(market.mails(ada.email)) == 1
