"""Orders v2: create, get and confirm; the routes of all that can be done with an order.

Invariant: an order is stored only when its body has passed PayPal's schema and PayPal's rules. Shapes: `order` of
checkout_orders_v2.
"""

from __future__ import annotations

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.errors import refuse
from store.sandbox.paypal.order_documents import (
    PATH,
    build_order,
    find_order,
    read_context,
    save_order,
    show_minimum,
    show_order,
)
from store.sandbox.paypal.order_patches import patch_order
from store.sandbox.paypal.order_payments import authorize_order, capture_order
from store.sandbox.paypal.order_rules import check_caller, check_limit, check_order, check_source
from store.sandbox.paypal.order_shipping import check_shipping
from store.sandbox.paypal.routing import Answer, Call, Routes
from store.sandbox.paypal.trackers import add_tracker, patch_tracker


def create_order(call: Call) -> Answer:
    """Create an order that waits for its buyer."""
    check_caller(call.app, call.operation_id)
    units = call.body["purchase_units"]
    check_source(call.operation_id, call.body.get("payment_source") or {}, call.request_id, len(units))
    check_order(call.app, call.operation_id, call.body)
    order = save_order(call.app, build_order(call))
    return answer_order(call, order, 201)


def get_order(call: Call) -> Answer:
    """Answer one order as it is now."""
    check_caller(call.app, call.operation_id)
    return answer_order(call, find_order(call), 200)


def confirm_order(call: Call) -> Answer:
    """Say how the buyer will pay, which has to be the PayPal account; the buyer has to approve then."""
    check_caller(call.app, call.operation_id)
    order, source = find_order(call), call.body["payment_source"]
    if not source:
        raise refuse(call.operation_id, [("NO_PAYMENT_SOURCE_PROVIDED", "/payment_source", None)])
    if len(source) > 1:
        raise refuse(call.operation_id, [("ONLY_ONE_PAYMENT_SOURCE_ALLOWED", "/payment_source", None)])
    check_source(call.operation_id, source, call.request_id, len(order["purchase_units"]))
    instruction = call.body.get("processing_instruction", "NO_INSTRUCTION")
    if instruction != "NO_INSTRUCTION":
        raise refuse(
            call.operation_id, [("UNSUPPORTED_PROCESSING_INSTRUCTION", "/processing_instruction", str(instruction))]
        )
    if name := _find_obstacle(order):
        raise refuse(call.operation_id, [(name, "", None)])
    check_limit(call.app, call.operation_id, order)
    if "application_context" in call.body and "experience_context" in source["paypal"]:
        raise refuse(call.operation_id, [("INCOMPATIBLE_PARAMETER_VALUE", "/application_context", None)])
    context = read_context(call.body) or order["_context"]
    if found := list(check_shipping(order["purchase_units"], context)):
        raise refuse(call.operation_id, found)
    order = save_order(call.app, order, status="PAYER_ACTION_REQUIRED", payment_source={"paypal": {}}, _context=context)
    return answer_order(call, order, 200)


def answer_order(call: Call, order: Document, status: int) -> Answer:
    """Return the answer that shows an order, whole and in its short form, and where its latest state is read."""
    return Answer(
        status,
        show_order(call.app, order),
        latest=f"{PATH}/{order['id']}",
        minimal=show_minimum(call.app, order),
    )


def _find_obstacle(order: Document) -> str | None:
    """Return why an order can no longer be confirmed, or None."""
    if order["status"] == "COMPLETED":
        return "ORDER_ALREADY_CAPTURED" if order["intent"] == "CAPTURE" else "ORDER_ALREADY_AUTHORIZED"
    return {"VOIDED": "ORDER_CANNOT_BE_CONFIRMED", "APPROVED": "PAYMENT_ALREADY_APPROVED"}.get(order["status"])


ROUTES: Routes = (
    ("POST", PATH, "orders.create", create_order),
    ("GET", f"{PATH}/{{id}}", "orders.get", get_order),
    ("PATCH", f"{PATH}/{{id}}", "orders.patch", patch_order),
    ("POST", f"{PATH}/{{id}}/confirm-payment-source", "orders.confirm", confirm_order),
    ("POST", f"{PATH}/{{id}}/authorize", "orders.authorize", authorize_order),
    ("POST", f"{PATH}/{{id}}/capture", "orders.capture", capture_order),
    ("POST", f"{PATH}/{{id}}/track", "orders.track.create", add_tracker),
    ("PATCH", f"{PATH}/{{id}}/trackers/{{tracker_id}}", "orders.trackers.patch", patch_tracker),
)
