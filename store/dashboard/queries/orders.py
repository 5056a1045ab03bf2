"""A vendor's orders: the list with its filters, one order with its own lines. All by the vendor's id.

A vendor sees an order when it is paid, and of it only what is its own: its lines, its share, its parcel.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.catalogue.queries.pictures import THUMB
from store.dashboard.queries.money import Money, read_money
from store.dashboard.queries.shared import contains
from store.kit.db import fetch, fetch_row
from store.orders.queries import OpenMessage, read_open_messages
from store.orders.words import name_country

PAGE_SIZE = 20
BATCH = 500
SHOWN = {"": "All", "to-ship": "To ship", "shipped": "Shipped", "delivered": "Delivered", "refunded": "Refunded"}
BACK = "orders.refunded + orders.refund_pending > 0"
WHOLLY_BACK = "orders.refunded + orders.refund_pending >= orders.total AND orders.total > 0"
CONDITIONS = {
    "": "true",
    "to-ship": f"fulfilment = 'to_ship' AND NOT ({WHOLLY_BACK})",
    "shipped": "fulfilment = 'shipped'",
    "delivered": "fulfilment = 'delivered'",
    "refunded": BACK,
}
# What the provider's page took off this part, and off this vendor's share.
OFF = """(SELECT coalesce(sum(amount), 0)::bigint FROM order_discount WHERE vendor_order = part.id)"""
OFF_SHARE = """(SELECT coalesce(sum(off_share), 0)::bigint FROM order_discount WHERE vendor_order = part.id)"""
OFF_FEE = """(SELECT coalesce(sum(off_fee), 0)::bigint FROM order_discount WHERE vendor_order = part.id)"""
# Of an order that others share in, what went back is theirs as well: its sums are shown to nobody.
ALONE = """NOT EXISTS (SELECT 1 FROM vendor_order AS other WHERE other."order" = orders.id AND other.id <> part.id)"""
PIECES = "(SELECT coalesce(sum(quantity), 0)::bigint FROM order_line WHERE vendor_order = part.id)"
FROM = """
FROM vendor_order AS part JOIN orders ON orders.id = part."order"
WHERE part.vendor = $1 AND orders.payment_state = 'paid'
"""
ONE = f"""
SELECT part.id, part."order", orders.number, orders.paid_at, orders.full_name, orders.email, orders.address_line1,
  orders.address_line2, orders.city, orders.region, orders.postcode, orders.country, orders.currency,
  orders.charge_type,
  orders.method, orders.total AS order_total, orders.refunded, orders.refund_pending, orders.promo_code,
  orders.provider, orders.disputed,
  part.subtotal, part.delivery, part.discount, part.total, part.fee, part.share, part.owed, part.fulfilment,
  part.carrier, part.tracking, part.shipped_at, part.delivered_at, part.account_ref, part.vendor,
  {OFF} AS off, {OFF_SHARE} AS off_share, {OFF_FEE} AS off_fee,
  (SELECT count(*) FROM vendor_order AS other WHERE other."order" = orders.id) AS parts,
  (SELECT json_agg(json_build_object('title', line.title, 'variant', line.variant_label, 'quantity', line.quantity,
      'unit_price', line.unit_price, 'total', line.total, 'art', line.art, 'sku', variant.sku, 'thumb', {THUMB},
      'product', product.id) ORDER BY line.title, line.id)::text
    FROM order_line AS line JOIN variant ON variant.id = line.variant JOIN product ON product.id = variant.product
    WHERE line.vendor_order = part.id) AS lines
{FROM} AND part.id = $2
"""  # noqa: S608 - constants


class Sold(Struct, frozen=True):
    """One order in the list; `total` is what this vendor's part cost the buyer, minor units."""

    id: UUID
    number: str
    paid_at: datetime
    full_name: str
    pieces: int
    total: int
    currency: str
    fulfilment: str
    back: str


class Found(Struct, frozen=True):
    """One page of the list; `counts` by filter."""

    orders: tuple[Sold, ...]
    counts: dict[str, int]
    total: int
    page: int
    pages: int


class Line(Struct, frozen=True):
    """One line of this vendor's part."""

    title: str
    variant: str
    quantity: int
    unit_price: int
    total: int
    art: str
    sku: str
    thumb: str
    product: UUID


class Part(Struct, frozen=True):
    """One order as its vendor sees it. `disputed`: what open disputes at `provider` are about, for the whole order."""

    id: UUID
    number: str
    paid_at: datetime
    full_name: str
    email: str
    address: tuple[str, ...]
    currency: str
    method: str
    subtotal: int
    delivery: int
    discount: int
    promo_code: str
    total: int
    fulfilment: str
    carrier: str
    tracking: str
    shipped_at: datetime | None
    delivered_at: datetime | None
    shared: bool
    refunded: int
    refund_pending: int
    order_total: int
    provider: str
    disputed: int
    lines: tuple[Line, ...]
    money: Money
    messages: tuple[OpenMessage, ...]

    @property
    def can_ship(self) -> bool:
        """Whether anything should still be sent."""
        return self.fulfilment == "to_ship" and not self.is_back

    @property
    def is_back(self) -> bool:
        """Whether the whole amount went back, or is on its way."""
        return self.refunded + self.refund_pending >= self.order_total > 0


