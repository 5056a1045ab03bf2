"""The orders of an account, found when they are asked for: those it placed, and those of its verified address.

So an order that was placed as a guest belongs to the account as soon as the address is proved, and nothing is moved.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from msgspec import Struct

from store.accounts.queries import Person
from store.kit.db import fetch, fetch_value
from store.orders.finished import OVER, SETTLED
from store.orders.queries.page import FACTS, amount_due, status_view

PAGE_SIZE = 20
OWN = "(orders.person = $1 OR $3 AND lower(orders.email) = lower($2))"
EXPORT = f"""
SELECT number, placed_at, paid_at, payment_state, email, full_name, address_line1, address_line2, city, region,
  postcode, country, currency, subtotal, delivery, discount, promo_code, total, refunded, method,
  (SELECT json_agg(json_build_object('seller', part.vendor_name, 'total', part.total, 'fulfilment', part.fulfilment,
     'lines', (SELECT json_agg(json_build_object('title', line.title, 'variant', line.variant_label, 'quantity',
        line.quantity, 'unit_price', line.unit_price, 'total', line.total) ORDER BY line.title, line.id)
       FROM order_line AS line WHERE line.vendor_order = part.id),
     'messages', (SELECT coalesce(json_agg(json_build_object('at', message.created_at, 'kind', message.kind, 'text',
        message.text) ORDER BY message.created_at), '[]') FROM order_message AS message
       WHERE message.vendor_order = part.id)) ORDER BY part.vendor_name)::text
   FROM vendor_order AS part WHERE part."order" = orders.id) AS parts
FROM orders WHERE {OWN} ORDER BY placed_at, id
"""  # noqa: S608 - a constant


class OwnOrder(Struct, frozen=True):
    """One line of the list; `total` in minor units of `currency`, `label` and `tone` as on the order's page."""

    number: str
    token: str
    placed_at: datetime
    sellers: str
    label: str
    tone: str
    currency: str
    total: int


class OwnOrders(Struct, frozen=True):
    """One page of an account's orders, newest first; `verified`: guest orders of its address are among them."""

    orders: tuple[OwnOrder, ...]
    count: int
    page: int
    pages: int
    verified: bool
    email: str


async def list_orders(person: Person, number: int = 1) -> OwnOrders:
    """Page `number` of this person's orders, the last one when there are fewer."""
    own = (person.id, person.email, person.verified)
    count: int = await fetch_value(f"SELECT count(*) FROM orders WHERE {OWN}", *own)  # noqa: S608 - a constant
    pages = max(1, -(-count // PAGE_SIZE))
    number = min(number, pages)
    rows = await fetch(
        f"{FACTS} WHERE {OWN} ORDER BY placed_at DESC, id LIMIT $4 OFFSET $5", *own, PAGE_SIZE, (number - 1) * PAGE_SIZE
    )
    return OwnOrders(tuple(_line(dict(row)) for row in rows), count, number, pages, person.verified, person.email)


async def export_orders(person: Person) -> list[dict[str, Any]]:
    """All that the shop keeps of these orders, oldest first; amounts in minor units."""
    rows = await fetch(EXPORT, person.id, person.email, person.verified)
    return [{**dict(row), "parts": json.loads(row["parts"] or "[]")} for row in rows]


async def list_unfinished(person: Person) -> tuple[str, ...]:
    """The numbers of this person's orders that are not paid, sent or given back yet."""
    rows = await fetch(
        f"SELECT number FROM orders WHERE {OWN} AND NOT ({OVER} OR {SETTLED}) ORDER BY placed_at",  # noqa: S608
        person.id,
        person.email,
        person.verified,
    )
    return tuple(row["number"] for row in rows)


def _line(row: dict[str, Any]) -> OwnOrder:
    status = status_view(row, 1.0)
    return OwnOrder(
        number=row["number"],
        token=row["token"],
        placed_at=row["placed_at"],
        sellers=(row["sellers"] or "").replace("|", ", "),
        label=status.label,
        tone=status.tone,
        currency=row["currency"],
        total=amount_due(row),
    )
