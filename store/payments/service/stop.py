"""A vendor who may not be charged any more: payments that wait for a buyer are closed before anybody pays them.

What was paid meanwhile counts as the provider shows it; `sync.py` says what becomes of it.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from store.gateways.port import Disconnected, Gateways
from store.kit.db import fetch, fetch_value, transaction
from store.orders import service as orders
from store.orders.states import PAYABLE
from store.payments.service.cancel import close_session
from store.payments.service.request import read_live
from store.payments.states import Door
from store.vendors.states import VendorState

log = structlog.get_logger(__name__)

WAITING = """
SELECT orders.id, vendor_order.vendor_name FROM orders JOIN vendor_order ON vendor_order."order" = orders.id
WHERE vendor_order.vendor = $1 AND orders.payment_state = ANY($2) ORDER BY orders.placed_at
"""


async def stop_paying(gateways: Gateways, vendor_id: UUID) -> int:
    """Close the unpaid orders of a vendor who has stopped selling; returns how many. One who sells again is left alone.

    Each is tried, whatever became of the one before it. Raises the first failure at the end, Unavailable when the
    provider does not answer: what is not closed yet is closed by the next call.
    """
    if await fetch_value("SELECT state FROM vendor WHERE id = $1", vendor_id) == VendorState.ACTIVE:
        return 0
    rows = await fetch(WAITING, vendor_id, list(PAYABLE))
    failures: list[Exception] = []
    for row in rows:
        try:
            await _close(gateways, row["id"], row["vendor_name"])
        except Exception as failed:
            log.warning("order_not_closed", order=str(row["id"]), reason=f"{type(failed).__name__}: {failed}")
            failures.append(failed)
    if failures:
        raise failures[0]
    return len(rows)


async def _close(gateways: Gateways, order_id: UUID, seller: str) -> None:
    """No buyer has asked for it, so the order expires; what the provider shows counts, paid or not."""
    async with transaction():
        order = await orders.lock_order(order_id)
        live = await read_live(order_id)
        await orders.note_stopped(order_id, seller)
        if live is None and order["payment_state"] in PAYABLE:
            await orders.mark_over(order_id, text="This order ends before anything was paid.", door=Door.SWEEP)
    if live is None:
        return
    try:
        await close_session(gateways, live["id"], Door.SWEEP)
    except Disconnected as gone:
        # The look before it has handed the order to a person already.
        log.warning("session_out_of_reach", order=str(order_id), reason=str(gone))
