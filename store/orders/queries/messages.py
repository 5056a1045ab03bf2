"""What buyers wrote to sellers: the page on which they write, and a seller's open tasks."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit.db import fetch, fetch_row
from store.orders.states import MessageKind, PaymentState
from store.orders.words import REASONS

ASK = """
SELECT orders.id, orders.number, orders.token, orders.email, orders.payment_state,
  orders.refunded + orders.refund_pending >= orders.total
    - (SELECT coalesce(sum(amount), 0) FROM order_discount WHERE "order" = orders.id) AS given_back,
  (SELECT json_agg(json_build_object('id', part.id, 'name', part.vendor_name, 'slug', vendor.slug)
     ORDER BY part.vendor_name)::text
   FROM vendor_order AS part JOIN vendor ON vendor.id = part.vendor WHERE part."order" = orders.id) AS sellers,
  (SELECT json_agg(json_build_object('seller', part.vendor_name, 'kind', message.kind, 'reason', message.reason,
     'text', message.text, 'at', message.created_at, 'done', message.done_at IS NOT NULL)
     ORDER BY message.created_at)::text
   FROM order_message AS message JOIN vendor_order AS part ON part.id = message.vendor_order
   WHERE part."order" = orders.id) AS messages
FROM orders WHERE token = $1
"""
OPEN = """
SELECT message.id, message.kind, message.reason, message.text, message.created_at, orders.number, part.id AS part_id,
  orders.full_name, orders.email
FROM order_message AS message JOIN vendor_order AS part ON part.id = message.vendor_order
JOIN orders ON orders.id = part."order"
WHERE part.vendor = $1 AND part.id = coalesce($3, part.id) AND message.done_at IS NULL
ORDER BY message.created_at, message.id LIMIT $2
"""
MOST_OPEN = 100


class AskSeller(Struct, frozen=True):
    """A seller who can be written to; `id` is its part of the order."""

    id: str
    name: str
    slug: str


class SentMessage(Struct, frozen=True):
    """What was written before; `reason` in words, "" for a question."""

    seller: str
    reason: str
    text: str
    at: datetime
    done: bool


UNPAID = "This order is not paid, so no seller knows of it yet."
NOBODY = "The account of this order was deleted, so no answer could reach you."


class AskPage(Struct, frozen=True):
    """Who can be written to about this order; `closed` says why nobody can, "" when somebody can."""

    order_id: UUID
    number: str
    token: str
    email: str
    closed: str
    may_ask_refund: bool
    sellers: tuple[AskSeller, ...]
    messages: tuple[SentMessage, ...]


class OpenMessage(Struct, frozen=True):
    """A task of one seller; `part_id` is the seller's part of the order."""

    id: UUID
    part_id: UUID
    number: str
    refund: bool
    reason: str
    text: str
    name: str
    email: str
    at: datetime


async def read_ask_page(token: str) -> AskPage | None:
    """The page of one order's messages, in one query; None for a token that opens nothing."""
    row = await fetch_row(ASK, token)
    if row is None:
        return None
    paid = row["payment_state"] == PaymentState.PAID
    return AskPage(
        order_id=row["id"],
        number=row["number"],
        token=row["token"],
        email=row["email"],
        closed=UNPAID if not paid else "" if row["email"] else NOBODY,
        may_ask_refund=not row["given_back"],
        sellers=tuple(AskSeller(**seller) for seller in json.loads(row["sellers"] or "[]")),
        messages=tuple(
            SentMessage(
                seller=sent["seller"],
                reason=REASONS.get(sent["reason"], ""),
                text=sent["text"],
                at=datetime.fromisoformat(sent["at"]),
                done=sent["done"],
            )
            for sent in json.loads(row["messages"] or "[]")
        ),
    )


async def read_open_messages(vendor_id: UUID, part_id: UUID | None = None) -> tuple[OpenMessage, ...]:
    """What buyers wait for an answer to, oldest first, `MOST_OPEN` at most; with `part_id` those of one order."""
    return tuple(
        OpenMessage(
            id=row["id"],
            part_id=row["part_id"],
            number=row["number"],
            refund=row["kind"] == MessageKind.REFUND,
            reason=REASONS.get(row["reason"], ""),
            text=row["text"],
            name=row["full_name"],
            email=row["email"],
            at=row["created_at"],
        )
        for row in await fetch(OPEN, vendor_id, MOST_OPEN, part_id)
    )
