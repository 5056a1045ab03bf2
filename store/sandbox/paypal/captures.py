"""Captures: money that a buyer's approval turned into the payee's, at once or after a bank or PayPal has looked.

A capture is COMPLETED, or PENDING with a reason: an eCheck clears ECHECK_SECONDS later, PayPal's review ends
REVIEW_SECONDS later, both by the sandbox's clock unless a test decides before. Invariant: the balance moves once, when
a capture completes; `seller_receivable_breakdown` is there from then on and not before. Shapes: `capture-2` of
payments_payment_v2; production tells of a pending capture that ends badly as PAYMENT.CAPTURE.DENIED.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.paypal.app import App
from store.sandbox.paypal.balance import book, capture_fee, holder
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.objects import fetch, link, new_id, shown, store, timestamp, to_minor, to_value
from store.sandbox.paypal.routing import Answer, Call, Routes

KIND = "paypal_capture"
ECHECK_SECONDS = 4 * 86400
REVIEW_SECONDS = 86400
# Why a capture waits, by what the buyer's approval led to, and after how long the clock ends it.
WAITS = {"echeck": ("ECHECK", ECHECK_SECONDS), "review": ("PENDING_REVIEW", REVIEW_SECONDS)}
ENDINGS = ("COMPLETED", "DECLINED", "FAILED")
PROTECTION = {"status": "ELIGIBLE", "dispute_categories": ["ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"]}


def make_capture(app: App, order: Document, unit: Document, outcome: str) -> Document:
    """Capture one unit of an order and return the capture; joins the open transaction.

    `outcome`: balance (COMPLETED) | echeck | review (PENDING) | declined (DECLINED, the order is none the worse).
    """
    return record_capture(app, order, unit, outcome, amount=unit["amount"], final=True)


def record_capture(
    app: App,
    order: Document,
    unit: Document,
    outcome: str,
    *,
    amount: Document,
    final: bool,
    authorization: Document | None = None,
    invoice_id: str | None = None,
    note: str | None = None,
) -> Document:
    """Store a capture of `amount` (wire money) of a unit, or of its authorization, and tell of it."""
    origin, id, minor_currency = origin_of(order), new_id(), to_minor(_money(amount))
    now, up = app.now, f"/v2/checkout/orders/{order['id']}"
    related = {"order_id": order["id"]}
    if authorization is not None:
        up = f"/v2/payments/authorizations/{authorization['id']}"
        related["authorization_id"] = authorization["id"]
    capture: Document = {
        "id": id,
        "status": "PENDING",
        "amount": to_value(*minor_currency),
        "final_capture": final,
        "seller_protection": PROTECTION,
        "payee": payee_of(app, unit),
        "supplementary_data": {"related_ids": related},
        "create_time": timestamp(now),
        "update_time": timestamp(now),
        "links": [
            link(origin, f"/v2/payments/captures/{id}", "self"),
            link(origin, f"/v2/payments/captures/{id}/refund", "refund", "POST"),
            link(origin, up, "up"),
        ],
        "_order": order["id"],
        "_unit": unit.get("reference_id", "default"),
        "_authorization": authorization["id"] if authorization else None,
        "_outcome": outcome,
        "_created": now,
        "_refunded": 0,
        "_fee": 0,
    }
    for name, value in {"custom_id": unit.get("custom_id"), "invoice_id": invoice_id or unit.get("invoice_id")}.items():
        capture |= {name: value} if value else {}
    capture |= {"_note": note} if note else {}
    return _begin(app, capture, outcome)


def finish_capture(app: App, id: str, status: str, event_type: str = "PAYMENT.CAPTURE.DENIED") -> Document:
    """End a PENDING capture as COMPLETED, DECLINED or FAILED; `event_type` tells of one that ends badly.

    ValueError when it is not pending or ends so never; PayPalError (404) when there is none.
    """
    capture = fetch(app, KIND, id, "capture_id")
    if status not in ENDINGS:
        raise ValueError(f"A capture ends as {', '.join(ENDINGS)}, not as {status}.")
    if capture["status"] != "PENDING":
        raise ValueError(f"Capture {id} is {capture['status']} already; only a PENDING one can be ended.")
    with app.world.tx():
        app.world.unschedule("paypal_capture.end", id)
        if status == "COMPLETED":
            return _complete(app, capture)
        return _decline(app, capture, status, event_type)


def refund_state(capture: Document, refunded: int) -> Document:
    """Return the fields that a capture has once `refunded` minor units of it have gone back."""
    whole, _ = to_minor(capture["amount"])
    status = "COMPLETED" if not refunded else "REFUNDED" if refunded >= whole else "PARTIALLY_REFUNDED"
    return {"status": status, "_refunded": refunded}


def retrieve_capture(call: Call) -> Answer:
    """Return one capture of this account."""
    return Answer(body=shown(fetch(call.app, KIND, call.params["capture_id"], "capture_id")))


def payee_of(app: App, unit: Document) -> Document:
    """Return who is paid for a unit, as captures and authorizations show it."""
    named = unit.get("payee") or {}
    own = not named or named.get("merchant_id") == app.merchant_id or named.get("email_address") == app.email
    return {"email_address": app.email, "merchant_id": app.merchant_id} if own else dict(named)


def is_own(app: App, capture: Document) -> bool:
    """Tell whether a capture's money is this account's, not that of another payee."""
    return bool(capture["payee"].get("merchant_id") == app.merchant_id)


def origin_of(order: Document) -> str:
    """Return where the client that made the order reached the sandbox: its links say so."""
    parts = urlsplit(order["links"][0]["href"])
    return f"{parts.scheme}://{parts.netloc}"


def change(app: App, capture: Document, **fields: Any) -> Document:
    """Store changed fields of a capture, with the time of the change."""
    capture |= fields | {"update_time": timestamp(app.now)}
    store(app, KIND, capture)
    return capture


def _begin(app: App, capture: Document, outcome: str) -> Document:
    if not is_own(app, capture):
        # Nobody here has that address: PayPal keeps the money until the payee has an account.
        change(app, capture, status_details={"reason": "UNILATERAL"})
        emit(app, "PAYMENT.CAPTURE.PENDING", capture, "capture")
    elif outcome in WAITS:
        reason, seconds = WAITS[outcome]
        change(app, capture, status_details={"reason": reason})
        app.world.schedule(app.now + seconds, "paypal_capture.end", app.merchant_id, capture["id"])
        emit(app, "PAYMENT.CAPTURE.PENDING", capture, "capture")
    elif outcome == "declined":
        _decline(app, capture, "DECLINED", "PAYMENT.CAPTURE.DENIED")
    else:
        _complete(app, capture)
    return capture


def _complete(app: App, capture: Document) -> Document:
    amount, currency = to_minor(capture["amount"])
    fee = capture_fee(amount, currency)
    capture.pop("status_details", None)
    breakdown = {
        "gross_amount": to_value(amount, currency),
        "paypal_fee": to_value(fee, currency),
        "net_amount": to_value(amount - fee, currency),
    }
    change(app, capture, status="COMPLETED", seller_receivable_breakdown=breakdown, _fee=fee)
    if is_own(app, capture):
        book(app, "capture", capture["id"], amount, currency, fee)
    emit(app, "PAYMENT.CAPTURE.COMPLETED", capture, "capture")
    return capture


def _decline(app: App, capture: Document, status: str, event_type: str) -> Document:
    # Only what PayPal's own check refused says why: a capture that a bank refused has no details.
    details = capture.pop("status_details", None)
    if details and details["reason"] == "PENDING_REVIEW":
        capture["status_details"] = {"reason": "DECLINED_BY_RISK_FRAUD_FILTERS"}
    change(app, capture, status=status)
    emit(app, event_type, capture, "capture")
    return capture


def _money(amount: Document) -> dict[str, str]:
    return {"currency_code": amount["currency_code"], "value": amount["value"]}


@due_job("paypal_capture.end")
def _end_when_due(world: World, account: str, id: str) -> None:
    app = holder(world, account)
    _complete(app, fetch(app, KIND, id))


ROUTES: Routes = (("GET", "/v2/payments/captures/{capture_id}", "captures.get", retrieve_capture),)
