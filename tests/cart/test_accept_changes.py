"""What changed since it was put into the cart: shown, and taken over by a button only."""

import httpx
import pytest

from store.cart.queries import read_cart
from store.cart.service import Accepted, accept_changes, add_line
from store.catalogue.service import hold_stock
from store.kit.db import fetch, fetch_value
from tests.shelves import make_product, make_vendor, open_browser, read_cart_lines, read_form, read_words


async def open_cart(browser: httpx.AsyncClient, token: str) -> httpx.Response:
    browser.cookies["cart"] = token
    return await browser.get("/cart")


async def test_new_price_is_shown_and_blocks_when_it_changed(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), price=2400)
    token = await add_line(None, mug, 2)
    await fetch("UPDATE variant SET price = 2600")

    async with open_browser() as browser:
        page = await open_cart(browser, token)

    words = read_words(page)
    assert "The price changed from $24.00 to $26.00." in words
    assert "Total after the changes $58.00" in words
    assert "Accept the changes" in words
    assert "Checkout" not in words
    assert await fetch_value("SELECT seen_price FROM cart_line") == 2400


async def test_checkout_is_open_again_when_the_new_price_was_accepted(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), price=2400)
    token = await add_line(None, mug, 2)
    await fetch("UPDATE variant SET price = 2600")

    async with open_browser() as browser:
        form = read_form(await open_cart(browser, token), "/cart/accept")
        page = await browser.post("/cart/accept", data=form)

    assert page.history[0].status_code == 303
    assert "The price changed" not in read_words(page)
    assert "Checkout" in read_words(page)
    assert (await read_cart(token)).groups[0].total == 5800


async def test_fewer_pieces_are_shown_then_accepted_when_stock_fell(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=5)
    token = await add_line(None, mug, 5)
    await hold_stock([(mug, 3)], "somebody-else")

    async with open_browser() as browser:
        page = await open_cart(browser, token)
        before = await read_cart_lines(token)
        await browser.post("/cart/accept", data=read_form(page, "/cart/accept"))

    assert "Only 2 left: you wanted 5." in read_words(page)
    assert before == {mug: 5}
    assert await read_cart_lines(token) == {mug: 2}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE product SET published = false WHERE slug = 'mug'", "This is no longer for sale."),
        ("UPDATE variant SET published = false WHERE sku = 'MUG-0'", "This is no longer for sale."),
        (
            "INSERT INTO stock_move (variant, kind, quantity, ref)"
            " SELECT id, 'hold', 10, 'other' FROM variant WHERE sku = 'MUG-0'",
            "This has sold out.",
        ),
    ],
)
async def test_missing_item_is_shown_then_leaves_when_accepted(db: str, change: str, words: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor, "mug")
    (bowl,) = await make_product(vendor, "bowl", price=3400)
    token = await add_line(await add_line(None, mug, 1), bowl, 1)
    await fetch(change)

    async with open_browser() as browser:
        page = await open_cart(browser, token)
        kept = await read_cart_lines(token)
        after = await browser.post("/cart/accept", data=read_form(page, "/cart/accept"))

    assert words in read_words(page)
    assert "Not counted" in read_words(page)
    assert "Total after the changes $40.00" in read_words(page)
    assert set(kept) == {mug, bowl}
    assert await read_cart_lines(token) == {bowl: 1}
    assert "Total $40.00" in read_words(after)


async def test_part_offers_removal_and_no_total_when_nothing_of_it_is_left(db: str) -> None:
    kiln, lumen = await make_vendor("kiln-co"), await make_vendor("lumen-works", charge_type="direct")
    (mug,) = await make_product(kiln, "mug", price=2400)
    token = await add_line(None, mug, 1)
    for slug in ("lamp", "sconce"):
        token = await add_line(token, (await make_product(lumen, slug))[0], 1)
    await fetch("UPDATE product SET published = false WHERE slug <> 'mug'")

    async with open_browser() as browser:
        page = await open_cart(browser, token)
        after = await browser.post("/cart/accept", data=read_form(page, "/cart/accept"))

    words = read_words(page)
    assert "No longer available" in words
    assert "Nothing of this can be bought any more" in words
    assert "Remove them all" in words
    assert "Accept the changes" not in words
    assert "$0.00" not in words
    # What is left is one payment: no counting of payments, no reason for being apart.
    assert "Your items" in words
    assert "Payment 1" not in words
    assert "paid separately" not in words
    assert await read_cart_lines(token) == {mug: 1}
    assert "No longer available" not in read_words(after)


