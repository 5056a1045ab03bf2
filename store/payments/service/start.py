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
from store.gateways.port import NAMES, PAYPAL, STRIPE, Gateways
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value, retrying, transaction
from store.kit.errors import Conflict, TryLater
from store.orders import service as orders
from store.orders.service import Contact, hash_snapshot
from store.orders.states import PAYABLE, PaymentState
from store.payments.service.cancel import cancel_order, close_session
from store.payments.service.capture import give_way
from store.payments.service.claim import ask_consent
from store.payments.service.complete import abandon, complete_attempt
from store.payments.service.declines import Payer, ask_leave
from store.payments.service.request import insert_attempt, read_live, read_order
from store.payments.service.stopped import check_sellers
from store.payments.service.sync import sync_payment
from store.payments.states import CONFIRMING, Door, PaymentStatus
from store.payouts.service import plan_transfers

SESSION_LIFE = timedelta(minutes=45)
FIRST_CHECK = timedelta(seconds=10)
# However often the buyer changes the way to pay, the goods are kept no longer than this from the first try on, or from
# the first after a bank's no.
LONGEST_HOLD = timedelta(hours=3)
TRIED_SINCE = """
SELECT min(created_at) FROM payment WHERE "order" = $1 AND created_at > coalesce(
  (SELECT max(created_at) FROM payment WHERE "order" = $1 AND status = 'failed'), '-infinity')
"""
ROUNDS = 4


class Started(Struct, frozen=True):
    """Where the buyer goes next: the provider's page, or the order's when there is nothing (more) to pay there.

    `to_buttons`: the page with PayPal's buttons, where the attempt opens. `payment_token` and `payment_ref` are the
    open attempt's, "" when there is none.
    """

    order_token: str
    order_number: str
    redirect_url: str
    to_buttons: bool = False
    payment_token: str = ""
    payment_ref: str = ""


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
    provider: str = STRIPE,
) -> Started:
    """Place the order of one checkout group, or find the one this form or another tab placed, and open its payment.

    `person_id`: who is signed in, if anybody. For PayPal no attempt opens yet: its buttons do that, by `pay_again`.
    A total of zero needs no provider: the order is placed and paid in one transaction.
    Raises CartChanged, SoldOut, CodeRefused (no use of the code is left), StillConfirming, TooMany (declines),
    SellerStopped, Declined (the provider's words for the buyer) or TryLater (outcome unknown; the same form goes on
    with the same order).
    """
    for _ in range(ROUNDS):
        found = await retrying(
            lambda: _place(
                gateways, cart_token, group_key, goods_hash, form_id, contact, base_url, payer, person_id, provider
            )
        )
        if isinstance(found, Started):
            return found
        order, payment, same = found
        if not same:
            await cancel_order(gateways, order["id"], Door.CHECK)
        elif provider == PAYPAL:
            return Started(order["token"], order["number"], "", to_buttons=True)
        elif payment["provider"] != provider:
            await make_way(gateways, order, payment)
        elif payment["status"] == PaymentStatus.PENDING and payment["expires_at"] <= clock.now():
            await sync_payment(gateways, payment["id"], Door.CHECK)
        else:
            return await _open(gateways, order, payment)
        now = await read_order(order["id"])
        if now["payment_state"] in (*PAYABLE, PaymentState.PROCESSING) and not same:
            raise StillConfirming(order["token"])
    raise TryLater("Your order changed several times at once. Please try again.")


