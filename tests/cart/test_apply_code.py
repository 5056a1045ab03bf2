"""The cart's promotion code: typed, applied, refused in words, taken off; without JavaScript."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from store.cart.queries import CheckoutGroup, read_cart
from store.kit import clock
from store.kit.db import fetch, fetch_value
from tests.promotions.promoting import make_code
from tests.shelves import count_statements, make_category, make_product, make_vendor, open_browser, read_words
from tests.world import World


async def shop(**vendor: Any) -> UUID:
    """One seller's mug at 24.00 with delivery for 6.00."""
    (mug,) = await make_product(await make_vendor(**vendor))
    return mug


async def apply(browser: httpx.AsyncClient, code: str) -> httpx.Response:
    """Type a code and press Apply."""
    return await browser.post("/cart/promotion", data={"code": code})


async def groups(browser: httpx.AsyncClient) -> tuple[CheckoutGroup, ...]:
    """The checkout groups of the visitor's cart."""
    return (await read_cart(browser.cookies["cart"])).groups


@pytest.mark.parametrize("typed", ["TENOFF", "  tenoff "])
async def test_discount_is_shown_with_its_line_when_a_code_is_applied(db: str, typed: str) -> None:
    mug = await shop()
    await make_code()
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})

        page = await apply(browser, typed)

        words = read_words(page)
        assert "TENOFF is applied." in words
        assert "Items $24.00 Delivery by Kiln Co $6.00 Discount TENOFF −$2.40 Total $27.60" in words
        assert 'name="code"' not in page.text
        (group,) = await groups(browser)
        assert (group.discount, group.total, group.code, group.blocked) == (240, 2760, "TENOFF", "")


async def test_second_code_takes_the_place_of_the_first_when_both_would_fit(db: str) -> None:
    mug = await shop()
    await make_code()
    await make_code(code="FIVE", percent=500)
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})

        for code in ("TENOFF", "FIVE"):
            await apply(browser, code)

        (group,) = await groups(browser)
        assert (group.code, group.discount) == ("FIVE", 120)


async def test_price_is_the_old_one_when_the_code_is_taken_off(db: str) -> None:
    mug = await shop()
    await make_code()
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})
        await apply(browser, "TENOFF")

        page = await browser.post("/cart/promotion/remove")

        assert "The promotion code is taken off." in read_words(page)
        assert "Total $30.00" in read_words(page)
        assert 'name="code"' in page.text
        assert await fetch_value("SELECT promotion FROM cart") is None


@pytest.mark.parametrize(
    ("typed", "values", "words"),
    [
        ("", {}, "Enter a promotion code."),
        ("nosuch", {}, "There is no code NOSUCH. Check how it is written."),
        ("'; DROP TABLE cart", {}, "There is no code '; DROP TABLE CART. Check how it is written."),
        ("TENOFF", {"active": False}, "TENOFF is no longer valid."),
        ("TENOFF", {"max_uses": 0}, "TENOFF has been used as often as it may be."),
        ("TENOFF", {"minimum": 2500, "currency": "USD"}, "TENOFF needs goods for $25.00 or more; here are $24.00."),
        ("TENOFF", {"currency": "EUR"}, "TENOFF is for payments in EUR; this one is in USD."),
    ],
)
async def test_code_is_refused_in_words_beside_its_field_when_it_does_not_fit(
    db: str, typed: str, values: dict[str, Any], words: str
) -> None:
    mug = await shop()
    await make_code(**values)
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})

        page = await apply(browser, typed)

        assert page.status_code == 422
        assert read_words(page).count(words) == 2
        assert "<title>Error: " in page.text
        assert 'aria-describedby="code-error"' in page.text
        assert await fetch_value("SELECT promotion FROM cart") is None


async def test_code_is_refused_when_there_is_nothing_to_buy(db: str) -> None:
    await make_code()
    async with open_browser() as browser:
        page = await apply(browser, "TENOFF")

    assert page.status_code == 422
    assert "There is nothing in your cart that a code could be used for." in read_words(page)


