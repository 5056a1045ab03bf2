"""What PayPal's events hint at: the order, the capture, what went back of it. The slice's own verb asks PayPal.

An order may be approved before our row knows its reference, and a refund names neither order nor payment, only the
capture it came from. What is nobody's here after a while is kept, said to be foreign, and alarms.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog

from store.disputes.service import find_disputed, sync_dispute
from store.gateways.port import PAYPAL, GatewayBug, Gateways, Notice
from store.kit import clock
from store.kit.db import fetch_value
from store.payments.queries import find_payment
from store.payments.service import sync_capture, sync_payment
from store.payments.service.settle import find_capture
from store.payments.states import Door
from store.payouts.service import find_payout_row, sync_payout
from store.refunds.service import follow_refunds
from store.webhooks.states import (
    PAYPAL_CAPTURE_EVENTS,
    PAYPAL_CONSENT,
    PAYPAL_DISPUTE_EVENTS,
    PAYPAL_HANDLED,
    PAYPAL_PAYOUT_EVENTS,
    PAYPAL_REFUND_EVENTS,
)

# An approval has come 2.7 to 3.5 s before its order was stored elsewhere:
# github.com/woocommerce/woocommerce-paypal-payments/issues/4489
UNMATCHED_WAITS = timedelta(minutes=2)

log = structlog.get_logger(__name__)


class NotYet(Exception):
    """The event speaks of something of ours that is not there yet: try again, park at last, never drop."""


async def apply_paypal_event(gateways: Gateways, notice: Notice) -> str:
    """Find whom the event is about and call that slice's verb; returns applied, ignored or foreign.

    Raises NotYet, or what the verb raises; the event stays in the queue then.
    """
    if notice.type not in PAYPAL_HANDLED:
        return "ignored"
    if notice.type in PAYPAL_REFUND_EVENTS:
        capture_id = await find_capture(PAYPAL, notice.capture_ref)
        if capture_id is None:
            return _unmatched(notice)
        return await _follow_refund(gateways, capture_id, notice)
    if notice.type in PAYPAL_PAYOUT_EVENTS:
        payout_id = await find_payout_row(notice.payout_id, notice.resource, notice.payout_ref)
        if payout_id is None:
            return _unmatched(notice)
        item = notice.resource if notice.resource != notice.payout_ref else ""
        await sync_payout(gateways, payout_id, batch_ref=notice.payout_ref, item_ref=item)
        return "applied"
    if notice.type in PAYPAL_DISPUTE_EVENTS:
        capture_id = await find_capture(PAYPAL, notice.capture_ref)
        capture_id = capture_id or await find_disputed(PAYPAL, notice.dispute_ref)
        if capture_id is None:
            return _unmatched(notice)
        await sync_dispute(gateways, capture_id, notice.dispute_ref)
        return "applied"
    payment_id = await _sync_payment(gateways, notice)
    if payment_id is None:
        return _unmatched(notice)
    if notice.type in PAYPAL_CAPTURE_EVENTS:
        capture_id = await find_capture(PAYPAL, notice.capture_ref)
        if capture_id is not None:
            await sync_capture(gateways, capture_id)
            await follow_refunds(gateways, capture_id)
    return "applied"


async def _follow_refund(gateways: Gateways, capture_id: UUID, notice: Notice) -> str:
    """Record what went back; a refund that PayPal speaks of and does not show is ours, so its event waits on."""
    try:
        seen = await follow_refunds(gateways, capture_id, told=True, refund_ref=notice.resource)
    except GatewayBug:
        # The order that lists them may be gone.
        _alarm_when_old(notice)
        raise
    if notice.resource and not seen:
        _alarm_when_old(notice)
        raise NotYet(f"{notice.type} speaks of {notice.resource}, which PayPal does not show (yet)")
    return "applied"


async def _sync_payment(gateways: Gateways, notice: Notice) -> UUID | None:
    payment_id = await find_payment(PAYPAL, notice.payment_ref, notice.payment_id, "")
    if payment_id is not None:
        consents = await _count_consents(payment_id, notice)
        await sync_payment(gateways, payment_id, Door.WEBHOOK, consents=consents)
    return payment_id


async def _count_consents(payment_id: UUID, notice: Notice) -> int:
    """How often PayPal has told us that the buyer agreed, where one was declined; 0 for events about something else."""
    if notice.type != PAYPAL_CONSENT:
        return 0
    return int(
        await fetch_value(
            "SELECT CASE WHEN capture_no = 1 THEN 1 ELSE (SELECT count(*) FROM inbox_event"
            " WHERE provider = $2 AND type = $3 AND resource = $4) END FROM payment WHERE id = $1",
            *(payment_id, PAYPAL, PAYPAL_CONSENT, notice.resource),
        )
    )


def _unmatched(notice: Notice) -> str:
    if not _alarm_when_old(notice):
        raise NotYet(f"{notice.type} speaks of {notice.resource}, which is not here (yet)")
    return "foreign"


def _alarm_when_old(notice: Notice) -> bool:
    """Say loudly that nothing fits this event, once that is no matter of seconds any more; whether it was said."""
    is_old = clock.now() - notice.created >= UNMATCHED_WAITS
    if is_old:
        log.error("event_unmatched", event_id=notice.event_id, type=notice.type, resource=notice.resource)
    return is_old
