"""An approved order becomes money: captured at once, or authorized to be captured later.

Invariant: an order is settled once, and only as its buyer's approval lets it; a refusal leaves it open, so that the
buyer may approve again, and counts towards the attempts that the account allows.
"""

from __future__ import annotations

from collections.abc import Callable

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.app import App
from store.sandbox.paypal.authorizations import make_authorization
from store.sandbox.paypal.captures import make_capture
from store.sandbox.paypal.errors import PayPalError, refuse
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.objects import fetch, link
from store.sandbox.paypal.order_documents import (
    KIND,
    PATH,
    find_order,
    is_over,
    save_order,
    show_minimum,
    show_order,
)
from store.sandbox.paypal.order_rules import check_caller, check_limit, check_source, find_duplicate
from store.sandbox.paypal.order_shipping import check_pickup
from store.sandbox.paypal.routing import Answer, Call
from store.sandbox.paypal.settings import read_settings

Make = Callable[[App, Document, Document, str], Document]


def capture_order(call: Call) -> Answer:
    """Capture an approved order of intent CAPTURE: its units' whole amounts."""
    check_caller(call.app, call.operation_id)
    order = find_order(call)
    if order["intent"] != "CAPTURE":
        raise refuse(call.operation_id, [("ACTION_DOES_NOT_MATCH_INTENT", "", None)])
    if order["status"] not in ("CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"):
        raise refuse(call.operation_id, [("ORDER_ALREADY_CAPTURED", "", None)])
    _check_payable(call, order)
    if order["_outcome"] == "declined":
        raise _decline(call, order)
    return _settle(call, order, make_capture)


def authorize_order(call: Call) -> Answer:
    """Authorize an approved order of intent AUTHORIZE; a declined buyer's authorization is DENIED."""
    check_caller(call.app, call.operation_id)
    order = fetch(call.app, KIND, call.params["id"], "id")
    if is_over(call.app, order):
        raise refuse(call.operation_id, [("ORDER_EXPIRED", "", None)])
    if order["intent"] != "AUTHORIZE":
        raise refuse(call.operation_id, [("ACTION_DOES_NOT_MATCH_INTENT", "", None)])
    if not read_settings(call.app).may_authorize:
        raise refuse(call.operation_id, [("AUTH_CAPTURE_NOT_ENABLED", "", None)])
    if order["status"] in ("COMPLETED", "VOIDED"):
        name = "ORDER_ALREADY_AUTHORIZED" if order["status"] == "COMPLETED" else "ORDER_COMPLETED_OR_VOIDED"
        raise refuse(call.operation_id, [(name, "", None)])
    _check_payable(call, order)
    return _settle(call, order, make_authorization)


def _check_payable(call: Call, order: Document) -> None:
    """Refuse an order that its buyer has not approved, or that the account may not be paid for."""
    source, units = call.body.get("payment_source") or {}, len(order["purchase_units"])
    check_source(call.operation_id, source, call.request_id, units)
    if order["status"] != "APPROVED":
        raise refuse(call.operation_id, [("ORDER_NOT_APPROVED", "", None)])
    if found := [finding for unit in order["purchase_units"] for finding in find_duplicate(call.app, unit)]:
        raise refuse(call.operation_id, found)
    if found := [finding for unit in order["purchase_units"] for finding in check_pickup(unit)]:
        raise refuse(call.operation_id, found)
    check_limit(call.app, call.operation_id, order)
    if order["_outcome"] == "action":
        save_order(call.app, order, status="PAYER_ACTION_REQUIRED")
        back = link(order["_origin"], f"/checkoutnow?token={order['id']}", "payer-action")
        raise refuse(call.operation_id, [("PAYER_ACTION_REQUIRED", "", None)], (back,), keeps_effect=True)


def _decline(call: Call, order: Document) -> PayPalError:
    """Count a declined attempt and return its refusal, with the link to where the buyer chooses other means."""
    if order["_declines"] >= read_settings(call.app).attempts:
        return refuse(call.operation_id, [("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED", "", None)])
    save_order(call.app, order, _declines=order["_declines"] + 1)
    back = link(order["_origin"], f"/checkoutnow?token={order['id']}", "redirect")
    return refuse(call.operation_id, [("INSTRUMENT_DECLINED", "", None)], (back,), keeps_effect=True)


def _settle(call: Call, order: Document, make: Make) -> Answer:
    for unit in order["purchase_units"]:
        make(call.app, order, unit, order["_outcome"])
    # Processed, which says nothing of the money: a capture may be pending (facts: liberapay's recorded traffic).
    order = save_order(call.app, order, status="COMPLETED")
    if order["intent"] == "CAPTURE":
        emit(call.app, "CHECKOUT.ORDER.COMPLETED", show_order(call.app, order), "checkout-order")
    return Answer(
        201,
        show_order(call.app, order),
        latest=f"{PATH}/{order['id']}",
        minimal=show_minimum(call.app, order),
    )
