"""Changing a quantity in the cart."""

import pytest

from store.cart.service import add_line, change_line
from store.kit.db import fetch, fetch_value
from store.kit.errors import NotFound
from tests.shelves import make_product, make_vendor, open_browser, read_cart_lines, read_words


async def test_quantity_and_total_change_when_updated(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), price=2400)
    token = await add_line(None, mug, 1)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.post("/cart/change", data={"variant": str(mug), "quantity": "3"})

    assert page.history[0].status_code == 303
    assert page.url.path == "/cart"
    assert await read_cart_lines(token) == {mug: 3}
    assert "$72.00" in read_words(page)


@pytest.mark.parametrize("quantity", ["-1", "0", "0.5", "1000000000", "", "abc"])
async def test_quantity_is_refused_beside_its_line_when_tampered_with(db: str, quantity: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 2)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.post("/cart/change", data={"variant": str(mug), "quantity": quantity})

    assert page.status_code == 422
    assert read_words(page).count("from 1 to 99") == 2
    assert f'value="{quantity}"' in page.text
    assert 'aria-invalid="true"' in page.text
    assert f'href="#quantity-{mug}"' in page.text
    assert await read_cart_lines(token) == {mug: 2}


async def test_more_than_there_are_is_refused_when_updating(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=2)
    token = await add_line(None, mug, 1)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.post("/cart/change", data={"variant": str(mug), "quantity": "9"})

    assert page.status_code == 422
    assert "There are only 2 of these left. Choose a smaller quantity." in read_words(page)
    assert await read_cart_lines(token) == {mug: 1}


async def test_smaller_quantity_is_taken_when_stock_fell_below_the_old_one(db: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor, stock=9)
    token = await add_line(None, mug, 9)
    await fetch("INSERT INTO stock_move (variant, kind, quantity, ref) VALUES ($1, 'hold', 5, 'other')", mug)

    await change_line(token, mug, 4)

    assert await read_cart_lines(token) == {mug: 4}


@pytest.mark.parametrize("known", [True, False])
async def test_line_is_not_found_when_it_is_gone_or_in_another_cart(db: str, known: bool) -> None:
    mug, bowl = await make_product(await make_vendor(), variants=(("Mug", 100, 5), ("Bowl", 100, 5)))
    adas = await add_line(None, mug, 1)
    ottos = await add_line(None, bowl, 1)

    with pytest.raises(NotFound):
        await change_line(ottos if known else "unknown", mug, 2)

    assert await read_cart_lines(adas) == {mug: 1}
    assert await fetch_value("SELECT count(*) FROM cart") == 2
