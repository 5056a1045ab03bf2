"""`/sell`: what selling costs and when one is paid, by each provider that the shop has."""

from __future__ import annotations

from dataclasses import replace

import httpx

from store.app import create_app
from store.payouts.service.shares import HOLDING
from tests.world import SHOP, World


async def test_page_says_how_paypal_sales_are_paid_when_the_shop_takes_them(world: World) -> None:
    without = create_app(replace(world.settings, paypal=None), replace(world.gateways, paypal=None))

    page = (await world.browser().get("/sell")).text
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=without), base_url=SHOP) as plain:
        other = (await plain.get("/sell", headers={"Accept": "text/html"})).text

    assert HOLDING.days == 3
    assert "goes to your PayPal account three days later" in page
    assert "PayPal’s fee is always on us" in page
    assert "When you are paid" in other
    assert "PayPal" not in other
