"""Every issue that a tracker can meet here: one row each."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.rows import ORDERS, Row, broken, item, set_to, unit

SHIPPED = {"tracking_number": "AB12", "carrier": "FEDEX"}
SOLD = {"amount": broken(item_total="24.00"), "items": [item(sku="print-1")]}


def add(issue: str, *, field: str | None = None, **more: Any) -> Row:
    """A tracker of a captured order; `outcome` of its approval, `units`, `set_` settings, other fields of the body."""
    outcome, settings, sold = more.pop("outcome", "balance"), more.pop("set_", {}), more.pop("units", [SOLD])
    left_out, nothing = more.pop("left_out", ""), more.pop("nothing", False)

    async def call(paypal: PayPal) -> httpx.Response:
        order = await paypal.approve(outcome, purchase_units=sold)
        captured = (await paypal.settle(order)).json()
        capture = captured["purchase_units"][0]["payments"]["captures"][0]["id"]
        set_to(paypal, **settings)
        body = {"capture_id": capture, **SHIPPED, **more}
        body.pop(left_out, None)
        id = "5O190127TN364715T" if nothing else order["id"]
        return await paypal.call("POST", f"{ORDERS}/{id}/track", body)

    return Row("orders.track.create", issue, call, field)


def patch(issue: str, *patches: Any, field: str | None = None, **more: Any) -> Row:
    """Patches of a tracker; `tries` of them, `set_` settings, `raw` bytes instead."""
    tries, settings, raw, nothing = (more.get(name, default) for name, default in OPTIONS.items())

    async def call(paypal: PayPal) -> httpx.Response:
        order = await paypal.approve(purchase_units=[SOLD])
        captured = (await paypal.settle(order)).json()
        capture = captured["purchase_units"][0]["payments"]["captures"][0]["id"]
        await paypal.create("POST", f"{ORDERS}/{order['id']}/track", {"capture_id": capture, **SHIPPED})
        set_to(paypal, **settings)
        path = f"{ORDERS}/{order['id']}/trackers/{'X' if nothing else capture}-AB12"
        if raw:
            return await paypal.client.patch(path, content=raw, headers={"Content-Type": "application/json"})
        for _ in range(tries):
            answer = await paypal.call("PATCH", path, list(patches))
        return answer

    return Row("orders.trackers.patch", issue, call, field)


OPTIONS: dict[str, Any] = {"tries": 1, "set_": {}, "raw": b"", "nothing": False}
TWO = [unit(reference_id="a"), unit(reference_id="b")]
CANCEL = {"op": "replace", "path": "/status", "value": "CANCELLED"}
ITEMS = {"op": "replace", "path": "/items"}
TRACKED = [
    add("MISSING_REQUIRED_PARAMETER", left_out="capture_id", field="/capture_id"),
    add("INVALID_STRING_LENGTH", tracking_number="1" * 65, field="/tracking_number"),
    add("INVALID_PARAMETER_VALUE", carrier="PIGEON", field="/carrier"),
    add("INVALID_PARAMETER_SYNTAX", capture_id="not-one", field="/capture_id"),
    add("PERMISSION_DENIED", set_={"status": "denied"}),
    add("INVALID_RESOURCE_ID", nothing=True, field="id"),
    add("INVALID_TRACKING_NUMBER", tracking_number="AB 12", field="/tracking_number"),
    add("CAPTURE_STATUS_NOT_VALID", outcome="echeck", field="/capture_id"),
    add("ITEM_SKU_MISMATCH", items=[{"sku": "print-2"}], field="/items/0/sku"),
    add("CAPTURE_ID_NOT_FOUND", capture_id="5O190127TN364715T", field="/capture_id"),
    add("MSP_NOT_SUPPORTED", units=TWO),
    patch("FIELD_NOT_PATCHABLE", CANCEL | {"path": "/carrier"}, field="/0/path"),
    patch("INVALID_PARAMETER_VALUE", CANCEL | {"value": "SHIPPED"}, field="/0/value"),
    patch("MISSING_REQUIRED_PARAMETER", {"path": "/status", "value": "CANCELLED"}, field="/0/op"),
    patch("INVALID_STRING_LENGTH", ITEMS | {"value": [{"name": ""}]}, field="/0/value/0/name"),
    patch("INVALID_PATCH_OPERATION", CANCEL | {"op": "remove"}, field="/0/op"),
    patch("MALFORMED_REQUEST_JSON", raw=b"[{", field="/"),
    patch("PERMISSION_DENIED", CANCEL, set_={"status": "denied"}),
    patch("TRACKER_ID_NOT_FOUND", CANCEL, nothing=True, field="tracker_id"),
    patch("INVALID_JSON_POINTER_FORMAT", CANCEL | {"path": "status"}, field="/0/path"),
    patch("NOT_PATCHABLE", CANCEL | {"path": "/id"}, field="/0/path"),
    patch("PATCH_VALUE_REQUIRED", {"op": "replace", "path": "/status"}, field="/0/value"),
    patch("PATCH_PATH_REQUIRED", {"op": "replace", "value": "CANCELLED"}, field="/0/path"),
    patch("ITEM_SKU_MISMATCH", ITEMS | {"value": [{"sku": "print-2"}]}, field="/0/value/0/sku"),
    patch("MAX_TRACKER_UPDATE_COUNT_EXCEEDED", CANCEL, tries=16),
]
