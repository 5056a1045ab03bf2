"""Authorizations: money that a buyer's approval holds for the payee, captured in parts or whole, or let go.

The hold is honoured for three days (HONOR_SECONDS) and valid for 29 (VALID_SECONDS) by the sandbox's clock; from the
fourth day it can be authorized anew. Invariant: the captures of an authorization, those of its reauthorizations
among them, stay within what its country allows: 115 % in the US and no more than 75 USD above, else the amount.
Shapes: `authorization-2` of payments_payment_v2.
"""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.paypal.amounts import read_amount
from store.sandbox.paypal.app import App
from store.sandbox.paypal.balance import holder
from store.sandbox.paypal.captures import PROTECTION, origin_of, payee_of, record_capture
from store.sandbox.paypal.errors import issue
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.grants import check_grant
from store.sandbox.paypal.objects import fetch, link, new_id, shown, store, timestamp, to_minor, to_value
from store.sandbox.paypal.order_documents import save_order
from store.sandbox.paypal.routing import Answer, Call, Routes
from store.sandbox.paypal.settings import read_settings
from store.sandbox.paypal.standing import check_standing

KIND = "paypal_authorization"
HONOR_SECONDS = 3 * 86400
VALID_SECONDS = 29 * 86400
# What may be captured above the authorized amount in the US.
OVER_PERCENT = 115
OVER_USD = 7500
# PayPal's usual number of captures of one authorization.
MOST_CAPTURES = 10
PATH = "/v2/payments/authorizations"
OPEN = ("CREATED", "PARTIALLY_CAPTURED", "PENDING")


def make_authorization(app: App, order: Document, unit: Document, outcome: str) -> Document:
    """Authorize one unit of an approved order and return the authorization; joins the open transaction.

    `outcome`: balance | echeck (CREATED) | review (PENDING until a test decides) | declined (DENIED).
    """
    status = {"review": "PENDING", "declined": "DENIED"}.get(outcome, "CREATED")
    details = {"status_details": {"reason": "PENDING_REVIEW"}} if status == "PENDING" else {}
    made = _authorize(app, order, unit, to_minor(_plain(unit["amount"])), {"status": status, **details}, outcome)
    app.world.schedule(made["_ends"], "paypal_authorization.expire", app.merchant_id, made["id"])
    return made


def finish_authorization(app: App, id: str, status: str) -> Document:
    """End PayPal's review of a PENDING authorization: CREATED or DENIED. ValueError for any other move."""
    authorization = fetch(app, KIND, id, "authorization_id")
    if authorization["status"] != "PENDING" or status not in ("CREATED", "DENIED"):
        raise ValueError(f"Authorization {id} is {authorization['status']}, which cannot become {status}.")
    authorization.pop("status_details", None)
    if status == "DENIED":
        authorization["status_details"] = {"reason": "DECLINED_BY_RISK_FRAUD_FILTERS"}
    with app.world.tx():
        return _change(app, authorization, status=status)


def retrieve_authorization(call: Call) -> Answer:
    """Return one authorization of this account."""
    return Answer(body=shown(_find(call)))


def capture_authorization(call: Call) -> Answer:
    """Capture all that is left of an authorization, or `amount`."""
    check_grant(call)
    app, body, authorization = call.app, call.body, _find(call)
    check_standing(app, call.operation_id)
    _check_open(call, authorization)
    root = _root(app, authorization)
    if root["_count"] >= MOST_CAPTURES:
        raise issue(call.operation_id, "MAX_CAPTURE_COUNT_EXCEEDED")
    amount, currency = _capture_amount(call, root)
    _check_invoice(call)
    order, unit = _find_unit(app, root)
    captured = root["_captured"] + amount
    whole, _ = to_minor(root["amount"])
    final = bool(body.get("final_capture"))
    status = "CAPTURED" if final or captured >= whole else "PARTIALLY_CAPTURED"
    root = _change(app, root, status=status, _captured=captured, _count=root["_count"] + 1)
    if authorization["_parent"]:
        _change(app, authorization, status=status)
    capture = record_capture(
        app,
        order,
        unit,
        root["_outcome"],
        amount=to_value(amount, currency),
        final=final,
        authorization=authorization,
        invoice_id=body.get("invoice_id"),
        note=body.get("note_to_payer"),
    )
    return Answer(201, shown(capture), latest=f"/v2/payments/captures/{capture['id']}")


