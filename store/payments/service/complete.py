"""Find out what became of an attempt whose outcome is unknown, or make it happen.

A request that may still be under way is sent again, byte for byte under its key. Any other is looked for first:
sessions are listed from its creation on and matched by our payment id, and only when the whole list lacks it is it sent
again; when it is too old for that, or its key answers with a stored failure, the attempt is given up and the way free
for another with a new key. A recomputed field would make the key fail, so the request is never rebuilt. PayPal lists no
orders; what nobody knows of cannot be agreed to there, nor captured but by us, so it is given up without a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from store.gateways.port import (
    NAMES,
    PAYPAL,
    Declined,
    Disconnected,
    GatewayBug,
    Gateways,
    OpenedCheckout,
    PaymentSnapshot,
    StoredFailure,
    Unavailable,
)
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, transaction
from store.orders import service as orders
from store.payments.states import PAYMENT, PaymentStatus
from store.payments.tables import Payment
from store.vendors.service import note_disconnected

log = structlog.get_logger(__name__)

# Longer than one call to the provider may take: until then a list may lack what another process is asking for.
UNDER_WAY = timedelta(seconds=30)
# Stripe wants at least 30 minutes between creation and expiry: the frozen 45 allow sending again for 15, less a margin.
RESEND_FOR = timedelta(minutes=12)
# Our clock and the provider's may differ by ten minutes.
CLOCK_SLACK = timedelta(minutes=15)


async def complete_attempt(gateways: Gateways, payment: dict[str, Any]) -> dict[str, Any]:
    """Settle what a `created` attempt is; returns its row as it then stands (`created` still when nobody answers).

    Raises Declined or GatewayBug when the provider refuses for good; the order has ended then.
    """
    age = clock.now() - payment["created_at"]
    if age > UNDER_WAY:
        looked = await _look_for(gateways, payment)
        if looked is not None:
            return looked
        if age > RESEND_FOR:
            return await _abandon(payment)
    try:
        if payment["coupon_request"]:
            key = f"{payment['id']}:coupon"
            await gateways.stripe.make_discount(payment["coupon_request"], payment["account_ref"], key)
        rail = gateways.rail(payment["provider"])
        opened = await rail.open_checkout(payment["request"], payment["account_ref"], str(payment["id"]))
    except StoredFailure:
        # This key will say the same as long as it lives, whatever became of its first call.
        return await _look_for(gateways, payment) or await _abandon(payment)
    except Unavailable as unknown:
        log.warning("checkout_unknown", payment_id=str(payment["id"]), reason=str(unknown))
        return payment
    except (Declined, GatewayBug) as refused:
        await _doubt_vendor(payment, refused)
        return await _look_before_giving_up(gateways, payment, refused)
    return await _adopt(payment, opened)


async def find_lost(gateways: Gateways, payment: dict[str, Any]) -> dict[str, Any]:
    """Look once more for an attempt that was given up without a session: a late request may have taken effect.

    Returns its row, with the session's reference when the provider has one. Raises Unavailable.
    """
    found = await _search(gateways, payment)
    if not found:
        return payment
    log.error("lost_checkout_found", payment_id=str(payment["id"]), ref=found[0].ref)
    row = await fetch_row(
        "UPDATE payment SET provider_ref = coalesce(provider_ref, $2) WHERE id = $1 RETURNING *",
        payment["id"],
        found[0].ref,
    )
    assert row is not None
    return dict(row)


async def _look_before_giving_up(
    gateways: Gateways, payment: dict[str, Any], refused: Declined | GatewayBug
) -> dict[str, Any]:
    """A refusal speaks of one request only: an earlier one, or this one behind a proxy, may have taken effect.

    Raises `refused` when the provider has no session, or shows us nothing at all.
    """
    try:
        found = await _search(gateways, payment)
    except Unavailable:
        return payment
    except GatewayBug:
        found = ()
    if found:
        return await _adopt(payment, OpenedCheckout(found[0].ref, found[0].redirect_url))
    await _give_up(payment, refused)
    raise refused


async def _doubt_vendor(payment: dict[str, Any], refused: Declined | GatewayBug) -> None:
    """A refusal may be about the vendor's account: out of reach it is out for good, otherwise it is looked at soon."""
    ref = payment["account_ref"] or payment["destination_ref"]
    if isinstance(refused, Disconnected):
        await note_disconnected(payment["account_ref"])
    elif ref and isinstance(refused, GatewayBug):
        await fetch("UPDATE vendor SET check_at = $2 WHERE account_ref = $1 AND check_at > $2", ref, clock.now())


