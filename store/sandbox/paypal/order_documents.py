"""The order as a document: how it is made from a request, found, shown, and which links it has in which state.

Invariant: an order whose time is up is found by nobody, as at PayPal; one that is processed stays. What the sandbox
keeps for itself begins with `_`: `_context` (what the merchant said of the approval), `_outcome` (what the buyer
chose), `_expires` (epoch seconds), `_client_id`, `_origin`, `_declines`.
"""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.app import App
from store.sandbox.paypal.errors import missing
from store.sandbox.paypal.objects import fetch, link, new_id, shown, store, timestamp, to_minor, to_value
from store.sandbox.paypal.payments import payments_of
from store.sandbox.paypal.routing import Call
from store.sandbox.paypal.settings import read_settings

KIND = "paypal_order"
PATH = "/v2/checkout/orders"
# No money has moved yet: in these states an order is over when its time is.
WAITING = ("CREATED", "PAYER_ACTION_REQUIRED", "APPROVED")
VERBS = {"CAPTURE": "capture", "AUTHORIZE": "authorize"}


def build_order(call: Call) -> Document:
    """Return a new order of a checked request, stored nowhere yet."""
    body, app, id = call.body, call.app, new_id()
    wallet = (body.get("payment_source") or {}).get("paypal")
    context = read_context(body)
    waits = wallet is not None and "experience_context" in wallet
    order: Document = {
        "id": id,
        "intent": body["intent"],
        "status": "PAYER_ACTION_REQUIRED" if waits else "CREATED",
        "purchase_units": [build_unit(app, unit) for unit in body["purchase_units"]],
        "create_time": timestamp(app.now),
        "_client_id": app.client_id,
        "_origin": call.origin,
        "_context": context,
        "_expires": app.now + read_settings(app).order_seconds,
        "_declines": 0,
    }
    if wallet is not None:
        order["payment_source"] = {"paypal": _wallet_shown(wallet)}
    if payer := body.get("payer"):
        order["payer"] = dict(payer)
    order["links"] = build_links(order)
    return order


def build_unit(app: App, given: Document) -> Document:
    """Return a purchase unit as an order keeps it: with its reference, its payee, and money in PayPal's form."""
    unit = {"reference_id": "default", **given}
    unit["amount"] = _money(given["amount"])
    if breakdown := given["amount"].get("breakdown"):
        unit["amount"]["breakdown"] = {name: _money(value) for name, value in breakdown.items()}
    if items := given.get("items"):
        moneys = ("unit_amount", "tax")
        unit["items"] = [item | {name: _money(item[name]) for name in moneys if name in item} for item in items]
    unit["payee"] = dict(given.get("payee") or {"email_address": app.email, "merchant_id": app.merchant_id})
    return unit


def build_links(order: Document) -> list[dict[str, str]]:
    """Return the links of an order in its present state; the buyer's is `approve`, or `payer-action`."""
    origin, path = order["_origin"], f"{PATH}/{order['id']}"
    verb = VERBS[order["intent"]]
    buyer = f"/checkoutnow?token={order['id']}"
    update, settle = link(origin, path, "update", "PATCH"), link(origin, f"{path}/{verb}", verb, "POST")
    links = [link(origin, path, "self")]
    if order["status"] == "CREATED":
        return [*links, link(origin, buyer, "approve"), update, settle]
    if order["status"] == "PAYER_ACTION_REQUIRED":
        return [*links, link(origin, buyer, "payer-action")]
    return [*links, update, settle] if order["status"] == "APPROVED" else links


def find_order(call: Call) -> Document:
    """Return the order of a call; 404 INVALID_RESOURCE_ID for none, and for one whose time is up."""
    order = fetch(call.app, KIND, call.params["id"], "id")
    if is_over(call.app, order):
        raise missing("id", order["id"])
    return order


def is_over(app: App, order: Document) -> bool:
    """Tell whether an order has waited too long, for its approval or after it."""
    return order["status"] in WAITING and bool(order["_expires"] <= app.now)


def save_order(app: App, order: Document, **fields: Any) -> Document:
    """Store changed fields of an order, with the time of the change and the links of its state."""
    order |= fields | {"update_time": timestamp(app.now)}
    order["links"] = build_links(order)
    store(app, KIND, order)
    return order


def show_order(app: App, order: Document) -> Document:
    """Return the whole order as the API shows it, each unit with its payments."""
    whole: Document = shown(order)
    for unit in whole["purchase_units"]:
        if payments := payments_of(app, order["id"], unit["reference_id"]):
            unit["payments"] = payments
    return whole


def show_minimum(app: App, order: Document) -> Document:
    """Return id, status and links, with what was paid where the account's setting keeps that in minimal answers."""
    whole = show_order(app, order)
    least = {name: whole[name] for name in ("id", "status", "links")}
    paid = [unit for unit in whole["purchase_units"] if "payments" in unit]
    if paid and read_settings(app).minimal_captures:
        names = ("reference_id", "shipping", "payments")
        least["purchase_units"] = [{name: unit[name] for name in names if name in unit} for unit in paid]
        least |= {name: whole[name] for name in ("payment_source", "payer") if name in whole}
    return least


def read_context(body: Document) -> Document:
    """Return what a request says of the approval: `experience_context`, or the deprecated `application_context`."""
    wallet = (body.get("payment_source") or {}).get("paypal") or {}
    context: Document = wallet.get("experience_context") or body.get("application_context") or {}
    return context


def unit_pointer(unit: Document) -> str:
    """Return how PayPal points at a unit: by its reference, not by its place."""
    return f"/purchase_units/@reference_id=='{unit.get('reference_id', 'default')}'"


def _money(value: Document) -> Document:
    return dict(to_value(*to_minor({"currency_code": value["currency_code"], "value": value["value"]})))


def _wallet_shown(wallet: Document) -> Document:
    return {name: wallet[name] for name in ("email_address", "name", "address", "birth_date") if name in wallet}
