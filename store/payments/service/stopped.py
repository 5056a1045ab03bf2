"""Whether a payment came in for a vendor who may not be charged any more.

What the platform charges it can hold; a direct charge lies with the vendor from the start, so all that can be done is
to give it back while we still have access.
"""

from __future__ import annotations

from typing import Any

from store.kit.db import fetch_row
from store.orders import service as orders
from store.orders.states import PaymentState
from store.payments.states import Door
from store.vendors.states import ChargeType, VendorState

GONE = (VendorState.REJECTED, VendorState.DISCONNECTED)


async def find_stopped_seller(payment: dict[str, Any]) -> str:
    """The name of the vendor on whose account this was paid and who may not be charged now; "" when all is well.

    One who may be charged and is restricted for another reason (payouts) keeps the sale.
    """
    if payment["charge_type"] != ChargeType.DIRECT or not payment["amount"]:
        return ""
    vendor = await fetch_row(
        "SELECT name, state, charges_enabled AND card_payments = 'active' AS chargeable FROM vendor"
        " WHERE account_ref = $1",
        payment["account_ref"],
    )
    if vendor is None or vendor["state"] == VendorState.ACTIVE:
        return ""
    stopped = vendor["state"] in GONE or (vendor["state"] == VendorState.RESTRICTED and not vendor["chargeable"])
    return str(vendor["name"]) if stopped else ""


async def end_stopped(order: dict[str, Any], seller: str, door: Door) -> None:
    """End an order that was paid to such a vendor, in the caller's transaction; the money goes back as a surplus."""
    text = f"{seller} cannot take payments any more, so this order cannot go on."
    if order["payment_state"] == PaymentState.PROCESSING:
        await orders.mark_failed(order["id"], reason=f"{seller} cannot take payments any more", text=text, door=door)
    await orders.mark_over(order["id"], text=text, door=door)
