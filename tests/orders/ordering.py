"""Orders without a shop around them: vendors, carts and the verbs of orders, on the database alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from store.cart.queries import CheckoutGroup, read_group
from store.cart.service import add_line, lock_cart
from store.kit import clock
from store.kit.db import transaction
from store.orders.service import Contact, mark_over, place_order
from tests.shelves import make_product, make_vendor

CONTACT = Contact(
    email="ada@example.com",
    full_name="Ada Buyer",
    address_line1="1 Analytical Row",
    address_line2="",
    city="London",
    region="",
    postcode="N1 9GU",
    country="GB",
)
GROUP = "platform-USD"


async def fill_cart(*lines: tuple[UUID, int], token: str | None = None) -> str:
    """A cart with these (variant, quantity); returns its token."""
    for variant, quantity in lines:
        token = await add_line(token, variant, quantity)
    assert token is not None
    return token


async def find_group(token: str, key: str = GROUP) -> CheckoutGroup:
    """One checkout group of a cart."""
    group = await read_group(token, key)
    assert group is not None
    return group


async def place(token: str, key: str = GROUP, form_id: str = "form-0001") -> dict[str, Any]:
    """Ada's order of one group of this cart, as POST /checkout places it."""
    async with transaction():
        cart_id = await lock_cart(token)
        assert cart_id is not None
        return await place_order(
            await find_group(token, key),
            CONTACT,
            cart_id=cart_id,
            form_id=form_id,
            hold_until=clock.now() + timedelta(minutes=45),
        )


async def order_a_mug(quantity: int = 1, **vendor: Any) -> tuple[dict[str, Any], UUID]:
    """An order of one vendor's mugs at 24.00 and 6.00 delivery, ten in stock; returns it and the mug's variant."""
    (mug,) = await make_product(await make_vendor(**vendor))
    direct = vendor.get("charge_type") == "direct"
    return await place(await fill_cart((mug, quantity)), "direct-kiln-co" if direct else GROUP), mug


async def end(order: dict[str, Any]) -> bool:
    """The provider has said that the attempt is over."""
    async with transaction():
        return await mark_over(order["id"], text="Closed without payment.", door="sweep")