def reauthorize(call: Call) -> Answer:
    """Authorize a payment anew after its honour period: another authorization, no longer valid than the first."""
    app, root = call.app, _find(call)
    check_standing(app, call.operation_id)
    wanted = call.body.get("amount")
    amount, currency = read_amount(call.operation_id, wanted, "/amount") if wanted else to_minor(root["amount"])
    if root["_parent"]:
        raise issue(call.operation_id, "REAUTHORIZATION_NOT_SUPPORTED")
    if root["status"] == "VOIDED":
        raise issue(call.operation_id, "AUTHORIZATION_VOIDED")
    if root["status"] == "CAPTURED":
        raise issue(call.operation_id, "AUTHORIZATION_ALREADY_CAPTURED")
    if root["status"] != "CREATED" and root["status"] != "PARTIALLY_CAPTURED":
        raise issue(call.operation_id, "TRANSACTION_REFUSED")
    if app.now < root["_honored_to"]:
        raise issue(call.operation_id, "REAUTHORIZATION_TOO_SOON")
    whole, of = to_minor(root["amount"])
    if currency != of:
        raise issue(call.operation_id, "AUTH_CURRENCY_MISMATCH", field="/amount/currency_code", value=currency)
    if amount > _most(app, whole, currency):
        raise issue(call.operation_id, "AUTHORIZATION_AMOUNT_EXCEEDED", field="/amount/value", value=wanted["value"])
    order, unit = _find_unit(app, root)
    _change(app, root, _honored_to=app.now + HONOR_SECONDS)
    new = _authorize(app, order, unit, (amount, currency), {"status": "CREATED"}, root["_outcome"], parent=root)
    return Answer(201, shown(new), latest=f"{PATH}/{new['id']}")


def void_authorization(call: Call) -> Answer:
    """Let go what an authorization still holds: 204, or 200 with the authorization if its representation is wanted."""
    check_grant(call)
    app, authorization = call.app, _find(call)
    check_standing(app, call.operation_id)
    if authorization["_parent"]:
        raise issue(call.operation_id, "CANNOT_BE_VOIDED")
    if authorization["status"] == "VOIDED":
        raise issue(call.operation_id, "PREVIOUSLY_VOIDED")
    if authorization["status"] == "CAPTURED":
        raise issue(call.operation_id, "PREVIOUSLY_CAPTURED")
    _void(app, authorization)
    if not call.prefer_representation:
        return Answer(204, latest=f"{PATH}/{authorization['id']}")
    return Answer(body=shown(authorization), latest=f"{PATH}/{authorization['id']}")


def _find(call: Call) -> Document:
    return fetch(call.app, KIND, call.params["authorization_id"], "authorization_id")


def _check_open(call: Call, authorization: Document) -> None:
    root = _root(call.app, authorization)
    refusals = {"VOIDED": "AUTHORIZATION_VOIDED", "DENIED": "AUTHORIZATION_DENIED"}
    refusals |= {"CAPTURED": "AUTHORIZATION_ALREADY_CAPTURED", "PENDING": "TRANSACTION_REFUSED"}
    if root["_expired"]:
        raise issue(call.operation_id, "AUTHORIZATION_EXPIRED")
    if root["status"] in refusals:
        raise issue(call.operation_id, refusals[root["status"]])


def _capture_amount(call: Call, root: Document) -> tuple[int, str]:
    whole, currency = to_minor(root["amount"])
    left, wanted = whole - root["_captured"], call.body.get("amount")
    if wanted is None:
        return left, currency
    amount, of = read_amount(call.operation_id, wanted, "/amount")
    if of != currency:
        raise issue(call.operation_id, "AUTH_CAPTURE_CURRENCY_MISMATCH", field="/amount/currency_code", value=of)
    if root["_captured"] + amount > _most(call.app, whole, currency):
        raise issue(call.operation_id, "MAX_CAPTURE_AMOUNT_EXCEEDED", field="/amount/value", value=wanted["value"])
    return amount, currency


def _most(app: App, whole: int, currency: str) -> int:
    """Return what may be captured of `whole` minor units in all."""
    if app.world.home != "US":
        return whole
    most = whole * OVER_PERCENT // 100
    return min(most, whole + OVER_USD) if currency == "USD" else most


