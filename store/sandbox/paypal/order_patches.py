"""`PATCH` of an order: JSON Patch with PayPal's paths, on the attributes that PayPal lets one change.

The whole list of patches is applied to a copy, which has to be an order by schema and by rules; then it is stored.
Invariant: after the approval the amount stays what the buyer approved. Table of attributes: `orders.patch` of
checkout_orders_v2.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.errors import refuse
from store.sandbox.paypal.objects import to_minor
from store.sandbox.paypal.order_documents import build_unit, find_order, save_order
from store.sandbox.paypal.order_rules import check_caller, check_order
from store.sandbox.paypal.routing import Answer, Call
from store.sandbox.paypal.validate import find_faults
from store.sandbox.paypal.validate import refuse as refuse_syntax

ALL, NO_REMOVE, REPLACE = ("replace", "add", "remove"), ("replace", "add"), ("replace",)
UNIT_PATHS = {
    "": NO_REMOVE,
    "custom_id": ALL,
    "description": ALL,
    "payee/email": REPLACE,
    "payee/email_address": REPLACE,
    "shipping/name": NO_REMOVE,
    "shipping/email_address": NO_REMOVE,
    "shipping/phone_number": NO_REMOVE,
    "shipping/options": NO_REMOVE,
    "shipping/address": NO_REMOVE,
    "shipping/type": NO_REMOVE,
    "soft_descriptor": ("replace", "remove"),
    "amount": REPLACE,
    "items": ALL,
    "invoice_id": ALL,
    "payment_instruction": REPLACE,
    "payment_instruction/disbursement_mode": REPLACE,
    "payment_instruction/payee_receivable_fx_rate_id": ALL,
    "payment_instruction/platform_fees": ALL,
    "supplementary_data/airline": ALL,
    "supplementary_data/card": ALL,
}
# There without having been sent: by the account, or by PayPal's default.
ALWAYS = ("payee/email", "payee/email_address", "payment_instruction/disbursement_mode")
NEVER = ("id", "status", "links", "create_time", "update_time", "payments", "reference_id")
UNIT = re.compile(r"/purchase_units/@reference_id=='([^']*)'(?:/(.*))?")
PLAIN = re.compile(r"(?:/(?:[^/~]|~[01])*)+")
MOST_PATCHES = 100
SCHEMA = {"$ref": "#/components/schemas/order_request"}


def patch_order(call: Call) -> Answer:
    """Apply patches to an order that is not processed yet; 204, or a refusal and no change at all."""
    check_caller(call.app, call.operation_id)
    order = find_order(call)
    if order["status"] not in ("CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"):
        raise _fault(call, "ORDER_ALREADY_COMPLETED", "", None)
    if len(call.body) > MOST_PATCHES:
        raise _fault(call, "INVALID_ARRAY_MAX_ITEMS", "/", None)
    patched = copy.deepcopy(order)
    for number, patch in enumerate(call.body):
        _apply(call, patched, patch, f"/{number}")
    units = patched["purchase_units"]
    asked: Document = {name: patched[name] for name in ("intent", "payer") if name in patched}
    asked |= {"purchase_units": [_without_payments(unit) for unit in units]}
    if patched["status"] == "APPROVED":
        asked.pop("payer", None)
    faults = list(find_faults("checkout_orders_v2", SCHEMA, asked))
    if faults:
        raise refuse_syntax(call.operation_id, faults)
    check_order(call.app, call.operation_id, asked, patched["_context"])
    if order["status"] == "APPROVED" and _totals(order) != _totals(patched):
        raise _fault(call, "AMOUNT_CHANGE_NOT_ALLOWED", "/purchase_units", None)
    patched["purchase_units"] = [build_unit(call.app, unit) for unit in units]
    save_order(call.app, patched)
    return Answer(204)


def _apply(call: Call, order: Document, patch: Document, at: str) -> None:
    path, op = patch.get("path"), patch["op"]
    if path is None:
        raise _fault(call, "PATCH_PATH_REQUIRED", f"{at}/path", None)
    if not UNIT.fullmatch(path) and not PLAIN.fullmatch(path):
        raise _fault(call, "INVALID_JSON_POINTER_FORMAT", f"{at}/path", path)
    if "from" in patch:
        raise _fault(call, "INVALID_PARAMETER", f"{at}/from", patch["from"])
    if op not in ALL:
        raise _fault(call, "INVALID_PARAMETER_VALUE", f"{at}/op", op)
    if op != "remove" and "value" not in patch:
        raise _fault(call, "PATCH_VALUE_REQUIRED", f"{at}/value", None)
    if path == "/intent":
        _patch_intent(call, order, patch, at)
    elif path == "/payer" and op in NO_REMOVE:
        if not isinstance(patch["value"], dict):
            raise _fault(call, "INVALID_PARAMETER_SYNTAX", f"{at}/value", None)
        _check_presence(call, "payer" in order, patch, at)
        order["payer"] = patch["value"]
    elif path == "/purchase_units" and op in NO_REMOVE:
        if not isinstance(patch["value"], list) or not all(isinstance(unit, dict) for unit in patch["value"]):
            raise _fault(call, "INVALID_PARAMETER_SYNTAX", f"{at}/value", None)
        order["purchase_units"] = patch["value"]
    elif match := UNIT.fullmatch(path):
        _patch_unit(call, order, match, patch, at)
    else:
        raise _fault(call, _refusal(path), f"{at}/path", path)


def _patch_intent(call: Call, order: Document, patch: Document, at: str) -> None:
    """The intent may be replaced until the buyer has approved; only by one of the two."""
    if patch["op"] != "replace":
        raise _fault(call, "INVALID_PATCH_OPERATION", f"{at}/op", patch["op"])
    if patch["value"] not in ("CAPTURE", "AUTHORIZE"):
        raise _fault(call, "UNSUPPORTED_PATCH_PARAMETER_VALUE", f"{at}/value", str(patch["value"]))
    if order["status"] == "APPROVED" and patch["value"] != order["intent"]:
        raise _fault(call, "CANNOT_MODIFY_INTENT", f"{at}/value", patch["value"])
    order["intent"] = patch["value"]


def _patch_unit(call: Call, order: Document, match: re.Match[str], patch: Document, at: str) -> None:
    name, inner = match[1], match[2] or ""
    units = order["purchase_units"]
    place = next((n for n, unit in enumerate(units) if unit.get("reference_id", "default") == name), None)
    if place is None:
        raise _fault(call, "REFERENCE_ID_NOT_FOUND", f"{at}/path", patch["path"])
    if inner not in UNIT_PATHS:
        raise _fault(call, _refusal(inner), f"{at}/path", patch["path"])
    if patch["op"] not in UNIT_PATHS[inner]:
        raise _fault(call, "INVALID_PATCH_OPERATION", f"{at}/op", patch["op"])
    if not inner:
        if not isinstance(patch["value"], dict):
            raise _fault(call, "INVALID_PARAMETER_SYNTAX", f"{at}/value", None)
        units[place] = {"reference_id": name, **patch["value"]}
        return
    *parents, last = inner.split("/")
    # The table says `payee.email`; the attribute is called `email_address`.
    last = "email_address" if parents == ["payee"] else last
    target = units[place]
    for parent in parents:
        target = target.setdefault(parent, {})
    _check_presence(call, last in target or inner in ALWAYS, patch, at)
    if patch["op"] == "remove":
        del target[last]
    else:
        target[last] = patch["value"]
        if last == "email_address" and parents == ["payee"]:
            target.pop("merchant_id", None)


def _check_presence(call: Call, is_there: bool, patch: Document, at: str) -> None:
    """What is there can be replaced or removed and not added; what is not can only be added."""
    if is_there == (patch["op"] == "add"):
        raise _fault(call, "INVALID_PATCH_OPERATION", f"{at}/op", patch["op"])


def _refusal(path: str) -> str:
    """Return what PayPal says of a path it does not let one change: an attribute of its own, or none at all."""
    steps = path.strip("/").split("/")
    return "NOT_PATCHABLE" if steps[-1] in NEVER else "FIELD_NOT_PATCHABLE"


def _totals(order: Document) -> list[tuple[int, str]]:
    moneys = (unit["amount"] for unit in order["purchase_units"])
    return [to_minor({"currency_code": money["currency_code"], "value": money["value"]}) for money in moneys]


def _without_payments(unit: Document) -> Document:
    shipping = {name: value for name, value in (unit.get("shipping") or {}).items() if name != "trackers"}
    plain = {name: value for name, value in unit.items() if name not in ("payments", "shipping")}
    return plain | ({"shipping": shipping} if shipping else {})


def _fault(call: Call, name: str, field: str, value: Any) -> Exception:
    return refuse(call.operation_id, [(name, field, value)])
