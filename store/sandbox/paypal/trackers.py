"""Tracking of what was shipped for a capture: `track` adds a tracker to an order, a patch changes or cancels it.

Invariant: a tracker belongs to a completed capture of its order, and to one order of one unit. Its id is the capture's
and the number together, as PayPal makes it.
"""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.errors import Finding, issue, refuse
from store.sandbox.paypal.objects import link, timestamp
from store.sandbox.paypal.order_documents import PATH, find_order, save_order, show_order
from store.sandbox.paypal.order_rules import check_caller
from store.sandbox.paypal.payments import payments_of
from store.sandbox.paypal.routing import Answer, Call
from store.sandbox.paypal.validate import find_faults
from store.sandbox.paypal.validate import refuse as refuse_syntax

MOST_UPDATES = 15
# Path of a patch: the operations PayPal allows on it.
PATCHABLE = {"/items": ("replace",), "/notify_payer": ("replace", "add"), "/status": ("replace",)}


def add_tracker(call: Call) -> Answer:
    """Add a tracker to an order, or a further one; the whole order is answered."""
    check_caller(call.app, call.operation_id)
    order, body = find_order(call), call.body
    if len(order["purchase_units"]) > 1:
        raise issue(call.operation_id, "MSP_NOT_SUPPORTED")
    captures = payments_of(call.app, order["id"], order["purchase_units"][0]["reference_id"]).get("captures", [])
    capture = next((capture for capture in captures if capture["id"] == body["capture_id"]), None)
    if capture is None:
        raise issue(call.operation_id, "CAPTURE_ID_NOT_FOUND", field="/capture_id", value=body["capture_id"])
    if capture["status"] not in ("COMPLETED", "PARTIALLY_REFUNDED"):
        raise issue(call.operation_id, "CAPTURE_STATUS_NOT_VALID", field="/capture_id", value=capture["status"])
    _check_carrier(call, body)
    _check_items(call, order, body.get("items") or [])
    number, unit = body["tracking_number"], order["purchase_units"][0]
    id = f"{capture['id']}-{number}"
    tracker: Document = {
        "id": id,
        "status": "SHIPPED",
        "create_time": timestamp(call.now),
        "update_time": timestamp(call.now),
        "links": [
            link(order["_origin"], f"{PATH}/{order['id']}", "up"),
            link(order["_origin"], f"{PATH}/{order['id']}/trackers/{id}", "update", "PATCH"),
        ],
        "_number": number,
        "_carrier": body.get("carrier") or body.get("carrier_name_other", ""),
        "_notify": body.get("notify_payer", False),
        "_updates": 0,
    }
    if items := body.get("items"):
        tracker["items"] = items
    shipping = unit.setdefault("shipping", {})
    shipping["trackers"] = [one for one in shipping.get("trackers", []) if one["id"] != id] + [tracker]
    save_order(call.app, order)
    return Answer(201, show_order(call.app, order), latest=f"{PATH}/{order['id']}")


def patch_tracker(call: Call) -> Answer:
    """Change the items or the notification of a tracker, or cancel it; 204."""
    check_caller(call.app, call.operation_id)
    order = find_order(call)
    trackers = order["purchase_units"][0].get("shipping", {}).get("trackers", [])
    tracker = next((one for one in trackers if one["id"] == call.params["tracker_id"]), None)
    if tracker is None:
        raise issue(call.operation_id, "TRACKER_ID_NOT_FOUND", field="tracker_id", location="path")
    if tracker["_updates"] >= MOST_UPDATES:
        raise issue(call.operation_id, "MAX_TRACKER_UPDATE_COUNT_EXCEEDED")
    for number, patch in enumerate(call.body):
        _apply(call, order, tracker, patch, f"/{number}")
    tracker |= {"update_time": timestamp(call.now), "_updates": tracker["_updates"] + 1}
    save_order(call.app, order)
    return Answer(204)


def _apply(call: Call, order: Document, tracker: Document, patch: Document, at: str) -> None:
    path, value = patch.get("path"), patch.get("value", [])
    found: list[Finding] = []
    if path is None:
        found = [("PATCH_PATH_REQUIRED", f"{at}/path", None)]
    elif not path.startswith("/"):
        found = [("INVALID_JSON_POINTER_FORMAT", f"{at}/path", path)]
    elif path in ("/id", "/links", "/create_time", "/update_time"):
        found = [("NOT_PATCHABLE", f"{at}/path", path)]
    elif path not in PATCHABLE:
        found = [("FIELD_NOT_PATCHABLE", f"{at}/path", path)]
    elif patch["op"] not in PATCHABLE[path]:
        found = [("INVALID_PATCH_OPERATION", f"{at}/op", patch["op"])]
    elif "value" not in patch:
        found = [("PATCH_VALUE_REQUIRED", f"{at}/value", None)]
    if found:
        raise refuse(call.operation_id, found)
    if path == "/status":
        if value != "CANCELLED":
            raise refuse(call.operation_id, [("INVALID_PARAMETER_VALUE", f"{at}/value", str(value))])
        tracker["status"] = value
    elif path == "/items":
        schema = {"$ref": "#/components/schemas/tracker_item_list"}
        if faults := list(find_faults("checkout_orders_v2", schema, value, f"{at}/value")):
            raise refuse_syntax(call.operation_id, faults)
        _check_items(call, order, value, f"{at}/value")
        tracker["items"] = value
    else:
        tracker["_notify"] = bool(value)


def _check_carrier(call: Call, body: Document) -> None:
    """Refuse a shipment that nobody can follow: no number, spaces in it, or a carrier without a name."""
    required: list[str] = [] if "tracking_number" in body else ["/tracking_number"]
    if body.get("carrier") == "OTHER" and "carrier_name_other" not in body:
        required.append("/carrier_name_other")
    if required:
        raise refuse(call.operation_id, [("MISSING_REQUIRED_PARAMETER", field, None) for field in required])
    if any(letter.isspace() for letter in body["tracking_number"]):
        value = body["tracking_number"]
        raise issue(call.operation_id, "INVALID_TRACKING_NUMBER", field="/tracking_number", value=value)


def _check_items(call: Call, order: Document, items: list[Any], at: str = "/items") -> None:
    known = {item.get("sku") for unit in order["purchase_units"] for item in unit.get("items") or []}
    for number, item in enumerate(items):
        if "sku" in item and item["sku"] not in known:
            raise issue(call.operation_id, "ITEM_SKU_MISMATCH", field=f"{at}/{number}/sku", value=item["sku"])
