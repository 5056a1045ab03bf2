"""What an order needs of a cart: a lock, and that only what was bought leaves."""

import asyncio

from store.cart.queries import read_group
from store.cart.service import add_line, lock_cart, remove_bought
from store.kit.db import fetch_value, transaction
from tests.shelves import make_product, make_vendor, read_cart_lines


async def test_only_what_was_bought_leaves_when_more_was_added_since(db: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor, "mug")
    (bowl,) = await make_product(vendor, "bowl")
    (pen,) = await make_product(vendor, "pen")
    token = None
    for variant, quantity in ((mug, 3), (bowl, 1), (pen, 1)):
        token = await add_line(token, variant, quantity)
    cart_id = await fetch_value("SELECT id FROM cart")

    await remove_bought(cart_id, [(mug, 2), (bowl, 1)])

    assert await read_cart_lines(token) == {mug: 1, pen: 1}


async def test_nothing_breaks_when_the_line_was_removed_meanwhile(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 1)
    cart_id = await lock_cart(token)
    assert cart_id is not None
    await remove_bought(cart_id, [(mug, 1)])

    await remove_bought(cart_id, [(mug, 1)])

    assert await read_cart_lines(token) == {}


async def test_no_cart_is_locked_when_the_token_is_unknown(db: str) -> None:
    assert await lock_cart("nobody's") is None


async def test_second_tab_waits_when_the_first_has_locked_the_cart(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    token = await add_line(None, mug, 1)
    order: list[str] = []
    locked = asyncio.Event()

    async def first() -> None:
        async with transaction():
            await lock_cart(token)
            locked.set()
            for _ in range(20):
                await fetch_value("SELECT 1")
            order.append("first")

    async def second() -> None:
        await locked.wait()
        async with transaction():
            await lock_cart(token)
            order.append("second")

    await asyncio.gather(first(), second())

    assert order == ["first", "second"]


async def test_group_is_found_by_its_key_when_it_is_in_the_cart(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), price=2400)
    token = await add_line(None, mug, 2)

    group = await read_group(token, "platform-USD")

    assert group is not None
    assert group.total == 5400
    assert group.vendors[0].account_ref == "acct_kiln-co"
    assert await read_group(token, "direct-kiln-co") is None
    assert await read_group(None, "platform-USD") is None
