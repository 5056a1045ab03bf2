"""Orders as pages read them: the page, and the one small row the poll reads.

Neither reads anything above orders: who was paid and how is in the timeline's words.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from msgspec import Struct

from store.catalogue.queries.pictures import THUMB
from store.gateways.port import NAMES, PAYPAL
from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.orders.states import PAYABLE, STOPPED, PaymentState
from store.orders.words import SLOW_AFTER, Facts, describe, name_country, poll_interval

FACTS = """
SELECT orders.*,
  (SELECT string_agg(part.vendor_name, '|' ORDER BY part.vendor_name) FROM vendor_order AS part
    WHERE part."order" = orders.id) AS sellers,
  (SELECT json_agg(json_build_object('at', event.at, 'text', event.text, 'door', event.door, 'key', event.key)
    ORDER BY event.id)::text
    FROM order_event AS event WHERE event."order" = orders.id) AS timeline,
  (SELECT json_agg(json_build_array(given.code, given.amount))::text FROM (SELECT code, sum(amount)::bigint AS amount
    FROM order_discount AS given WHERE given."order" = orders.id GROUP BY code) AS given) AS page_discounts
FROM orders
"""
STATUS = f"{FACTS} WHERE token = $1"
PARTS = f"""
SELECT part.vendor_name, vendor.slug, vendor.ink, vendor.email, part.subtotal, part.delivery, part.total,
  part.fulfilment, part.carrier, part.tracking,
  (SELECT json_agg(json_build_object('title', line.title, 'variant', line.variant_label, 'slug', line.product_slug,
     'art', line.art, 'thumb', {THUMB}, 'quantity', line.quantity, 'unit_price', line.unit_price, 'total', line.total)
     ORDER BY line.title, line.id)::text
   FROM order_line AS line JOIN variant ON variant.id = line.variant JOIN product ON product.id = variant.product
   WHERE line.vendor_order = part.id) AS lines
FROM vendor_order AS part JOIN vendor ON vendor.id = part.vendor
WHERE part."order" = $1 ORDER BY part.vendor_name
"""  # noqa: S608 - a constant


class TimelineEntry(Struct, frozen=True):
    """What happened, when (UTC) and by which door."""

    at: datetime
    text: str
    door: str


class StatusView(Struct, frozen=True):
    """The polled region. `interval`: milliseconds until the next poll, None when the page stops asking.

    Whole milliseconds, because htmx 4.0.1 reads "2.0s" as 2 ms.
    """

    token: str
    number: str
    state: str
    label: str
    sentence: str
    tone: str
    terminal: bool
    interval: int | None
    slow: bool
    can_check: bool
    can_pay: bool
    pay_label: str
    can_cancel: bool
    rebuild_cart: bool
    paid_at: datetime | None
    timeline: tuple[TimelineEntry, ...]
    etag: str
    at_paypal: bool = False


class OrderLineView(Struct, frozen=True):
    """One line, amounts in minor units."""

    title: str
    variant: str
    slug: str
    art: str
    quantity: int
    unit_price: int
    total: int
    thumb: str = ""


class VendorPart(Struct, frozen=True):
    """One vendor's part of the order; `carrier` and `tracking` once it was sent, as far as the vendor said."""

    name: str
    slug: str
    ink: str
    email: str
    subtotal: int
    delivery: int
    total: int
    fulfilment: str
    lines: tuple[OrderLineView, ...]
    carrier: str = ""
    tracking: str = ""


class OrderPage(Struct, frozen=True):
    """The whole page; `review_reason` is for the operator and is not shown to the buyer.

    `discounts` are (code, minor units): ours and one of the provider's page; `total` is what is left to pay.
    """

    title: str
    number: str
    token: str
    placed_at: datetime
    email: str
    full_name: str
    address: tuple[str, ...]
    currency: str
    subtotal: int
    delivery: int
    total: int
    refunded: int
    method: str
    descriptor: str
    vendors: tuple[VendorPart, ...]
    status: StatusView
    discounts: tuple[tuple[str, int], ...] = ()


async def read_status(token: str, poll_scale: float = 1.0) -> StatusView | None:
    """What the poll shows, in one query; None for a token that opens nothing."""
    row = await fetch_row(STATUS, token)
    return status_view(dict(row), poll_scale) if row else None


