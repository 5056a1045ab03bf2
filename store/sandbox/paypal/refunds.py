"""Refunds of captures: by the API, at PayPal's own pages, and what PayPal takes back by itself (reversals).

The money goes at once, also that of a refund that waits for a bank (PENDING, reason ECHECK): it ends REFUND_SECONDS
later by the sandbox's clock, or as a test decides; one that fails or is called off puts its money back. PayPal keeps
its fee. Invariant: refunds that did not fail never exceed their capture, and the capture's status says how much of it
went back. Why a refund is refused is told in `refund_checks.py`. Shapes: `refund` of payments_payment_v2.
"""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.paypal import captures
from store.sandbox.paypal.app import App
from store.sandbox.paypal.balance import book, holder
from store.sandbox.paypal.captures import refund_state
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.grants import check_grant
from store.sandbox.paypal.objects import fetch, link, new_id, shown, store, timestamp, to_minor, to_value
from store.sandbox.paypal.refund_checks import check_amount, check_capture, check_platform_fees, check_request
from store.sandbox.paypal.routing import Answer, Call, Routes
from store.sandbox.paypal.settings import read_settings
from store.sandbox.paypal.standing import check_standing

KIND = "paypal_refund"
REFUND_SECONDS = 3 * 86400
# What each status of a refund may still become, as a test decides.
MOVES = {"PENDING": ("COMPLETED", "FAILED", "CANCELLED"), "COMPLETED": ("FAILED",)}
REVERSAL_REASONS = ("CHARGEBACK", "BUYER_COMPLAINT")


def create_refund(call: Call) -> Answer:
    """Refund a capture: all that is left of it, or `amount`."""
    check_grant(call)
    app, body = call.app, call.body
    capture = fetch(app, captures.KIND, call.params["capture_id"], "capture_id")
    check_capture(app, capture)
    check_request(app, body)
    amount = check_amount(app, capture, body.get("amount"))
    check_platform_fees(app, body, capture)
    given = {name: body[name] for name in ("invoice_id", "custom_id", "note_to_payer") if body.get(name)}
    refund = _refund(app, capture, amount, given)
    return Answer(201, shown(refund), latest=f"/v2/payments/refunds/{refund['id']}")


def retrieve_refund(call: Call) -> Answer:
    """Return one refund of this account."""
    check_grant(call)
    check_standing(call.app, call.operation_id)
    return Answer(body=shown(fetch(call.app, KIND, call.params["refund_id"], "refund_id")))


def refund_by_merchant(app: App, capture_id: str, amount: int | None = None) -> Document:
    """Refund a capture as somebody would at PayPal's own pages.

    All that is left unless `amount` (minor units) is given. PayPalError as the API would refuse it.
    """
    capture = fetch(app, captures.KIND, capture_id, "capture_id")
    check_capture(app, capture)
    _, currency = to_minor(capture["amount"])
    wanted = check_amount(app, capture, None if amount is None else to_value(amount, currency))
    with app.world.tx():
        return _refund(app, capture, wanted, {})


def reverse_capture(app: App, capture_id: str, amount: int | None = None, reason: str = "CHARGEBACK") -> Document:
    """Take a capture's money back for the buyer, with nobody asked; return the refund that does so.

    `reason`: CHARGEBACK | BUYER_COMPLAINT. The balance may go below zero. ValueError when nothing is left to take.
    """
    capture = fetch(app, captures.KIND, capture_id, "capture_id")
    whole, _ = to_minor(capture["amount"])
    took = "seller_receivable_breakdown" in capture and captures.is_own(app, capture)
    left = whole - capture["_refunded"] if took else 0
    taken = left if amount is None else amount
    if reason not in REVERSAL_REASONS:
        raise ValueError(f"A reversal's reason is {' or '.join(REVERSAL_REASONS)}, not {reason}.")
    if not 0 < taken <= left:
        raise ValueError(f"Capture {capture_id} is {capture['status']}: {left} minor units of it can be taken back.")
    with app.world.tx():
        return _refund(app, capture, taken, {}, reversal=reason)


