"""Cancel an unpaid order: the intent first, then the provider's session expired and seen expired.

Our clock alone never ends a hold: the stock goes back when the provider shows that nobody can pay any more.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from store.gateways.port import PAYPAL, Gateways
from store.kit import clock
from store.kit.db import fetch, transaction
from store.orders import service as orders
from store.payments.service.apply import read_payment
from store.payments.service.capture import give_way
from store.payments.service.request import read_live
from store.payments.service.sync import sync_payment
from store.payments.states import Door, PaymentStatus

# When the provider does not answer now, the sweep goes on with it after this.
RETRY_AFTER = timedelta(seconds=10)


async def cancel_order(gateways: Gateways, order_id: UUID, door: Door) -> None:
    """Cancel before payment: the intent first, then the provider's session expired and seen expired.

    If the buyer has paid meanwhile, the payment counts. Raises Unavailable when the provider does not answer; the
    intent stays and the sweep goes on with it.
    """
    async with transaction():
        await orders.lock_order(order_id)
        wanted = await orders.request_cancel(order_id)
        live = await read_live(order_id)
        if live is not None:
            await fetch(
                "UPDATE payment SET check_at = $2, checks = 0 WHERE id = $1", live["id"], clock.now() + RETRY_AFTER
            )
        elif wanted:
            await orders.mark_over(order_id, text="Canceled before payment.", door=door)
    if live is not None:
        await close_session(gateways, live["id"], door)


async def close_session(gateways: Gateways, payment_id: UUID, door: Door) -> None:
    """Expire an attempt's session and apply what the provider then shows, whatever that is.

    An order at PayPal cannot be closed there: it is marked dead and never captured.
    """
    payment = await read_payment(payment_id)
    if payment["provider"] == PAYPAL:
        text = "Canceled before payment." if door == Door.CHECK else "This order ends before anything was paid."
        async with transaction():
            if await give_way(payment_id):
                await orders.mark_over(payment["order"], text=text, door=door)
                return
    await sync_payment(gateways, payment_id, door)
    payment = await read_payment(payment_id)
    if payment["provider"] == PAYPAL:
        return
    if payment["status"] == PaymentStatus.PENDING:
        await gateways.stripe.expire(payment["provider_ref"], payment["account_ref"])
        await sync_payment(gateways, payment_id, door)