async def test_one_thing_that_is_gone_speaks_for_itself_when_it_is_alone(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), "mug")
    token = await add_line(None, mug, 1)
    await fetch("UPDATE product SET published = false")

    async with open_browser() as browser:
        page = await open_cart(browser, token)

    words = read_words(page)
    assert "No longer available Kiln Co Kiln Co Mug $24.00 each This is no longer for sale. Remove Mug" in words
    for idle in ("/cart/accept", "/checkout", "$0.00", "Total", "Not counted"):
        assert idle not in page.text


async def test_vendor_without_anything_left_costs_no_delivery_when_others_sell(db: str) -> None:
    kiln, north = await make_vendor("kiln-co"), await make_vendor("north-bindery")
    (mug,) = await make_product(kiln, "mug")
    (pad,) = await make_product(north, "pad")
    token = await add_line(await add_line(None, mug, 1), pad, 1)
    await fetch("UPDATE product SET published = false WHERE slug = 'pad'")

    async with open_browser() as browser:
        words = read_words(await open_cart(browser, token))

    assert "Delivery by Kiln Co $6.00" in words
    assert "Delivery by North Bindery" not in words


async def test_later_change_is_shown_again_when_an_earlier_one_was_accepted(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), price=2400)
    token = await add_line(None, mug, 1)
    await fetch("UPDATE variant SET price = 2600")

    async with open_browser() as browser:
        form = read_form(await open_cart(browser, token), "/cart/accept")
        await fetch("UPDATE variant SET price = 9900")
        page = await browser.post("/cart/accept", data=form)

    assert "The price changed from $26.00 to $99.00." in read_words(page)
    assert "Checkout" not in read_words(page)
    assert (await read_cart(token)).groups[0].blocked


async def test_accepting_adds_no_pieces_when_the_form_was_tampered_with(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=50)
    token = await add_line(None, mug, 2)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        await browser.post("/cart/accept", data={"seen": f"{mug}:1:50"})
        page = await browser.get("/cart")

    assert await read_cart_lines(token) == {mug: 2}
    assert "The price changed from $0.01 to $24.00." in read_words(page)


@pytest.mark.parametrize("seen", ["x", "{mug}", "{mug}:1", "{mug}:-1:1", "{mug}:1:100", "{mug}:٣:1", "-" * 36 + ":1:1"])
async def test_damaged_form_changes_nothing_when_accepting(db: str, seen: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 2)

    async with open_browser() as browser:
        browser.cookies["cart"] = token
        page = await browser.post("/cart/accept", data={"seen": seen.format(mug=mug)})

    assert page.status_code == 400
    assert await read_cart_lines(token) == {mug: 2}


async def test_other_carts_keep_theirs_when_one_accepts(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    adas, ottos = await add_line(None, mug, 2), await add_line(None, mug, 2)

    await accept_changes(ottos, [Accepted(mug, 1, 0)])

    assert await read_cart_lines(adas) == {mug: 2}
    assert await read_cart_lines(ottos) == {}


async def test_other_groups_can_be_checked_out_when_one_has_changed(db: str) -> None:
    kiln = await make_vendor("kiln-co")
    lumen = await make_vendor("lumen-works", charge_type="direct")
    (mug,) = await make_product(kiln, "mug")
    (lamp,) = await make_product(lumen, "lamp")
    token = await add_line(await add_line(None, mug, 1), lamp, 1)
    await fetch("UPDATE variant SET price = 9999 WHERE sku = 'MUG-0'")

    async with open_browser() as browser:
        page = await open_cart(browser, token)

    assert read_form(page, "/checkout") == {"group": "direct-lumen-works"}
    assert read_form(page, "/cart/accept")["seen"] == f"{mug}:9999:1"


async def test_vendor_who_cannot_be_paid_stands_apart_when_others_can(db: str) -> None:
    kiln, hearthside = await make_vendor("kiln-co"), await make_vendor("hearthside")
    (mug,) = await make_product(kiln, "mug")
    (candle,) = await make_product(hearthside, "candle")
    token = await add_line(await add_line(None, mug, 1), candle, 1)
    await fetch("UPDATE vendor SET state = 'restricted' WHERE slug = 'hearthside'")

    async with open_browser() as browser:
        page = await open_cart(browser, token)

    words = read_words(page)
    assert "Hearthside cannot take payments at the moment." in words
    assert "You can leave these things here and check out the rest." in words
    assert "Accept the changes" not in words
    assert read_form(page, "/checkout") == {"group": "platform-USD"}
    assert page.text.count('action="/checkout"') == 1


async def test_accepting_is_not_found_when_the_cart_is_gone(db: str) -> None:
    async with open_browser() as browser:
        page = await browser.post("/cart/accept", data={"seen": ""})

    assert page.status_code == 404
