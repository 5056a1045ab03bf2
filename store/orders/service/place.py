"""Place an order: freeze what the buyer agreed to, hold its stock and its use of a code.

The order holds both from here until its payment is confirmed or seen to be over.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from store.cart.queries import CheckoutGroup
from store.catalogue.service import hold_stock
from store.kit import clock
from store.kit.db import fetch_row, savepoint
from store.kit.ids import new_id, new_readable, new_token
from store.orders.service.record import hold_ref, note
from store.orders.states import OPEN, PaymentState
from store.orders.tables import Order, OrderLine, VendorOrder
from store.promotions.service import hold_use

NUMBER_LENGTH = 5
NUMBER_TRIES = 5


class Contact(Struct, frozen=True):
    """Who buys and where it goes."""

    email: str
    full_name: str
    address_line1: str
    address_line2: str
    city: str
    region: str
    postcode: str
    country: str


def hash_snapshot(group: CheckoutGroup, contact: Contact) -> str:
    """One hash over everything the order would freeze: same hash, same order."""
    facts = (group.key, group.goods_hash, *(getattr(contact, name) for name in contact.__struct_fields__))
    return hashlib.sha256(repr(facts).encode()).hexdigest()


async def place_order(
    group: CheckoutGroup,
    contact: Contact,
    *,
    cart_id: UUID,
    form_id: str,
    hold_until: datetime,
    person_id: UUID | None = None,
) -> dict[str, Any]:
    """Freeze lines, prices, discount, shares, fee and address; hold stock and code. Returns the order's row.

    The total may be zero, by a code. Raises SoldOut when something is short by now, CodeRefused when the code has no
    use left (the transaction must roll back), ValueError for a blocked or empty group.
    """
    if group.blocked or not group.subtotal:
        raise ValueError(f"group {group.key} cannot be ordered: {group.blocked or 'it is empty'}")
    row = await _insert_order(
        id=new_id(),
        token=new_token(),
        cart_id=cart_id,
        person=person_id,
        form_id=form_id,
        group_key=group.key,
        goods_hash=group.goods_hash,
        snapshot_hash=hash_snapshot(group, contact),
        charge_type=group.charge_type,
        currency=group.currency,
        subtotal=group.subtotal,
        delivery=group.delivery,
        discount=group.discount,
        promo_code=group.code,
        total=group.total,
        fee=sum(vendor.fee for vendor in group.vendors),
        hold_until=hold_until,
        placed_at=clock.now(),
        **{name: getattr(contact, name) for name in contact.__struct_fields__},
    )
    for vendor in group.vendors:
        part = VendorOrder(
            order=row["id"],
            vendor=vendor.id,
            vendor_name=vendor.name,
            account_ref=vendor.account_ref or "",
            subtotal=vendor.subtotal,
            delivery=vendor.delivery,
            discount=vendor.discount,
            total=vendor.total,
            fee=vendor.fee,
            share=vendor.share,
            owed=vendor.owed,
        )
        await VendorOrder.insert(part)
        await OrderLine.insert(
            *(
                OrderLine(
                    order=row["id"],
                    vendor_order=part.id,
                    variant=line.variant_id,
                    product_slug=line.product_slug,
                    title=line.title,
                    variant_label=line.variant_label,
                    art=line.art,
                    unit_price=line.unit_price,
                    quantity=line.quantity,
                    total=line.total,
                )
                for line in vendor.lines
            )
        )
    lines = [(line.variant_id, line.quantity) for vendor in group.vendors for line in vendor.lines]
    await hold_stock(lines, hold_ref(row["id"], 1), cart_id)
    if group.applied and group.discount:
        await hold_use(
            group.applied.id,
            row["id"],
            code=group.code,
            email=contact.email,
            holder=cart_id,
            amount=group.discount,
            currency=group.currency,
        )
    await note(row["id"], "Order placed; the items are held for you.", key="placed")
    return row


async def find_open_order(cart_id: UUID, group_key: str) -> dict[str, Any] | None:
    """The unpaid order of this cart and group, locked for the rest of the transaction."""
    row = await fetch_row(
        "SELECT * FROM orders WHERE cart_id = $1 AND group_key = $2 AND payment_state = ANY($3) FOR UPDATE",
        cart_id,
        group_key,
        list(OPEN),
    )
    return dict(row) if row else None


async def find_in_review(cart_id: UUID, form_id: str, snapshot_hash: str) -> dict[str, Any] | None:
    """The order of this cart for the same goods, or of the same form, whose money a person is looking at."""
    row = await fetch_row(
        "SELECT * FROM orders WHERE cart_id = $1 AND payment_state = $4 AND (form_id = $2 OR snapshot_hash = $3)",
        cart_id,
        form_id,
        snapshot_hash,
        PaymentState.NEEDS_REVIEW,
    )
    return dict(row) if row else None


async def _insert_order(**values: Any) -> dict[str, Any]:
    for _ in range(NUMBER_TRIES):
        number = f"OP-{new_readable(NUMBER_LENGTH)}"
        try:
            async with savepoint():
                order = Order(**values, number=number, descriptor=number)
                rows = await Order.insert(order).returning(*Order.all_columns())
        except asyncpg.UniqueViolationError as taken:
            if taken.constraint_name and "number" not in taken.constraint_name:
                raise
        else:
            return dict(rows[0])
    raise RuntimeError("no free order number in five tries: lengthen NUMBER_LENGTH")
