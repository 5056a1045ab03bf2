"""What a vendor who cannot be charged shows to buyers: words, and no button."""

from __future__ import annotations

import pytest

from store.kit.db import fetch
from tests.shelves import make_product, make_vendor, open_browser


@pytest.mark.parametrize("state", ["not_started", "onboarding", "under_review"])
async def test_product_is_not_for_sale_yet_when_its_vendor_has_not_finished(db: str, state: str) -> None:
    await make_product(await make_vendor("newcomer", state=state), slug="mug")

    async with open_browser() as browser:
        pages = [(await browser.get(path)).text for path in ("/p/mug", "/s/newcomer")]

    for page in pages:
        assert "Not for sale yet: Newcomer is still setting up payments." in page
        assert "Add to cart" not in page


@pytest.mark.parametrize("state", ["restricted", "rejected", "disconnected"])
async def test_product_cannot_be_bought_when_its_vendor_may_not_be_charged_any_more(db: str, state: str) -> None:
    await make_product(await make_vendor("newcomer", state=state), slug="mug")

    async with open_browser() as browser:
        page = (await browser.get("/p/mug")).text

    assert "Newcomer cannot take payments at the moment." in page
    assert "Add to cart" not in page


async def test_product_can_be_bought_when_its_vendor_is_active(db: str) -> None:
    await make_product(await make_vendor("newcomer"), slug="mug")

    async with open_browser() as browser:
        page = (await browser.get("/p/mug")).text

    assert "Add to cart" in page
    assert await fetch("SELECT 1 FROM vendor WHERE state = 'active'")
