"""Start a payment: intend, call, record.

tx1 places the order and writes the attempt with its whole request; the provider is called with the attempt's id as
idempotency key and no transaction open; tx2 records the answer by compare-and-set. A time-out means unknown: the
attempt stays `created` and the next knock on any door finds out. The cart's row is the queue where two tabs meet.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.cart.queries import CheckoutGroup, read_group
from store.cart.service import lock_cart
from store.gateways.port import Gateways
from store.kit import clock
from store.kit.db import fetch_row, retrying, transaction
from store.kit.errors import Conflict, TryLater
from store.orders import service as orders
from store.orders.service import Contact, hash_snapshot
from store.orders.states import PAYABLE, PaymentState
from store.payments.service.cancel import cancel_order
from store.payments.service.complete import complete_attempt
from store.payments.service.declines import Payer, ask_leave
from store.payments.service.request import insert_attempt, read_live, read_order
from store.payments.service.stopped import check_sellers
from store.payments.service.sync import sync_payment
from store.payments.states import Door, PaymentStatus
from store.payouts.service import plan_transfers

SESSION_LIFE = timedelta(minutes=45)
FIRST_CHECK = timedelta(seconds=10)
ROUNDS = 4


class Started(Struct, frozen=True):
    """Where the buyer goes next: the provider's page, or the order's when there is nothing (more) to pay there."""

    order_token: str
    order_number: str
    redirect_url: str


class CartChanged(Conflict):
    """What the buyer saw is not what the cart holds now; `group` is what it holds, None when nothing is left."""

    def __init__(self, group: CheckoutGroup | None) -> None:
        super().__init__("Your cart changed while this page was open. Nothing was ordered.")
        self.group = group


class StillConfirming(Conflict):
    """An older order of this group may have been paid; no second one opens until that is known."""

    def __init__(self, order_token: str) -> None:
        super().__init__("An earlier payment for these items is still being confirmed.")
        self.order_token = order_token


async def start_payment(
    gateways: Gateways,
    *,
    cart_token: str,
    group_key: str,
    goods_hash: str,
    form_id: str,
    contact: Contact,
    base_url: str,
    payer: Payer,
    person_id: UUID | None = None,
) -> Started:
    """Place the order of one checkout group, or find the one this form or another tab placed, and open its payment.

    `person_id`: who is signed in, if anybody.
    A total of zero needs no provider: the order is placed and paid in one transaction.
    Raises CartChanged, SoldOut, CodeRefused (no use of the code is left), StillConfirming, TooMany (declines),
    SellerStopped, Declined (the provider's words for the buyer) or TryLater (outcome unknown; the same form goes on
    with the same order).
    """
    for _ in range(ROUNDS):
        found = await retrying(
            lambda: _place(gateways, cart_token, group_key, goods_hash, form_id, contact, base_url, payer, person_id)
        )
        if isinstance(found, Started):
            return found
        order, payment, same = found
        if not same:
            await cancel_order(gateways, order["id"], Door.CHECK)
        elif payment["status"] == PaymentStatus.PENDING and payment["expires_at"] <= clock.now():
            await sync_payment(gateways, payment["id"], Door.CHECK)
        else:
            return await _open(gateways, order, payment)
        now = await read_order(order["id"])
        if now["payment_state"] in (*PAYABLE, PaymentState.PROCESSING) and not same:
            raise StillConfirming(order["token"])
    raise TryLater("Your order changed several times at once. Please try again.")


async def pay_again(gateways: Gateways, order_id: UUID, base_url: str, payer: Payer) -> Started:
    """Lead the buyer back to the open session, or open the next attempt when none is live.

    Returns the order's own page when it cannot be paid (any more). Raises TooMany (declines) or SellerStopped.
    """

    async def find() -> dict[str, Any] | None:
        async with transaction():
            order = await orders.lock_order(order_id)
            live = await read_live(order_id)
            if live and live["status"] != PaymentStatus.PROCESSING:
                await check_sellers(order, gateways.platform_country)
            if live or order["payment_state"] not in PAYABLE or order["cancel_requested"]:
                return live
            if order["hold_until"] <= clock.now():
                await orders.mark_over(order_id, text="The time to pay ran out.", door="")
                return None
            await orders.mark_payable(order_id)
            return await _attempt(gateways, order, base_url, payer)

    payment = await retrying(find)
    if payment and payment["status"] == PaymentStatus.PENDING and payment["expires_at"] <= clock.now():
        await sync_payment(gateways, payment["id"], Door.CHECK)
        payment = None
    order = await read_order(order_id)
    if payment is None or payment["status"] == PaymentStatus.PROCESSING:
        return Started(order["token"], order["number"], "")
    return await _open(gateways, order, payment)


async def _place(
    gateways: Gateways,
    cart_token: str,
    group_key: str,
    goods_hash: str,
    form_id: str,
    contact: Contact,
    base_url: str,
    payer: Payer,
    person_id: UUID | None,
) -> Started | tuple[dict[str, Any], dict[str, Any], bool]:
    """tx1. Returns the order, its live attempt and whether both are what this form asks for."""
    async with transaction():
        cart_id = await lock_cart(cart_token)
        if cart_id is None:
            raise CartChanged(None)
        done = await fetch_row(
            "SELECT token, number FROM orders WHERE cart_id = $1 AND form_id = $2 AND payment_state = 'paid'",
            cart_id,
            form_id,
        )
        if done is not None:
            return Started(done["token"], done["number"], "")
        group = await read_group(cart_token, group_key)
        if group is None or group.goods_hash != goods_hash:
            # Whatever another tab has ordered meanwhile: nobody pays a total that this page did not show.
            raise CartChanged(group)
        order = await orders.find_open_order(cart_id, group_key)
        if order is not None:
            same = hash_snapshot(group, contact) == order["snapshot_hash"]
            live = await read_live(order["id"])
            if order["payment_state"] == PaymentState.PROCESSING:
                return Started(order["token"], order["number"], "")
            if same and live is None and not order["cancel_requested"]:
                await orders.mark_payable(order["id"])
                live = await _attempt(gateways, order, base_url, payer)
            return order, live or {}, same and not order["cancel_requested"]
        if group.blocked:
            raise CartChanged(group)
        order = await orders.place_order(
            group, contact, cart_id=cart_id, form_id=form_id, hold_until=clock.now() + SESSION_LIFE, person_id=person_id
        )
        if not order["total"]:
            # A code of ours took everything off: there is nothing to ask a provider for.
            words = f"Nothing to pay: {order['promo_code']} covers the whole order."
            method = f"Promotion code {order['promo_code']}"
            paid = await orders.mark_paid(order["id"], text=words, door="", method=method)
            assert paid, "an order that was placed in this transaction holds its stock and its use of the code"
            await plan_transfers(order["id"])
            return Started(order["token"], order["number"], "")
        return order, await _attempt(gateways, order, base_url, payer), True


async def _attempt(gateways: Gateways, order: dict[str, Any], base_url: str, payer: Payer) -> dict[str, Any]:
    await ask_leave(payer)
    await check_sellers(order, gateways.platform_country)
    now = clock.now()
    return await insert_attempt(
        gateways,
        order,
        base_url=base_url,
        expires_at=now + SESSION_LIFE,
        check_at=now + FIRST_CHECK,
        payer=payer.key,
    )


async def _open(gateways: Gateways, order: dict[str, Any], payment: dict[str, Any]) -> Started:
    """Call the provider for a `created` attempt and record the answer; an open one is simply returned."""
    if payment["status"] == PaymentStatus.CREATED:
        payment = await complete_attempt(gateways, payment)
    if payment["status"] in (PaymentStatus.CREATED, PaymentStatus.ABANDONED):
        raise TryLater(
            f"Stripe does not answer just now. Your order {order['number']} is kept and you were not charged: "
            "please try again in a moment."
        )
    return Started(order["token"], order["number"], payment["redirect_url"])
