"""The buyer writes to one seller of an order: a question, or the wish for money back with its reason.

It is a row, a line of the timeline and a mail to the seller, all in the caller's transaction; a form sent twice is one
message. Nothing is refunded by it: that is the seller's to do.
"""

from __future__ import annotations

from uuid import UUID

from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value
from store.kit.errors import Conflict, NotFound
from store.kit.ids import new_id
from store.orders.mails import mail_view
from store.orders.service.record import lock_order, note
from store.orders.states import MessageKind, PaymentState
from store.orders.words import REASONS
from store.vendors.service import tell_shop

PART = """
SELECT part.id, part.vendor_name, part.vendor,
  (SELECT coalesce(sum(amount), 0)::bigint FROM order_discount WHERE "order" = part."order") AS discounted
FROM vendor_order AS part
WHERE part.id = $1 AND part."order" = $2
"""


async def ask_seller(order_id: UUID, part_id: UUID, form_id: str, kind: MessageKind, reason: str, text: str) -> str:
    """Hand `text` to the seller of `part_id`; `reason` is a RefundReason, "" for a question. Returns the seller's name.

    Raises NotFound for a part of another order, Conflict while the order is not paid, when nobody could be answered, or
    when money is asked for and nothing is left to give back.
    """
    order = await lock_order(order_id)
    part = await fetch_row(PART, part_id, order_id)
    if part is None:
        raise NotFound("This order has no such seller.")
    if order["payment_state"] != PaymentState.PAID:
        raise Conflict("This order is not paid, so no seller knows of it yet.")
    if not order["email"]:
        raise Conflict("The account of this order was deleted, so no answer could reach you.")
    if (
        kind == MessageKind.REFUND
        and order["refunded"] + order["refund_pending"] >= order["total"] - part["discounted"]
    ):
        raise Conflict("Nothing of this order is left to give back.")
    message_id = new_id()
    written = await fetch(
        "INSERT INTO order_message (id, vendor_order, form_id, kind, reason, text, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (vendor_order, form_id) DO NOTHING RETURNING id",
        message_id,
        part_id,
        form_id,
        kind,
        reason,
        text,
        clock.now(),
    )
    if written:
        why = REASONS.get(reason, "")
        asked = f"for a refund: {why[:1].lower()}{why[1:]}" if why else "a question"
        await note(order_id, f"You asked {part['vendor_name']} {asked}.", key=f"message:{message_id}")
        view = await mail_view(order, only_part=part_id)
        words = {"text": text, "reason": why, "refund": kind == MessageKind.REFUND, "reply_to": order["email"]}
        await tell_shop(part["vendor"], "asked", str(message_id), {**view, **words})
    return str(part["vendor_name"])


async def finish_message(vendor_id: UUID, message_id: UUID) -> UUID:
    """The seller is done with it; done already, it stays so. Returns the `vendor_order` it is about.

    Raises NotFound for what another seller was asked.
    """
    part_id: UUID | None = await fetch_value(
        "UPDATE order_message AS message SET done_at = coalesce(done_at, $3) FROM vendor_order AS part"
        " WHERE message.id = $1 AND part.id = message.vendor_order AND part.vendor = $2 RETURNING part.id",
        message_id,
        vendor_id,
        clock.now(),
    )
    if part_id is None:
        raise NotFound("There is no such message.")
    return part_id