async def pay_again(gateways: Gateways, order_id: UUID, base_url: str, payer: Payer, provider: str = STRIPE) -> Started:
    """Lead the buyer back to the open session, or open the next attempt when none is live.

    One that is open at the other provider is closed first. Returns the order's own page when it cannot be paid (any
    more). Raises TooMany (declines), SellerStopped, StillConfirming, TryLater or Unavailable.
    """
    live = await read_live(order_id)
    if live is not None and live["provider"] != provider:
        await make_way(gateways, await read_order(order_id), live)

    async def find() -> dict[str, Any] | None:
        async with transaction():
            order = await orders.lock_order(order_id)
            live = await read_live(order_id)
            if live and live["status"] not in CONFIRMING:
                await check_sellers(order, gateways.platform_country, provider)
            if live or order["payment_state"] not in PAYABLE or order["cancel_requested"]:
                return live
            tried_since = await fetch_value(TRIED_SINCE, order_id) or clock.now()
            if min(order["hold_until"], tried_since + LONGEST_HOLD) <= clock.now():
                await orders.mark_over(order_id, text="The time to pay ran out.", door="")
                return None
            await orders.mark_payable(order_id)
            return await _attempt(gateways, order, base_url, payer, provider)

    payment = await retrying(find)
    if payment and payment["status"] == PaymentStatus.PENDING and payment["expires_at"] <= clock.now():
        await sync_payment(gateways, payment["id"], Door.CHECK)
        payment = None
    order = await read_order(order_id)
    if payment is not None and payment["provider"] != provider:
        other = NAMES[payment["provider"]]
        raise TryLater(
            f"{other} does not say that its payment page is closed, and nobody shall pay twice. You were not charged: "
            f"please try again in a moment, or go back to {other}."
        )
    if payment is None or payment["status"] in CONFIRMING:
        return Started(order["token"], order["number"], "")
    started = await _open(gateways, order, payment)
    if provider == PAYPAL:
        await ask_consent(payment["id"])
    return started


async def make_way(gateways: Gateways, order: dict[str, Any], live: dict[str, Any]) -> None:
    """Close the attempt at the other provider, so that it can never be paid beside the one that is to open.

    A page at Stripe is expired and seen expired; an order at PayPal is never captured. What was paid there meanwhile
    counts. Raises StillConfirming while its money may be on the way, Unavailable when Stripe does not answer.
    """
    if live["status"] in CONFIRMING:
        raise StillConfirming(order["token"])
    async with transaction():
        await orders.lock_order(order["id"])
        if live["provider"] == PAYPAL:
            if not await give_way(live["id"]):
                raise StillConfirming(order["token"])
            return
        if live["status"] == PaymentStatus.CREATED and await abandon(live):
            # Nobody was ever given the address of that page.
            return
        await fetch("UPDATE payment SET superseded = true WHERE id = $1", live["id"])
    await close_session(gateways, live["id"], Door.CHECK)


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
    provider: str,
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
            if live and live["status"] == PaymentStatus.CAPTURING:
                return Started(order["token"], order["number"], "")
            if same and live is None and not order["cancel_requested"] and provider == STRIPE:
                await orders.mark_payable(order["id"])
                live = await _attempt(gateways, order, base_url, payer, provider)
            if same and live is None:
                await orders.name_provider(order["id"], NAMES[provider])
            return order, live or {}, same and not order["cancel_requested"]
        if held := await orders.find_in_review(cart_id, form_id, hash_snapshot(group, contact)):
            # Its page asks not to pay again: its money may have been taken.
            return Started(held["token"], held["number"], "")
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
        if provider == PAYPAL:
            await orders.name_provider(order["id"], NAMES[provider])
            return order, {}, True
        return order, await _attempt(gateways, order, base_url, payer, provider), True


async def _attempt(
    gateways: Gateways, order: dict[str, Any], base_url: str, payer: Payer, provider: str
) -> dict[str, Any]:
    await ask_leave(payer)
    await check_sellers(order, gateways.platform_country, provider)
    now = clock.now()
    return await insert_attempt(
        gateways,
        order,
        provider=provider,
        base_url=base_url,
        expires_at=now + SESSION_LIFE,
        check_at=now + FIRST_CHECK,
        payer=payer.key,
    )


async def _open(gateways: Gateways, order: dict[str, Any], payment: dict[str, Any]) -> Started:
    """Call the provider for a `created` attempt and record the answer; an open one is simply returned."""
    if payment["status"] == PaymentStatus.CREATED:
        payment = await complete_attempt(gateways, payment)
    if payment["status"] in (PaymentStatus.CREATED, PaymentStatus.ABANDONED, PaymentStatus.EXPIRED):
        raise TryLater(
            f"{NAMES[payment['provider']]} does not answer just now. Your order {order['number']} is kept and you were "
            "not charged: please try again in a moment."
        )
    return Started(
        order["token"],
        order["number"],
        payment["redirect_url"],
        payment_token=payment["token"],
        payment_ref=payment["provider_ref"],
    )