async def list_orders(vendor_id: UUID, shown: str = "", query: str = "", page: int = 1) -> Found:
    """A page of a vendor's paid orders, newest first; `query` looks at numbers and names. Two queries."""
    counts = await _count(vendor_id, query)
    pages = max(1, -(-counts[shown] // PAGE_SIZE))
    page = page if page <= pages else 1
    rows = await fetch(
        f"SELECT part.id, orders.number, orders.paid_at, orders.full_name, part.total - {OFF} AS total,"
        f" orders.currency, part.fulfilment, {PIECES} AS pieces, orders.refunded, orders.refund_pending,"
        f" {WHOLLY_BACK} AS wholly {FROM} AND {CONDITIONS[shown]} AND {_matching('$2')}"
        f" ORDER BY orders.paid_at DESC, part.id LIMIT {PAGE_SIZE} OFFSET $3",
        vendor_id,
        contains(query),
        (page - 1) * PAGE_SIZE,
    )
    return Found(tuple(_sold(row) for row in rows), counts, counts[shown], page, pages)


async def read_part(vendor_id: UUID, part_id: UUID) -> Part | None:
    """One paid order of this vendor, with its money; None for any other. Five queries."""
    row = await fetch_row(ONE, vendor_id, part_id)
    if row is None:
        return None
    address = (row["full_name"], row["address_line1"], row["address_line2"], f"{row['postcode']} {row['city']}")
    named = ("id", "number", "paid_at", "full_name", "email", "currency", "method", "subtotal", "delivery")
    more = ("promo_code", "fulfilment", "carrier", "tracking", "shipped_at", "delivered_at")
    counted = ("refunded", "refund_pending", "order_total", "provider", "disputed")
    return Part(
        **{name: row[name] for name in (*named, *more, *counted)},
        address=tuple(line for line in (*address, row["region"], name_country(row["country"])) if line.strip()),
        discount=row["discount"] + row["off"],
        total=row["total"] - row["off"],
        shared=row["parts"] > 1,
        lines=tuple(Line(**{**line, "product": UUID(line["product"])}) for line in json.loads(row["lines"] or "[]")),
        money=await read_money(row),
        messages=await read_open_messages(vendor_id, part_id),
    )


async def stream_orders(vendor_id: UUID, shown: str = "") -> AsyncIterator[list[dict[str, Any]]]:
    """Every paid order of a vendor, newest first, in batches: no more than one is ever held."""
    last: tuple[datetime, UUID] | None = None
    while True:
        after = "AND (orders.paid_at, part.id) < ($2, $3)" if last else ""
        rows = await fetch(
            f"SELECT part.id, orders.number, orders.paid_at, orders.full_name, orders.country, orders.currency,"
            f" {PIECES} AS pieces, part.subtotal, part.delivery, part.discount + {OFF} AS discount,"
            f" part.total - {OFF} AS total, part.fee - {OFF_FEE} AS fee, part.share - {OFF_SHARE} AS share,"
            " part.fulfilment, part.carrier, part.tracking, part.shipped_at,"
            f" CASE WHEN {ALONE} THEN orders.refunded END AS refunded"
            f" {FROM} AND {CONDITIONS[shown]} {after} ORDER BY orders.paid_at DESC, part.id DESC LIMIT {BATCH}",
            vendor_id,
            *(last or ()),
        )
        if not rows:
            return
        yield [dict(row) for row in rows]
        last = (rows[-1]["paid_at"], rows[-1]["id"])


async def _count(vendor_id: UUID, query: str) -> dict[str, int]:
    sums = ", ".join(f"count(*) FILTER (WHERE {rule})" for rule in CONDITIONS.values())
    row = await fetch_row(f"SELECT {sums} {FROM} AND {_matching('$2')}", vendor_id, contains(query))
    assert row is not None
    return dict(zip(CONDITIONS, row.values(), strict=True))


def _matching(place: str) -> str:
    return f"({place} = '%%' OR orders.number ILIKE {place} OR orders.full_name ILIKE {place})"


def _sold(row: Any) -> Sold:
    plain = {name: row[name] for name in ("id", "number", "paid_at", "full_name", "total", "currency", "fulfilment")}
    went_back = row["refunded"] + row["refund_pending"] > 0
    back = "Refunded" if row["wholly"] else "Partly refunded" if went_back else ""
    return Sold(**plain, pieces=row["pieces"], back=back)
