"""What the simulator makes up: a resource of each kind, under ids that no API knows.

The values are those of PayPal's own samples (developer.paypal.com/api/rest/webhooks/event-names), shortened.
"""

from __future__ import annotations

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.events import name_type

MOMENT = "2018-08-17T21:29:14Z"
CAPTURE_ID = "42311647XV020574X"
AMOUNT = {"currency_code": "USD", "value": "30.00"}
# The status of a resource is the event's last word, except where PayPal has another.
STATUS = {
    ("checkout-order", "REVERSED"): "CREATED",
    ("capture", "DENIED"): "DECLINED",
    ("refund", "REFUNDED"): "COMPLETED",
    ("refund", "REVERSED"): "COMPLETED",
    ("payouts_item", "SUCCEEDED"): "SUCCESS",
    ("payouts_item", "HELD"): "ONHOLD",
    ("payouts_item", "CANCELED"): "RETURNED",
    ("dispute", "CREATED"): "WAITING_FOR_SELLER_RESPONSE",
    ("dispute", "UPDATED"): "UNDER_REVIEW",
}


def make_resource(event_type: str) -> Document:
    """Return a mock resource for an event of this type."""
    kind, last = name_type(event_type), event_type.rpartition(".")[2]
    status = STATUS.get((kind, last), last)
    timed = {"status": status, "create_time": MOMENT, "update_time": MOMENT}
    paid = timed | {"amount": AMOUNT}
    up = {"href": f"https://api.paypal.com/v2/payments/captures/{CAPTURE_ID}", "rel": "up", "method": "GET"}
    made: dict[str, Document] = {
        "capture": {"id": CAPTURE_ID, **paid, "final_capture": True},
        "refund": {"id": "1Y107995YT783435V", **paid, "links": [up]},
        "authorization": {"id": "7NW873794T343360M", **paid},
        "checkout-order": {
            "id": "5O190127TN364715T",
            **timed,
            "intent": "CAPTURE",
            "purchase_units": [{"reference_id": "d9f80740-38f0-11e8-b467-0ed5f89f718b", "amount": AMOUNT}],
        },
        "payouts": {"batch_header": {"payout_batch_id": "CEFEU8AR4LGEN", "batch_status": status}},
        "payouts_item": {
            "payout_item_id": "VHBFGN95AWV82",
            "transaction_status": status,
            "payout_batch_id": "CEFEU8AR4LGEN",
            "payout_item": {"amount": {"currency": "USD", "value": "1.00"}, "receiver": "receiver@example.com"},
        },
        "dispute": {"dispute_id": "PP-D-4012", "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", **timed},
    }
    return made[kind]
