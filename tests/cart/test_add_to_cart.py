"""Putting things into the cart, from the product's page."""

import asyncio
from uuid import UUID

import httpx
import pytest

from store.cart.service import MAX_LINES, CartRefused, add_line
from store.catalogue.service import hold_stock
from store.kit.db import fetch, fetch_value
from tests.shelves import (
    make_product,
    make_vendor,
    open_browser,
    read_cart_lines,
    read_form,
    read_links,
    read_words,
)


async def press_add(browser: httpx.AsyncClient, slug: str = "enamel-mug", **changes: str) -> httpx.Response:
    form = read_form(await browser.get(f"/p/{slug}"), "/cart/add")
    return await browser.post("/cart/add", data={**form, **changes})


async def test_item_is_in_the_cart_and_the_page_says_so_when_added(db: str) -> None:
    (mug,) = await make_product(await make_vendor())

    async with open_browser() as browser:
        page = await press_add(browser, quantity="2")
        lines = await read_cart_lines(browser.cookies["cart"])

    assert lines == {mug: 2}
    assert page.history[0].status_code == 303
    assert page.url.path == "/p/enamel-mug"
    assert "Added to your cart: Enamel mug. View cart" in read_words(page)
    assert read_links(page)["View cart"] == "/cart"
    assert "(2)" in page.text


async def test_quantities_add_up_when_added_twice(db: str) -> None:
    (mug,) = await make_product(await make_vendor())

    async with open_browser() as browser:
        await press_add(browser)
        await press_add(browser, quantity="3")
        lines = await read_cart_lines(browser.cookies["cart"])

    assert lines == {mug: 4}


async def test_chosen_variant_is_added_when_there_are_several(db: str) -> None:
    _, large = await make_product(await make_vendor(), variants=(("Small", 1800, 5), ("Large", 2800, 5)))

    async with open_browser() as browser:
        page = await press_add(browser, variant=str(large))
        lines = await read_cart_lines(browser.cookies["cart"])

    assert lines == {large: 1}
    assert "Enamel mug, Large" in read_words(page)


async def test_cookie_cannot_be_read_by_scripts_when_a_cart_is_made(db: str) -> None:
    (mug,) = await make_product(await make_vendor())

    async with open_browser("https://shop.example") as browser:
        browser.follow_redirects = False
        answer = await browser.post("/cart/add", data={"variant": str(mug)})

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-cart=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=7776000"} <= set(cookie.split("; "))


async def test_planted_token_is_replaced_when_we_never_issued_it(db: str) -> None:
    (mug,) = await make_product(await make_vendor())

    token = await add_line("chosen-by-somebody", mug, 1)

    assert token != "chosen-by-somebody"
    assert await fetch_value("SELECT count(*) FROM cart WHERE token = 'chosen-by-somebody'") == 0


@pytest.mark.parametrize("quantity", ["-1", "0", "0.5", "1e3", "1000000000", "100", "two", "１", "9" * 30])
async def test_quantity_is_refused_in_words_when_tampered_with(db: str, quantity: str) -> None:
    await make_product(await make_vendor(), stock=500)

    async with open_browser() as browser:
        page = await press_add(browser, quantity=quantity)

    words = read_words(page)
    assert page.status_code == 422
    assert words.count("Enter a whole number from 1 to 99.") == 2
    assert "There is a problem" in words
    assert "<title>Error: " in page.text
    assert f'value="{quantity}"' in page.text
    assert await fetch_value("SELECT count(*) FROM cart_line") == 0


async def test_more_than_there_are_is_refused_when_adding(db: str) -> None:
    await make_product(await make_vendor(), stock=2)

    async with open_browser() as browser:
        page = await press_add(browser, quantity="3")

    assert page.status_code == 422
    assert "There are only 2 of these left. Choose a smaller quantity." in read_words(page)


async def test_what_lies_in_the_cart_counts_when_adding_more(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=2)
    token = await add_line(None, mug, 1)

    with pytest.raises(CartRefused, match="only 2 of these left, and 1 in your cart already"):
        await add_line(token, mug, 2)

    assert await read_cart_lines(token) == {mug: 1}


async def test_ninety_nine_is_the_most_when_added_bit_by_bit(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=500)
    token = await add_line(None, mug, 98)

    with pytest.raises(CartRefused, match="at most 99"):
        await add_line(token, mug, 2)

    await add_line(token, mug, 1)
    assert await read_cart_lines(token) == {mug: 99}


async def test_own_hold_counts_as_available_when_back_from_the_payment_page(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=2)
    token = await add_line(None, mug, 1)
    cart_id = await fetch_value("SELECT id FROM cart")
    await hold_stock([(mug, 2)], "order-1", holder=cart_id)

    await add_line(token, mug, 1)

    assert await read_cart_lines(token) == {mug: 2}
    with pytest.raises(CartRefused, match="sold out"):
        await add_line(None, mug, 1)