async def read_order_page(token: str, poll_scale: float = 1.0) -> OrderPage | None:
    """The page of one order, in two queries; None for a token that opens nothing."""
    row = await fetch_row(STATUS, token)
    if row is None:
        return None
    status = status_view(dict(row), poll_scale)
    discounts = list_discounts(dict(row))
    address = (row["full_name"], row["address_line1"], row["address_line2"])
    return OrderPage(
        title=f"{status.label} - Order {row['number']}",
        number=row["number"],
        token=row["token"],
        placed_at=row["placed_at"],
        email=row["email"],
        full_name=row["full_name"],
        address=tuple(
            line
            for line in (*address, f"{row['postcode']} {row['city']}", row["region"], name_country(row["country"]))
            if line.strip()
        ),
        currency=row["currency"],
        subtotal=row["subtotal"],
        delivery=row["delivery"],
        total=amount_due(row),
        refunded=row["refunded"],
        method=row["method"],
        descriptor=row["descriptor"],
        vendors=tuple(_vendor_part(dict(part)) for part in await fetch(PARTS, row["id"])),
        status=status,
        discounts=discounts,
    )


def list_discounts(row: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """(code, minor units) of each discount of an order, its own first."""
    own = [(row["promo_code"], row["discount"])] if row["discount"] else []
    return (*own, *((code, amount) for code, amount in json.loads(row["page_discounts"] or "[]")))


def status_view(row: dict[str, Any], poll_scale: float) -> StatusView:
    """Turn one row of STATUS into the view; the ETag covers whatever changes the fragment."""
    timeline = json.loads(row["timeline"] or "[]")
    words = describe(
        Facts(
            payment_state=row["payment_state"],
            currency=row["currency"],
            total=amount_due(row),
            refunded=row["refunded"],
            refund_pending=row["refund_pending"],
            refunded_at=row["refunded_at"],
            provider=row["provider"],
            method=row["method"],
            failure_reason=row["failure_reason"],
            sellers=" and ".join((row["sellers"] or "").split("|")),
            cancel_requested=row["cancel_requested"],
            came_back=row["returned_at"] is not None,
            hold_until=row["hold_until"],
            checked_by_person=bool(row["review_reason"]),
            disputed=row["disputed"],
            confirming=row["confirming"],
            stopped=next((event["text"] for event in timeline if event["key"] == STOPPED), ""),
        )
    )
    # When the time to pay is over the end is a moment away: whoever looks then waits anew.
    now, begun = clock.now(), row["checked_at"] or row["placed_at"]
    age = now - (max(begun, row["hold_until"]) if row["hold_until"] <= now else begun)
    seconds = poll_interval(age) if words.waits else None
    asked = row["refund_pending"] or row["cancel_requested"] or row["confirming"]
    payable = row["payment_state"] in PAYABLE and not asked
    # Who was declined, or is wanted once more, has to do something: nothing takes its time.
    slow = words.waits and age > SLOW_AFTER and not row["failure_reason"]
    seed = (row["version"], words.state, seconds, slow, poll_scale)
    return StatusView(
        token=row["token"],
        number=row["number"],
        state=words.state,
        label=words.label,
        sentence=words.sentence,
        tone=words.tone,
        terminal=not words.waits,
        interval=max(1, round(seconds * 1000 * poll_scale)) if seconds is not None else None,
        slow=slow,
        can_check=words.waits,
        can_pay=payable,
        at_paypal=row["provider"] == NAMES[PAYPAL],
        pay_label="Try again" if row["payment_state"] == PaymentState.FAILED else "Return to payment",
        can_cancel=payable,
        rebuild_cart=row["payment_state"] in (PaymentState.EXPIRED, PaymentState.CANCELED, PaymentState.FAILED),
        paid_at=row["paid_at"],
        timeline=tuple(TimelineEntry(datetime.fromisoformat(e["at"]), e["text"], e["door"]) for e in timeline),
        etag=hashlib.sha256(repr(seed).encode()).hexdigest()[:20],
    )


def amount_due(row: Any) -> int:
    """What the order costs after a discount that the provider's page gave besides."""
    off: int = sum(amount for _, amount in json.loads(row.get("page_discounts") or "[]"))
    return int(row["total"]) - off


def _vendor_part(row: dict[str, Any]) -> VendorPart:
    return VendorPart(
        name=row["vendor_name"],
        slug=row["slug"],
        ink=row["ink"],
        email=row["email"],
        subtotal=row["subtotal"],
        delivery=row["delivery"],
        total=row["total"],
        fulfilment=row["fulfilment"],
        lines=tuple(OrderLineView(**line) for line in json.loads(row["lines"] or "[]")),
        carrier=row["carrier"],
        tracking=row["tracking"],
    )