def finish_refund(app: App, id: str, status: str) -> Document:
    """End a refund as COMPLETED, FAILED or CANCELLED; a COMPLETED one may still fail. ValueError for any other move."""
    refund = fetch(app, KIND, id, "refund_id")
    if status not in MOVES.get(refund["status"], ()):
        raise ValueError(f"Refund {id} is {refund['status']}, which cannot become {status}.")
    with app.world.tx():
        app.world.unschedule("paypal_refund.end", id)
        return _complete(app, refund) if status == "COMPLETED" else _undo(app, refund, status)


def _refund(app: App, capture: Document, amount: int, given: dict[str, str], *, reversal: str = "") -> Document:
    _, currency = to_minor(capture["amount"])
    origin, id, refunded = captures.origin_of(capture), new_id(), capture["_refunded"] + amount
    refund: Document = {
        "id": id,
        "status": "COMPLETED",
        "amount": to_value(amount, currency),
        **given,
        "seller_payable_breakdown": {
            "gross_amount": to_value(amount, currency),
            "paypal_fee": to_value(0, currency),
            "net_amount": to_value(amount, currency),
            "total_refunded_amount": to_value(refunded, currency),
        },
        "payer": capture["payee"],
        "create_time": timestamp(app.now),
        "update_time": timestamp(app.now),
        "links": [
            link(origin, f"/v2/payments/refunds/{id}", "self"),
            link(origin, f"/v2/payments/captures/{capture['id']}", "up"),
        ],
        "_capture": capture["id"],
        "_order": capture["_order"],
        "_unit": capture["_unit"],
        "_reversal": reversal,
        "_created": app.now,
    }
    book(app, "reversal" if reversal else "refund", id, -amount, currency)
    details = {"status_details": {"reason": reversal}} if reversal else {}
    captures.change(app, capture, **refund_state(capture, refunded), **details)
    if not reversal and _waits(app, capture):
        _change(app, refund, status="PENDING", status_details={"reason": "ECHECK"})
        app.world.schedule(app.now + REFUND_SECONDS, "paypal_refund.end", app.merchant_id, id)
        emit(app, "PAYMENT.REFUND.PENDING", refund, "refund")
        return refund
    return _complete(app, refund)


def _waits(app: App, capture: Document) -> bool:
    """What came by eCheck goes back by eCheck; the account may be set so that everything does."""
    return capture["_outcome"] == "echeck" or read_settings(app).refunds != "completed"


def _complete(app: App, refund: Document) -> Document:
    refund.pop("status_details", None)
    _change(app, refund, status="COMPLETED")
    emit(app, "PAYMENT.CAPTURE.REVERSED" if refund["_reversal"] else "PAYMENT.CAPTURE.REFUNDED", refund, "refund")
    return refund


def _undo(app: App, refund: Document, status: str) -> Document:
    amount, currency = to_minor(refund["amount"])
    book(app, "refund_failure", refund["id"], amount, currency)
    capture = fetch(app, captures.KIND, refund["_capture"])
    captures.change(app, capture, **refund_state(capture, capture["_refunded"] - amount))
    refund.pop("status_details", None)
    _change(app, refund, status=status)
    if status == "FAILED":
        emit(app, "PAYMENT.REFUND.FAILED", refund, "refund")
    return refund


def _change(app: App, refund: Document, **fields: Any) -> None:
    refund |= fields | {"update_time": timestamp(app.now)}
    store(app, KIND, refund)


@due_job("paypal_refund.end")
def _end_when_due(world: World, account: str, id: str) -> None:
    app = holder(world, account)
    refund = fetch(app, KIND, id)
    if read_settings(app).refunds == "failing":
        _undo(app, refund, "FAILED")
    else:
        _complete(app, refund)


ROUTES: Routes = (
    ("POST", "/v2/payments/captures/{capture_id}/refund", "captures.refund", create_refund),
    ("GET", "/v2/payments/refunds/{refund_id}", "refunds.get", retrieve_refund),
)