async def _look_for(gateways: Gateways, payment: dict[str, Any]) -> dict[str, Any] | None:
    """The attempt's row with the session that the provider's list shows, or as it is when no list could be had.

    None: the whole list lacks it.
    """
    try:
        found = await _search(gateways, payment)
    except Unavailable:
        return payment
    if found:
        return await _adopt(payment, OpenedCheckout(found[0].ref, found[0].redirect_url))
    return None


async def _abandon(payment: dict[str, Any]) -> dict[str, Any]:
    """The provider never had it, proven by its own list: another attempt may open, unless the buyer wanted out."""
    async with transaction():
        order = await orders.lock_order(payment["order"])
        moved = await abandon(payment)
        if moved and order["cancel_requested"]:
            await orders.mark_over(payment["order"], text="Canceled before payment.", door="")
    return moved or payment


async def abandon(payment: dict[str, Any]) -> dict[str, Any] | None:
    """Give up an attempt without a session, in the caller's transaction; None when it has one by now, or has ended."""
    return await advance(
        Payment,
        PAYMENT,
        payment["id"],
        PaymentStatus.ABANDONED,
        column="status",
        sources=(PaymentStatus.CREATED,),
        check_at=None,
    )


async def _search(gateways: Gateways, payment: dict[str, Any]) -> Sequence[PaymentSnapshot]:
    """The provider's sessions for this attempt; none can be younger than the last time its request was sent."""
    if payment["provider"] == PAYPAL:
        return ()
    return await gateways.stripe.find_payments(
        str(payment["id"]),
        payment["account_ref"],
        payment["created_at"] - CLOCK_SLACK,
        payment["created_at"] + RESEND_FOR + CLOCK_SLACK,
    )


async def _adopt(payment: dict[str, Any], opened: OpenedCheckout) -> dict[str, Any]:
    """Record the session; whoever was first has recorded the same one, since both used the same key."""
    async with transaction():
        await orders.lock_order(payment["order"])
        moved = await advance(
            Payment,
            PAYMENT,
            payment["id"],
            PaymentStatus.PENDING,
            column="status",
            provider_ref=opened.ref,
            redirect_url=opened.redirect_url,
            payee_ref=opened.payee_ref,
        )
        if moved:
            text = f"Payment page opened at {NAMES[payment['provider']]}."
            await orders.note(payment["order"], text, key=f"opened:{payment['attempt']}")
    if moved is None:
        row = await Payment.select().where(Payment.id == payment["id"]).first()
        assert row is not None
        return dict(row)
    return moved


async def _give_up(payment: dict[str, Any], refused: Exception) -> None:
    """The provider will not open this session: the order ends, the cart stays. What PayPal refuses, a card may pay."""
    log.error("checkout_refused", payment_id=str(payment["id"]), reason=str(refused))
    async with transaction():
        await orders.lock_order(payment["order"])
        moved = await advance(
            Payment,
            PAYMENT,
            payment["id"],
            PaymentStatus.FAILED,
            column="status",
            sources=(PaymentStatus.CREATED,),
            failure_reason=str(refused),
            check_at=None,
        )
        if moved and payment["provider"] != PAYPAL:
            await fetch("UPDATE orders SET cancel_requested = true WHERE id = $1", payment["order"])
            await orders.mark_over(payment["order"], text="The payment page could not be opened.", door="")
