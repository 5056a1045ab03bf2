"""What is told by mail: to the buyer with the link of the order, to each seller what to send."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.payment import Mailbox
from e2e.pages.rails import Rail
from e2e.pages.shop import Shop
from e2e.people import Person


def test_buyer_and_sellers_are_told_when_order_is_paid(market: Market, shop: Shop, ada: Person, rail: Rail) -> None:
    order = rail.go_on(shop.put_in_cart("pasta-bowl", "letter-set").check_out(), ada).pay().expect_state("Paid")
    number, path = order.number, order.path

    market.settle()

    [mail] = market.mails(ada.email)
    assert f"{market.shop}{path}" in mail["text"]
    # Kiln & Co has an owner, who is told; the other shop of the demo has nobody yet but its own address.
    [bindery] = market.rows("SELECT email FROM vendor WHERE slug = 'north-bindery'")
    for seller in ("vera@example.com", bindery["email"]):
        assert [number in told["subject"] for told in market.mails(seller)] == [True]
    mailbox = Mailbox(shop.page, market.sandbox).open_mail(re.compile("^Order OP-"), ada.email)
    letter = mailbox.page.frame_locator("iframe")
    expect(letter.get_by_text(number).first).to_be_visible()
    assert mailbox.follow_order_link().expect_state("Paid").path == path
