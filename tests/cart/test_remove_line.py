"""Taking something out of the cart, and Undo."""

import asyncio

import httpx
import pytest

from store.cart.service import CartRefused, Removed, add_line, remove_line, restore_line
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
