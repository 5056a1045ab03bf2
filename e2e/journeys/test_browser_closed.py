"""The buyer pays and never comes back: the webhook confirms the order, and the mail's link opens it."""

from __future__ import annotations

import re

from e2e.market import Market
from e2e.pages.payment import Mailbox
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person


def test_webhook_confirms_when_browser_is_closed_after_paying(
    market: Market, shop: Shop, ada: Person, rail: Rail
) -> None:
    away = rail.go_on(shop.put_in_cart("pasta-bowl").check_out(), ada)

    away.pay_and_vanish()
    market.settle()

    mailbox = Mailbox(shop.page.context.new_page(), market.sandbox)
    order = mailbox.open_mail(re.compile("^Order OP-"), ada.email).follow_order_link()
    order.expect_state("Paid").expect_history(re.compile(f"confirmed by {rail.label}.s message"))
    order.expect_cart_count(0)
    assert len(market.truth("captures")) == 1