async def test_platforms_code_above_the_fee_is_refused_in_words_when_the_vendor_is_paid_directly(db: str) -> None:
    mug = await shop(charge_type="direct")
    await make_code(percent=2000)
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})

        page = await apply(browser, "TENOFF")

    assert "TENOFF takes off more than our fee, and Kiln Co is paid by you directly" in read_words(page)


async def test_code_is_only_for_its_seller_and_category_when_it_has_them(db: str) -> None:
    kiln, north = await make_vendor(), await make_vendor("north")
    (mug,) = await make_product(kiln)
    (book,) = await make_product(north, "notebook", price=1000, category="paper")
    await make_code(code="KILN", vendor=kiln)
    await make_code(code="PAPER", category=await make_category("paper"))
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})
        await browser.post("/cart/add", data={"variant": str(book)})
        found = {}
        for code in ("KILN", "PAPER"):
            await apply(browser, code)
            (group,) = await groups(browser)
            found[code] = {vendor.slug: vendor.discount for vendor in group.vendors}

    assert found == {"KILN": {"kiln-co": 240, "north": 0}, "PAPER": {"kiln-co": 0, "north": 100}}


async def test_code_counts_for_one_payment_when_the_cart_holds_several(db: str) -> None:
    mug = await shop()
    (lamp,) = await make_product(await make_vendor("lumen", charge_type="direct"), "lamp", price=5000)
    await make_code()
    async with open_browser() as browser:
        for variant in (mug, lamp):
            await browser.post("/cart/add", data={"variant": str(variant)})

        page = await apply(browser, "TENOFF")

        assert [(group.key, group.discount) for group in await groups(browser)] == [
            ("platform-USD", 240),
            ("direct-lumen", 0),
        ]
        assert read_words(page).count("Promotion code") == 1


async def test_code_says_why_it_stopped_counting_when_it_ends_in_the_cart(db: str) -> None:
    mug = await shop()
    await make_code()
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})
        await apply(browser, "TENOFF")
        await fetch("UPDATE promotion SET ends_at = $1", clock.now() - timedelta(seconds=1))

        words = read_words(await browser.get("/cart"))

    assert "TENOFF was valid until" in words
    assert "The price here is the one without it." in words
    assert "Total $30.00" in words


@pytest.mark.parametrize(
    ("price", "off", "words"),
    [
        (2400, 2351, "$0.49 is too little for a card: the least is $0.50. Add something, or remove the code."),
        (2400, 2350, ""),
        (49, 0, "$0.49 is too little for a card: the least is $0.50. Add something."),
        (50, 0, ""),
    ],
)
async def test_payment_is_refused_in_words_when_it_is_above_zero_and_under_the_providers_minimum(
    db: str, price: int, off: int, words: str
) -> None:
    (mug,) = await make_product(await make_vendor(delivery_price=0), price=price)
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})
        if off:
            await make_code(amount=off, currency="USD")
            await apply(browser, "TENOFF")

        page = await browser.get("/cart")

        assert words in read_words(page)
        assert bool(words) != (">Checkout</button>" in page.text)
        assert (await groups(browser))[0].blocked == words


async def test_total_of_zero_is_no_obstacle_when_a_code_covers_all(db: str) -> None:
    mug = await shop()
    await make_code(percent=10000, with_delivery=True, funded_by="vendor")
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})

        page = await apply(browser, "TENOFF")

    assert "Total $0.00" in read_words(page)
    assert ">Checkout</button>" in page.text


async def test_cart_with_a_code_is_read_in_one_query_when_it_is_shown(db: str) -> None:
    mug = await shop()
    await make_code()
    async with open_browser() as browser:
        await browser.post("/cart/add", data={"variant": str(mug)})
        await apply(browser, "TENOFF")
        token = browser.cookies["cart"]

    async with count_statements() as statements:
        await read_cart(token)

    assert len(statements) == 1


async def test_seeded_codes_are_there_when_the_shelves_are_filled(world: World) -> None:
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")

    for code, words in (("WELCOME10", "Discount WELCOME10"), ("FREE100", "Total $0.00")):
        await ada.post("/cart/promotion", code=code)
        assert words in read_words(await ada.get("/cart"))
