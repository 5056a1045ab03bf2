"""Taking something out of the cart, and Undo."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from store.cart.queries import read_cart
from store.cart.service import CartRefused, Removed, add_line, remove_line, restore_line
from store.kit import clock
from store.kit.db import fetch, fetch_value
from tests.shelves import make_product, make_vendor, open_browser, read_cart_lines, read_form, read_words


async def open_cart(browser: httpx.AsyncClient, token: str) -> httpx.Response:
    browser.cookies["cart"] = token
    return await browser.get("/cart")


async def test_removed_item_comes_back_as_it_was_when_undone(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), price=2400)
    token = await add_line(None, mug, 2)

    async with open_browser() as browser:
        form = read_form(await open_cart(browser, token), "/cart/remove")
        removed = await browser.post("/cart/remove", data=form)
        gone = await read_cart_lines(token)
        undone = await browser.post("/cart/restore", data=read_form(removed, "/cart/restore"))

    assert gone == {}
    assert removed.history[0].status_code == 303
    assert removed.url.path == "/cart"
    assert "Removed: Enamel mug. Undo" in read_words(removed)
    assert "There is nothing in it yet" in read_words(removed)
    assert await read_cart_lines(token) == {mug: 2}
    assert "Undo" not in undone.text
    assert "Back in your cart: Enamel mug." in read_words(undone)


async def test_item_stands_at_its_old_place_when_its_removal_is_undone(db: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor, "mug")
    (bowl,) = await make_product(vendor, "bowl")
    token = await add_line(await add_line(None, mug, 1), bowl, 1)

    async with open_browser() as browser:
        form = read_form(await open_cart(browser, token), "/cart/remove")
        removed = await browser.post("/cart/remove", data=form)
        undone = await browser.post("/cart/restore", data=read_form(removed, "/cart/restore"))

    assert form["variant"] == str(mug)
    assert re.findall(r'<a href="/p/(\w+)">', undone.text) == ["mug", "bowl"]


async def test_undo_counts_as_of_now_when_it_names_a_time_to_come(db: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor, "mug")
    (bowl,) = await make_product(vendor, "bowl")

    token = await restore_line(None, Removed(mug, 1, 2400, clock.now() + timedelta(days=9)))

    await add_line(token, bowl, 1)
    assert [line.variant_id for line in (await read_cart(token)).groups[0].vendors[0].lines] == [mug, bowl]


async def test_nothing_is_said_to_be_back_when_it_is_not_in_the_cart(db: str) -> None:
    (mug,) = await make_product(await make_vendor())

    async with open_browser() as browser:
        page = await browser.get(f"/cart?restored={mug}")

    assert "Back in your cart" not in page.text


async def test_old_price_is_remembered_when_a_removal_is_undone(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), price=2400)
    token = await add_line(None, mug, 1)
    removed = await remove_line(token, mug)
    assert removed is not None
    await fetch("UPDATE variant SET price = 2600")

    await restore_line(token, removed)

    async with open_browser() as browser:
        page = await open_cart(browser, token)
    assert "The price changed from $24.00 to $26.00." in read_words(page)


async def test_second_undo_changes_nothing_when_pressed_twice(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 2)
    removed = await remove_line(token, mug)
    assert removed is not None

    await asyncio.gather(*(restore_line(token, removed) for _ in range(5)))

    assert await read_cart_lines(token) == {mug: 2}


async def test_undo_makes_a_new_cart_when_the_old_one_is_gone(db: str) -> None:
    (mug,) = await make_product(await make_vendor())

    token = await restore_line(None, Removed(mug, 2, 2400))

    assert await read_cart_lines(token) == {mug: 2}


async def test_undo_says_why_not_when_the_item_is_no_longer_sold(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 1)

    async with open_browser() as browser:
        form = read_form(await open_cart(browser, token), "/cart/remove")
        removed = await browser.post("/cart/remove", data=form)
        await fetch("UPDATE product SET published = false")
        page = await browser.post("/cart/restore", data=read_form(removed, "/cart/restore"))

    assert page.status_code == 422
    assert "This item is no longer for sale." in read_words(page)


@pytest.mark.parametrize("quantity", [0, -1, 100])
async def test_undo_is_refused_when_its_quantity_was_tampered_with(db: str, quantity: int) -> None:
    (mug,) = await make_product(await make_vendor())

    with pytest.raises(CartRefused):
        await restore_line(None, Removed(mug, quantity, 2400))


async def test_nothing_happens_when_the_item_was_removed_already(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 1)
    await remove_line(token, mug)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.post("/cart/remove", data={"variant": str(mug)})

    assert page.status_code == 200
    assert "Undo" not in page.text


async def test_other_carts_keep_theirs_when_one_removes(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    adas, ottos = await add_line(None, mug, 1), await add_line(None, mug, 3)

    await remove_line(ottos, mug)

    assert await read_cart_lines(adas) == {mug: 1}


@pytest.mark.parametrize(
    "query",
    [
        "removed=x&quantity=1&seen=100",
        "removed={mug}",
        "removed={mug}&quantity=0&seen=100",
        "removed={mug}&quantity=1&seen=-1",
        "removed={mug}&quantity=1&seen=100&at=99999999999999999",
        "removed=11111111-1111-4111-8111-111111111111&quantity=1&seen=100",
    ],
)
async def test_no_undo_is_offered_when_the_address_makes_no_sense(db: str, query: str) -> None:
    (mug,) = await make_product(await make_vendor())

    async with open_browser() as browser:
        page = await browser.get(f"/cart?{query.format(mug=mug)}")

    assert page.status_code == 200
    assert "Undo" not in page.text


async def test_no_undo_is_offered_when_the_item_is_in_the_cart_again(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 1)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.get(f"/cart?removed={mug}&quantity=1&seen=2400")

    assert "Undo" not in page.text
    assert await fetch_value("SELECT count(*) FROM cart_line") == 1
