"""Refunds of captures, ours and those made at PayPal. developer.paypal.com/docs/api/payments/v2/#captures_refund

PayPal has no list of refunds: a capture leads to its order, and the order has them all, reversals among them.
"""

from __future__ import annotations

from typing import Any

from store.gateways.paypal.client import PayPalCalls, path_of
from store.gateways.paypal.faults import find_fault, read_links
from store.gateways.paypal.orders import ORDERS_PATH
from store.gateways.paypal.translate import capture_snapshot, refund_snapshot
from store.gateways.paypal.wire import REFUND_MARK, as_list, as_object, as_text, to_wire
from store.gateways.port import CaptureSnapshot, Declined, GatewayBug, RefundRequest, RefundSnapshot

CAPTURES_PATH = "/v2/payments/captures"
REFUNDS_PATH = "/v2/payments/refunds"


async def refund(calls: PayPalCalls, request: RefundRequest) -> RefundSnapshot:
    """Ask for a refund under our refund's id as key; PayPal remembers it for 45 days."""
    body = {
        "amount": to_wire(request.amount, request.currency),
        "custom_id": f"{REFUND_MARK}{request.refund_id}",
    }
    path = f"{CAPTURES_PATH}/{request.capture_ref}/refund"
    try:
        made = await calls.call("captures.refund", "POST", path, body=body, key=f"refund:{request.refund_id}")
    except Declined as refused:
        # An issue that is the buyer's where money comes is nobody's where it goes back.
        raise GatewayBug(str(find_fault(refused))) from refused
    # What a minimal answer leaves out is what was asked for.
    return refund_snapshot({**body, **made}, request.capture_ref)


async def find_refunds(calls: PayPalCalls, capture_ref: str) -> list[RefundSnapshot]:
    """Every refund and reversal of one capture, whoever made it."""
    return await _list_refunds(calls, await _fetch(calls, capture_ref), capture_ref)


async def fetch_refund(calls: PayPalCalls, ref: str, capture_ref: str) -> RefundSnapshot | None:
    """One refund or reversal by its own id, which an event tells before the order may show it."""
    try:
        found = await calls.call("refunds.get", "GET", f"{REFUNDS_PATH}/{ref}")
    except GatewayBug as refused:
        fault = find_fault(refused)
        if fault and fault.status == 404:
            return None
        raise
    return refund_snapshot(found, capture_ref) if _is_of(found, capture_ref) else None


async def fetch_capture(calls: PayPalCalls, ref: str) -> CaptureSnapshot:
    """The capture with what PayPal kept of it and what went back."""
    capture = await _fetch(calls, ref)
    return capture_snapshot(capture, ref, await _list_refunds(calls, capture, ref))


async def _fetch(calls: PayPalCalls, ref: str) -> dict[str, Any]:
    return await calls.call("captures.get", "GET", f"{CAPTURES_PATH}/{ref}")


async def _list_refunds(calls: PayPalCalls, capture: dict[str, Any], capture_ref: str) -> list[RefundSnapshot]:
    """As the order has them. Raises GatewayBug where the order is not to be found."""
    related = as_object(as_object(capture.get("supplementary_data")).get("related_ids"))
    order_id = as_text(related.get("order_id"))
    up = path_of(read_links(capture).get("up", ""))
    path = f"{ORDERS_PATH}/{order_id}" if order_id else up if up.startswith(f"{ORDERS_PATH}/") else ""
    if not path:
        raise GatewayBug(f"capture {capture_ref} does not say which order it is of")
    try:
        order = await calls.call("orders.get", "GET", path)
    except GatewayBug as refused:
        fault = find_fault(refused)
        if fault and fault.status == 404 and capture.get("status") in ("COMPLETED", "PENDING"):
            # An order may be gone while its capture stays; a capture of which nothing went back needs it no more.
            return []
        raise
    return [
        refund_snapshot(one, capture_ref)
        for unit in as_list(order.get("purchase_units"))
        for one in as_list(as_object(unit.get("payments")).get("refunds"))
        if _is_of(one, capture_ref)
    ]


def _is_of(refund: dict[str, Any], capture_ref: str) -> bool:
    """Whether a refund is of this capture, by its link; one without a link can only be of the order's own."""
    up = path_of(read_links(refund).get("up", ""))
    return not up or up == f"{CAPTURES_PATH}/{capture_ref}"
