"""The cart's page: groups, totals, and its quiet states."""

import pytest

from store.cart.queries import count_items, read_cart
from store.cart.service import add_line
from store.catalogue.service import hold_stock, release_stock, sell_stock
from store.kit.db import fetch, fetch_value
from tests.look.markup import Outline
from tests.shelves import (
    count_statements,
    make_product,
    make_vendor,
    open_browser,
    read_form,
    read_heading,
    read_words,
)


async def fill_cart() -> str:
    """Two destination vendors in dollars, one direct in dollars, one direct in yen."""
    token = None
    for slug, values, price in (
        ("kiln-co", {}, 2400),
        ("north-bindery", {"delivery_price": 0}, 1650),
        ("lumen-works", {"charge_type": "direct"}, 11800),
        ("turned", {"charge_type": "direct", "currency": "JPY", "delivery_price": 1800}, 18500),
    ):
        (variant,) = await make_product(await make_vendor(slug, **values), f"{slug}-thing", price=price)
        token = await add_line(token, variant, 1)
    assert token is not None
    return token


async def test_each_group_has_its_total_reason_and_button_when_there_are_several(db: str) -> None:
    token = await fill_cart()

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.get("/cart")

    words = read_words(page)
    assert read_heading(page) == "Your cart"
    assert "Payment 1 of 3" in words
    assert "Total $46.50" in words
    assert "Total $124.00" in words
    assert "Total ¥20,300" in words
    assert "Turned takes payment directly, in JPY, so this is a payment of its own." in words
    assert "Delivery by North Bindery Free" in words
    assert words.count("Prices include tax; none is added at checkout.") == 3
    keys = [read_form(page, "/checkout", n)["group"] for n in range(3)]
    assert keys == ["platform-USD", "direct-lumen-works", "direct-turned"]
    assert page.headers["cache-control"] == "no-store"


async def test_no_reason_is_given_when_everything_is_paid_at_once(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 1)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.get("/cart")

    words = read_words(page)
    assert "Your items" in words
    assert "Payment 1" not in words
    assert "paid separately" not in words
    assert ">Checkout</button>" in page.text


@pytest.mark.parametrize("token", [None, "unknown-or-expired"])
async def test_empty_cart_shows_the_way_back_when_there_is_none(db: str, token: str | None) -> None:
    async with open_browser() as browser:
        if token:
            browser.cookies["cart"] = token
        page = await browser.get("/cart")

    assert page.status_code == 200
    assert "There is nothing in it yet" in read_words(page)
    assert 'href="/"' in page.text
    assert await fetch_value("SELECT count(*) FROM cart") == 0


async def test_own_hold_is_no_reason_to_block_when_back_from_the_payment_page(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=1)
    adas, ottos = await add_line(None, mug, 1), await add_line(None, mug, 1)
    cart_id = (await read_cart(adas)).id
    await hold_stock([(mug, 1)], "order-1", holder=cart_id)

    assert (await read_cart(adas)).groups[0].blocked == ""
    assert (await read_cart(ottos)).groups[0].vendors[0].lines[0].problem == "This has sold out."


@pytest.mark.parametrize("end", [release_stock, sell_stock])
async def test_own_hold_counts_no_more_when_it_has_ended(db: str, end) -> None:
    (mug,) = await make_product(await make_vendor(), stock=1)
    token = await add_line(None, mug, 1)
    await hold_stock([(mug, 1)], "order-1", holder=(await read_cart(token)).id)
    await end("order-1")
    if end is release_stock:
        await hold_stock([(mug, 1)], "somebody-else")

    assert (await read_cart(token)).groups[0].vendors[0].lines[0].problem == "This has sold out."


async def test_looking_changes_nothing_when_the_cart_is_stale(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 5)
    await fetch("UPDATE variant SET price = 9900")
    before = await fetch("SELECT *, xmin::text FROM cart_line")

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        await browser.get("/cart")

    assert await fetch("SELECT *, xmin::text FROM cart_line") == before


async def test_page_is_well_formed_when_every_state_is_on_it(db: str) -> None:
    token = await fill_cart()
    (mug,) = await make_product(await make_vendor("hearthside"), "candle")
    (bowl,) = await make_product(await make_vendor("saltline"), "bowl")
    await add_line(await add_line(token, mug, 1), bowl, 1)
    await fetch("UPDATE variant SET price = 9900 WHERE sku = 'CANDLE-0'")
    await fetch("UPDATE product SET published = false WHERE slug = 'kiln-co-thing'")
    await fetch("UPDATE vendor SET paused = true WHERE slug = 'turned'")

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        removed = await browser.post("/cart/remove", data={"variant": str(bowl)})
        refused = await browser.post("/cart/change", data={"variant": str(mug), "quantity": "0"})

    assert Outline(removed.text).find_problems() == []
    assert Outline(refused.text).find_problems() == []


async def test_badge_counts_pieces_when_asked_alone(db: str) -> None:
    token = await fill_cart()

    async with open_browser() as browser:
        empty = await browser.get("/cart/badge")
        browser.cookies["cart"] = token
        full = await browser.get("/cart/badge")

    assert "(4)" in full.text
    assert "(" not in empty.text
    assert "<html" not in full.text
    assert await count_items(token) == 4
    assert await count_items(None) == 0


async def test_cart_takes_two_queries_when_opened(db: str) -> None:
    token = await fill_cart()

    async with count_statements() as statements, open_browser() as browser:
        await browser.get("/cart", headers={"Cookie": f"cart={token}"})

    assert len(statements) == 2


async def test_visitor_without_script_is_told_to_update_before_checking_out(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 1)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.get("/cart")

    assert '<noscript><p class="meta">If you changed a quantity, press its Update first.</p></noscript>' in page.text
