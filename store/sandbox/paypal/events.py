"""What PayPal tells about its objects: the envelope of an event, made once and kept as it was told.

`resource` is a snapshot at the moment of telling, without the sandbox's own fields. Invariant: an event commits
together with what it tells of, and its deliveries are planned after that commit, by the same queue as Stripe's.
Shapes: `event` of notifications_webhooks_v1; names: developer.paypal.com/api/rest/webhooks/event-names.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Protocol

from store.sandbox.kernel.world import Document, World, public

KIND = "paypal_event"
WEBHOOK_KIND = "paypal_webhook"
EVENTS_PATH = "/v1/notifications/webhooks-events"
# Where nobody has registered an address here yet, links are as in PayPal's own sandbox.
USUAL_ORIGIN = "https://api.sandbox.paypal.com"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The kinds of resources as envelopes name them, with the version of their shape.
VERSIONS = {
    "capture": "2.0",
    "refund": "2.0",
    "authorization": "2.0",
    "checkout-order": "2.0",
    "payouts": "1.0",
    "payouts_item": "1.0",
    "dispute": "1.0",
}
# Every event that this sandbox tells, with the words of its summary.
SUMMARIES = {
    "CHECKOUT.ORDER.APPROVED": "An order has been approved by buyer",
    "CHECKOUT.ORDER.COMPLETED": "Checkout Order Completed",
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": "A payment has been reversed after approval.",
    "PAYMENT.AUTHORIZATION.CREATED": "A payment authorization was created",
    "PAYMENT.AUTHORIZATION.VOIDED": "A payment authorization was voided",
    "PAYMENT.CAPTURE.COMPLETED": "Payment completed",
    "PAYMENT.CAPTURE.PENDING": "Payment pending",
    "PAYMENT.CAPTURE.DENIED": "Payment denied",
    "PAYMENT.CAPTURE.DECLINED": "A payment capture was declined",
    "PAYMENT.CAPTURE.REFUNDED": "A payment was refunded",
    "PAYMENT.CAPTURE.REVERSED": "A payment was reversed",
    "PAYMENT.REFUND.PENDING": "A refund is pending",
    "PAYMENT.REFUND.FAILED": "A refund failed",
    "PAYMENT.PAYOUTSBATCH.PROCESSING": "Payouts batch is in process.",
    "PAYMENT.PAYOUTSBATCH.SUCCESS": "Payouts batch completed successfully.",
    "PAYMENT.PAYOUTSBATCH.DENIED": "Payouts batch got denied.",
    "PAYMENT.PAYOUTS-ITEM.SUCCEEDED": "A payout item has succeeded",
    "PAYMENT.PAYOUTS-ITEM.FAILED": "A payout item has failed",
    "PAYMENT.PAYOUTS-ITEM.UNCLAIMED": "A payout item is unclaimed",
    "PAYMENT.PAYOUTS-ITEM.RETURNED": "A payout item is returned",
    "PAYMENT.PAYOUTS-ITEM.HELD": "A payout item is held",
    "PAYMENT.PAYOUTS-ITEM.BLOCKED": "A payout item is blocked",
    "PAYMENT.PAYOUTS-ITEM.CANCELED": "A payout item is canceled",
    "PAYMENT.PAYOUTS-ITEM.DENIED": "A payout item is denied",
    "PAYMENT.PAYOUTS-ITEM.REFUNDED": "A payout item is refunded",
    "CUSTOMER.DISPUTE.CREATED": "A new dispute opened",
    "CUSTOMER.DISPUTE.UPDATED": "A dispute was updated",
    "CUSTOMER.DISPUTE.RESOLVED": "A dispute was resolved",
}

# What else PayPal tells, to name in a subscription: nothing here brings it about.
OTHERS = (
    "BILLING.SUBSCRIPTION.ACTIVATED",
    "BILLING.SUBSCRIPTION.CANCELLED",
    "BILLING.SUBSCRIPTION.CREATED",
    "BILLING.SUBSCRIPTION.EXPIRED",
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
    "BILLING.SUBSCRIPTION.SUSPENDED",
    "BILLING.SUBSCRIPTION.UPDATED",
    "MERCHANT.ONBOARDING.COMPLETED",
    "MERCHANT.PARTNER-CONSENT.REVOKED",
    "PAYMENT.REFERENCED-PAYOUT-ITEM.COMPLETED",
    "PAYMENT.REFERENCED-PAYOUT-ITEM.FAILED",
    "PAYMENT.SALE.COMPLETED",
    "PAYMENT.SALE.REFUNDED",
    "PAYMENT.SALE.REVERSED",
)
# What an event is about, by the beginning of its name; the longest that fits counts.
KINDS = {
    "CHECKOUT.": "checkout-order",
    "PAYMENT.CAPTURE.": "capture",
    "PAYMENT.CAPTURE.REFUNDED": "refund",
    "PAYMENT.CAPTURE.REVERSED": "refund",
    "PAYMENT.REFUND.": "refund",
    "PAYMENT.AUTHORIZATION.": "authorization",
    "PAYMENT.PAYOUTSBATCH.": "payouts",
    "PAYMENT.PAYOUTS-ITEM.": "payouts_item",
    "CUSTOMER.DISPUTE.": "dispute",
}


class Owner(Protocol):
    """Whose event it is: an app's world and its business account's merchant id."""

    @property
    def world(self) -> World: ...
    @property
    def merchant_id(self) -> str: ...


def emit(app: Owner, event_type: str, resource: Document, resource_type: str) -> None:
    """Store an event about `resource` and have its deliveries planned once the open transaction commits.

    `resource_type`: capture | refund | authorization | checkout-order | payouts | payouts_item | dispute. Joins the
    world's transaction, if one is open. KeyError for a type or an event that this sandbox does not know.
    """
    app.world.tell(app.merchant_id, KIND, build_event(app, event_type, resource, resource_type))


def build_event(app: Owner, event_type: str, resource: Document, resource_type: str) -> Document:
    """Return the envelope of an event about `resource` as of now, stored nowhere."""
    event = {
        "id": f"WH-{_letters(17)}-{_letters(17)}",
        "event_version": "1.0",
        "create_time": datetime.fromtimestamp(app.world.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "resource_type": resource_type,
        "resource_version": VERSIONS[resource_type],
        "event_type": event_type,
        "summary": SUMMARIES[event_type],
        "resource": public(resource),
    }
    return link_event(event, _find_origin(app))


def link_event(event: Document, origin: str) -> Document:
    """Return the event with its links as they are at `origin`."""
    href = f"{origin}{EVENTS_PATH}/{event['id']}"
    links = [
        {"href": href, "rel": "self", "method": "GET"},
        {"href": f"{href}/resend", "rel": "resend", "method": "POST"},
    ]
    return event | {"links": links}


def name_type(event_type: str) -> str:
    """Return the `resource_type` of an event's type; KeyError for one that this sandbox does not tell."""
    return KINDS[max((start for start in KINDS if event_type.startswith(start)), key=len, default=event_type)]


def name_resource(event: Document) -> str:
    """Return the id of what an event is about, whichever field its kind keeps it in; empty when it has none."""
    resource = event["resource"]
    batch = resource.get("batch_header") or {}
    names = (resource.get(name) for name in ("id", "payout_item_id", "dispute_id"))
    return next((id for id in names if id), batch.get("payout_batch_id") or "")


def _find_origin(app: Owner) -> str:
    """The origin under which this app's newest webhook was registered: the only one a job by the clock can know."""
    webhooks = app.world.find(app.merchant_id, WEBHOOK_KIND)
    return str(webhooks[0]["_origin"]) if webhooks else USUAL_ORIGIN


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))
