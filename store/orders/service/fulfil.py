"""A vendor sends its part of an order, and says when it arrived; the buyer is told once.

Both verbs carry the vendor's id: another vendor's part does not exist here. They move by compare-and-set, so a second
click changes nothing and tells nobody twice.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from store.gateways.port import NAMES, PAYPAL
from store.kit import clock
from store.kit.db import advance, fetch_row, transaction
from store.kit.errors import Conflict, NotFound
from store.operations.service import enqueue
from store.orders.service.record import lock_order, note, tell_buyer
from store.orders.states import FULFILMENT, Fulfilment, PaymentState
from store.orders.tables import VendorOrder

NOT_YOURS = "There is no such order in your shop."


class NotToSend(Conflict):
    """Nothing may be sent for this order; the words say why."""

    title = "Please do not send this"


async def ship_part(vendor_id: UUID, part_id: UUID, *, carrier: str, tracking: str) -> bool:
    """The parcel is on its way: timeline and mail to the buyer. Either word may be empty.

    False when it was sent before, with nothing changed. Raises NotFound, NotToSend for an order that is not paid or
    whose money went back whole.
    """
    async with transaction():
        order, part = await _lock(vendor_id, part_id)
        if order["payment_state"] != PaymentState.PAID:
            raise NotToSend("This order is not paid. Nothing was changed.")
        if order["refunded"] + order["refund_pending"] >= order["total"] > 0:
            raise NotToSend("The whole amount of this order went back to the buyer. Nothing was changed.")
        moved = await advance(
            VendorOrder,
            FULFILMENT,
            part_id,
            Fulfilment.SHIPPED,
            column="fulfilment",
            carrier=carrier,
            tracking=tracking,
            shipped_at=clock.now(),
        )
        if moved is None:
            return False
        by = " ".join(word for word in (carrier, tracking) if word)
        text = f"{part['vendor_name']} sent its part{f': {by}' if by else ''}."
        await note(order["id"], text, key=f"shipped:{part_id}")
        await tell_buyer("shipped", str(part_id), order, vendor=part["vendor_name"], carrier=carrier, tracking=tracking)
        await _tell_provider(order, part_id, tracking)
    return True


async def correct_parcel(vendor_id: UUID, part_id: UUID, *, carrier: str, tracking: str) -> bool:
    """What was said of a parcel on its way was wrong: the order's page shows this instead, and the timeline says so.

    False when nothing differs, or the parcel is not on its way. Raises NotFound.
    """
    async with transaction():
        order, part = await _lock(vendor_id, part_id)
        row = await fetch_row(
            "UPDATE vendor_order SET carrier = $2, tracking = $3 WHERE id = $1 AND fulfilment = 'shipped'"
            " AND (carrier, tracking) IS DISTINCT FROM ($2, $3) RETURNING id",
            part_id,
            carrier,
            tracking,
        )
        if row is None:
            return False
        by = " ".join(word for word in (carrier, tracking) if word) or "no tracking number"
        await note(order["id"], f"{part['vendor_name']} corrected how its part was sent: {by}.")
        await _tell_provider(order, part_id, tracking)
    return True


async def deliver_part(vendor_id: UUID, part_id: UUID) -> bool:
    """The parcel arrived. False when that was said before, or nothing was sent. Raises NotFound."""
    async with transaction():
        order, part = await _lock(vendor_id, part_id)
        moved = await advance(
            VendorOrder, FULFILMENT, part_id, Fulfilment.DELIVERED, column="fulfilment", delivered_at=clock.now()
        )
        if moved is None:
            return False
        await note(order["id"], f"The parcel from {part['vendor_name']} arrived.", key=f"delivered:{part_id}")
    return True


async def _tell_provider(order: dict[str, Any], part_id: UUID, tracking: str) -> None:
    """PayPal wants to know under which number goods travel; each number is told once, later and by itself."""
    if tracking and order["provider"] == NAMES[PAYPAL]:
        await enqueue("track", f"{part_id}:{tracking}", {"part_id": str(part_id)}, PAYPAL)


async def _lock(vendor_id: UUID, part_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    part = await fetch_row(
        'SELECT "order", vendor_name FROM vendor_order WHERE id = $1 AND vendor = $2', part_id, vendor_id
    )
    if part is None:
        raise NotFound(NOT_YOURS)
    return await lock_order(part["order"]), dict(part)