async def test_item_is_refused_when_it_sold_out_while_the_page_was_open(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=1)

    async with open_browser() as browser:
        form = read_form(await browser.get("/p/enamel-mug"), "/cart/add")
        await hold_stock([(mug, 1)], "order-1")
        page = await browser.post("/cart/add", data=form)

    assert page.status_code == 422
    assert "Enamel mug has sold out." in read_words(page)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE vendor SET paused = true", "is taking a break"),
        ("UPDATE vendor SET state = 'restricted'", "cannot take payments"),
        ("UPDATE variant SET published = false WHERE label = 'Small'", "no longer for sale"),
    ],
)
async def test_item_is_refused_with_the_reason_when_it_cannot_be_bought(db: str, change: str, words: str) -> None:
    small, _ = await make_product(await make_vendor(), variants=(("Small", 1800, 5), ("Large", 2800, 5)))
    await fetch(change)

    async with open_browser() as browser:
        page = await browser.post("/cart/add", data={"variant": str(small)})

    assert page.status_code == 422
    assert words in read_words(page)
    assert await fetch_value("SELECT count(*) FROM cart_line") == 0


@pytest.mark.parametrize("variant", ["", "x", "11111111-1111-4111-8111-111111111111"])
async def test_page_is_not_found_when_the_variant_does_not_exist(db: str, variant: str) -> None:
    async with open_browser() as browser:
        page = await browser.post("/cart/add", data={"variant": variant})

    assert page.status_code == 404


async def test_form_is_refused_when_it_brings_a_price(db: str) -> None:
    (mug,) = await make_product(await make_vendor())

    async with open_browser() as browser:
        page = await browser.post("/cart/add", data={"variant": str(mug), "price": "1"})

    assert page.status_code == 400
    assert await fetch_value("SELECT count(*) FROM cart_line") == 0


async def test_new_price_waits_to_be_accepted_when_it_rose_while_the_page_was_open(db: str) -> None:
    await make_product(await make_vendor(), price=2400)

    async with open_browser() as browser:
        form = read_form(await browser.get("/p/enamel-mug"), "/cart/add")
        await fetch("UPDATE variant SET price = 2600")
        await browser.post("/cart/add", data=form)
        cart = await browser.get("/cart")

    assert "The price changed from $24.00 to $26.00." in read_words(cart)
    assert "Checkout" not in cart.text


async def test_new_price_is_accepted_when_more_is_added_from_a_page_that_shows_it(db: str) -> None:
    await make_product(await make_vendor(), price=2400)

    async with open_browser() as browser:
        await press_add(browser)
        await fetch("UPDATE variant SET price = 2600")
        await press_add(browser)
        cart = await browser.get("/cart")

    assert "The price changed" not in read_words(cart)
    assert "$52.00" in read_words(cart)


@pytest.mark.parametrize("seen", ["", "nonsense", "a:b c", ":::", "{id}:-5", "{id}:٣", "x" * 3_000])
async def test_price_of_now_counts_when_the_page_says_nothing_of_it(db: str, seen: str) -> None:
    (mug,) = await make_product(await make_vendor(), price=2400)

    async with open_browser() as browser:
        page = await browser.post("/cart/add", data={"variant": str(mug), "seen": seen.format(id=mug)})

    assert page.status_code == 200
    assert await fetch_value("SELECT seen_price FROM cart_line") == 2400


async def test_no_piece_is_lost_when_two_tabs_add_at_once(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=50)
    token = await add_line(None, mug, 1)

    await asyncio.gather(*(add_line(token, mug, 1) for _ in range(20)))

    assert await read_cart_lines(token) == {mug: 21}


async def test_stock_is_not_exceeded_when_two_tabs_add_at_once(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=5)
    token = await add_line(None, mug, 1)

    results = await asyncio.gather(*(add_line(token, mug, 1) for _ in range(20)), return_exceptions=True)

    assert sum(isinstance(result, CartRefused) for result in results) == 16
    assert await read_cart_lines(token) == {mug: 5}


async def test_cart_is_full_when_it_holds_fifty_different_items(db: str) -> None:
    vendor = await make_vendor()
    variants: list[UUID] = await make_product(
        vendor, variants=tuple((f"No. {n}", 100, 5) for n in range(MAX_LINES + 1))
    )
    token = None
    for variant in variants[:MAX_LINES]:
        token = await add_line(token, variant, 1)

    with pytest.raises(CartRefused, match="at most 50 different items"):
        await add_line(token, variants[MAX_LINES], 1)
    assert await add_line(token, variants[0], 1) == token
