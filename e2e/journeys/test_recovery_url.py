"""A payment page that expired goes on at its recovery address, as a new session; one order is not offered twice.

The shop's own orders expire for good and are checked out anew from the cart; this is what another project, which
mails that address to its buyers, gets from the sandbox.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

from e2e.market import Market
from e2e.pages.payment import HostedPage
from e2e.pages.shop import Shop

HOUR = 3600


def test_new_session_is_paid_once_when_recovery_address_is_followed(market: Market, shop: Shop) -> None:
    expired = market.ask(
        "POST",
        "/v1/checkout/sessions",
        **{
            "mode": "payment",
            "success_url": f"{market.shop}/help?session_id={{CHECKOUT_SESSION_ID}}",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "1500",
            "line_items[0][price_data][product_data][name]": "Newsletter",
            "after_expiration[recovery][enabled]": "true",
        },
    )
    market.advance(25 * HOUR)
    shop.page.goto(expired["url"])
    hosted = HostedPage(shop.page).expect_heading("This payment page has expired")
    recovery = market.ask("GET", f"/v1/checkout/sessions/{expired['id']}")["after_expiration"]["recovery"]["url"]

    shop.page.goto(recovery)
    hosted.expect_open().fill().submit()

    expect(shop.page).to_have_url(re.compile(r"/help\?session_id=cs_test_"))
    recovered = market.ask("GET", f"/v1/checkout/sessions/{shop.page.url.partition('=')[2]}")
    assert (recovered["recovered_from"], recovered["payment_status"]) == (expired["id"], "paid")
    shop.page.goto(recovery)
    hosted.expect_heading("This payment is complete")
    assert [capture["amount"] for capture in market.truth("captures")] == [1500]