def _check_invoice(call: Call) -> None:
    invoice = call.body.get("invoice_id")
    unique = read_settings(call.app).unique_invoice_ids
    if invoice and unique and call.app.world.find(call.app.merchant_id, "paypal_capture", invoice_id=invoice):
        raise issue(call.operation_id, "DUPLICATE_INVOICE_ID", field="/invoice_id", value=invoice)


def _root(app: App, authorization: Document) -> Document:
    """Return the authorization that a reauthorization goes back to; any other is its own."""
    return fetch(app, KIND, authorization["_parent"]) if authorization["_parent"] else authorization


def _find_unit(app: App, authorization: Document) -> tuple[Document, Document]:
    order = fetch(app, "paypal_order", authorization["_order"])
    units = order["purchase_units"]
    name = authorization["_unit"]
    return order, next(unit for unit in units if unit.get("reference_id", "default") == name)


def _authorize(
    app: App,
    order: Document,
    unit: Document,
    money: tuple[int, str],
    state: Document,
    outcome: str,
    parent: Document | None = None,
) -> Document:
    origin, id, now = origin_of(order), new_id(), app.now
    ends = parent["_ends"] if parent else now + VALID_SECONDS
    related = {"order_id": order["id"]} | ({"authorization_id": parent["id"]} if parent else {})
    authorization: Document = {
        "id": id,
        **state,
        "amount": to_value(*money),
        **{name: unit[name] for name in ("custom_id", "invoice_id") if unit.get(name)},
        "seller_protection": PROTECTION,
        "payee": payee_of(app, unit),
        "supplementary_data": {"related_ids": related},
        "expiration_time": timestamp(ends),
        "create_time": timestamp(now),
        "update_time": timestamp(now),
        "links": [
            link(origin, f"{PATH}/{id}", "self"),
            link(origin, f"{PATH}/{id}/capture", "capture", "POST"),
            *([] if parent else [link(origin, f"{PATH}/{id}/void", "void", "POST")]),
            *([] if parent else [link(origin, f"{PATH}/{id}/reauthorize", "reauthorize", "POST")]),
            link(origin, f"/v2/checkout/orders/{order['id']}", "up"),
        ],
        "_order": order["id"],
        "_unit": unit.get("reference_id", "default"),
        "_outcome": outcome,
        "_parent": parent["id"] if parent else None,
        "_ends": ends,
        "_honored_to": now + HONOR_SECONDS,
        "_captured": 0,
        "_count": 0,
        "_expired": False,
    }
    store(app, KIND, authorization)
    emit(app, "PAYMENT.AUTHORIZATION.CREATED", authorization, "authorization")
    return authorization


def _void(app: App, authorization: Document) -> None:
    for again in app.world.find(app.merchant_id, KIND, _parent=authorization["id"]):
        _change(app, again, status="VOIDED")
    _change(app, authorization, status="VOIDED")
    emit(app, "PAYMENT.AUTHORIZATION.VOIDED", authorization, "authorization")
    if not authorization["_captured"]:
        save_order(app, fetch(app, "paypal_order", authorization["_order"]), status="VOIDED")


def _change(app: App, authorization: Document, **fields: Any) -> Document:
    authorization |= fields | {"update_time": timestamp(app.now)}
    store(app, KIND, authorization)
    return authorization


def _plain(amount: Document) -> dict[str, str]:
    return {"currency_code": amount["currency_code"], "value": amount["value"]}


@due_job("paypal_authorization.expire")
def _expire_when_due(world: World, account: str, id: str) -> None:
    app = holder(world, account)
    authorization = fetch(app, KIND, id)
    if authorization["status"] in OPEN:
        authorization["_expired"] = True
        _void(app, authorization)


ROUTES: Routes = (
    ("GET", f"{PATH}/{{authorization_id}}", "authorizations.get", retrieve_authorization),
    ("POST", f"{PATH}/{{authorization_id}}/capture", "authorizations.capture", capture_authorization),
    ("POST", f"{PATH}/{{authorization_id}}/reauthorize", "authorizations.reauthorize", reauthorize),
    ("POST", f"{PATH}/{{authorization_id}}/void", "authorizations.void", void_authorization),
)
