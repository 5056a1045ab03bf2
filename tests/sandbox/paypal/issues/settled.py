"""Every issue that looking at, confirming, capturing and authorizing an order can meet here: one row each."""

from __future__ import annotations

from typing import Any

import httpx

from store.sandbox.paypal.approval import approve
from store.sandbox.paypal.objects import fetch, store
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.created import CARD, wallet
from tests.sandbox.paypal.issues.rows import AT, ORDERS, Row, option, set_to, unit

PATHS = {"get": "", "confirm": "/confirm-payment-source", "authorize": "/authorize", "capture": "/capture"}
INTENTS = {"authorize": "AUTHORIZE"}
UNKNOWN = {"token": {"id": "B-1", "type": "BILLING_AGREEMENT"}}
APART = {"experience_context": {"brand_name": "A"}}
# Every fault of a schema, met in the source a call pays with, and where it is told.
TOKEN = "/payment_source/token"
FAULTS = {
    "INVALID_PARAMETER_SYNTAX": ({"id": "!", "type": "BILLING_AGREEMENT"}, f"{TOKEN}/id"),
    "INVALID_PARAMETER_VALUE": ({"id": "1", "type": "GIFT"}, f"{TOKEN}/type"),
    "INVALID_STRING_LENGTH": ({"id": "", "type": "BILLING_AGREEMENT"}, f"{TOKEN}/id"),
    "MISSING_REQUIRED_PARAMETER": ({"type": "BILLING_AGREEMENT"}, f"{TOKEN}/id"),
}


def row(verb: str, issue: str, body: Any = None, *, field: str | None = None, **more: Any) -> Row:
    """A call about an order: `outcome` of its approval ("": none), `units`, `set_` settings, `tries` calls."""
    outcome, settings, tries = more.pop("outcome", "balance"), more.pop("set_", {}), more.pop("tries", 1)
    units, late, void = more.pop("units", [unit()]), more.pop("late", 0), more.pop("void", False)
    intent = more.pop("intent", INTENTS.get(verb, "CAPTURE"))

    async def call(paypal: PayPal) -> httpx.Response:
        order = await paypal.create("POST", ORDERS, {"intent": intent, "purchase_units": units})
        if outcome:
            approve(paypal.app, order["id"], outcome)
        if void:
            store(paypal.app, "paypal_order", fetch(paypal.app, "paypal_order", order["id"]) | {"status": "VOIDED"})
        paypal.advance(late)
        set_to(paypal, **settings)
        path, method = f"{ORDERS}/{order['id']}{PATHS[verb]}", "GET" if verb == "get" else "POST"
        for _ in range(tries):
            answer = await paypal.call(method, path, body if verb == "get" else body or {})
        return answer

    return Row(f"orders.{verb}", issue, call, field)


def missing(verb: str) -> Row:
    async def call(paypal: PayPal) -> httpx.Response:
        method = "GET" if verb == "get" else "POST"
        return await paypal.call(method, f"{ORDERS}/5O190127TN364715T{PATHS[verb]}", None if verb == "get" else {})

    return Row(f"orders.{verb}", "INVALID_RESOURCE_ID", call, "id")


def half(verb: str) -> Row:
    async def call(paypal: PayPal) -> httpx.Response:
        order, headers = await paypal.open_order(), {"Content-Type": "application/json"}
        return await paypal.client.post(f"{ORDERS}/{order['id']}{PATHS[verb]}", content=b"{", headers=headers)

    return Row(f"orders.{verb}", "MALFORMED_REQUEST_JSON", call, "/")


def paid_before(verb: str) -> Row:
    async def call(paypal: PayPal) -> httpx.Response:
        intent = INTENTS.get(verb, "CAPTURE")
        bodies = {"intent": intent, "purchase_units": [unit(invoice_id="7")]}
        first, second = [await paypal.create("POST", ORDERS, bodies) for _ in range(2)]
        for order in (first, second):
            approve(paypal.app, order["id"], "balance")
        await paypal.settle(first, verb)
        set_to(paypal, unique_invoice_ids=True)
        return await paypal.settle(second, verb)

    return Row(f"orders.{verb}", "DUPLICATE_INVOICE_ID", call, f"{AT}/invoice_id")


def confirmed(**source: Any) -> dict[str, Any]:
    return {"payment_source": source or {"paypal": {}}}


TWO = [unit(reference_id="a"), unit(reference_id="b")]
LONG = {"paypal": {"experience_context": {"brand_name": "x" * 128}}}
KNOWN = {"paypal": {"experience_context": {"shipping_preference": "SET_PROVIDED_ADDRESS"}}}
VAULT = {"vault": {"store_in_vault": "ON_SUCCESS", "usage_type": "MERCHANT"}}
IDEAL = {"ideal": {"name": "Ada Buyer", "country_code": "NL"}}
BOTH = [
    row_
    for verb in ("capture", "authorize")
    for row_ in (
        *[
            row(verb, name, {"payment_source": {"token": token}}, field=field)
            for name, (token, field) in FAULTS.items()
        ],
        half(verb),
        missing(verb),
        paid_before(verb),
        row(verb, "INVALID_ACCOUNT_STATUS", set_={"status": "closed"}),
        row(verb, "PERMISSION_DENIED", set_={"status": "denied"}),
        row(verb, "ORDER_NOT_APPROVED", outcome=""),
        row(verb, "PAYER_ACTION_REQUIRED", outcome="action"),
        row(verb, "TRANSACTION_LIMIT_EXCEEDED", set_={"limit": 2399}),
        row(
            verb,
            "INVALID_PICKUP_ADDRESS",
            units=[unit(shipping={"options": [option(type="PICKUP")]})],
            field=f"{AT}/shipping/name/full_name",
        ),
        row(verb, "TOKEN_ID_NOT_FOUND", {"payment_source": UNKNOWN}, field=TOKEN),
        row(
            verb,
            "BILLING_AGREEMENT_NOT_FOUND",
            {"payment_source": wallet(billing_agreement_id="B-1")},
            field="/payment_source/paypal/billing_agreement_id",
        ),
        row(
            verb,
            "INVALID_VAULT_ID",
            {"payment_source": wallet(vault_id="v1")},
            field="/payment_source/paypal/vault_id",
        ),
        row(
            verb,
            "VAULT_OWNER_ID_NOT_SUPPORTED",
            {"payment_source": wallet(attributes=VAULT)},
            field="/payment_source/paypal/attributes/vault",
        ),
    )
]
SETTLED = [
    *BOTH,
    missing("get"),
    row("get", "INVALID_ACCOUNT_STATUS", set_={"status": "closed"}),
    row("capture", "ORDER_ALREADY_CAPTURED", tries=2),
    row("capture", "INSTRUMENT_DECLINED", outcome="declined"),
    row("capture", "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED", outcome="declined", set_={"attempts": 1}, tries=2),
    row("capture", "NOT_ENABLED_FOR_CARD_PROCESSING", {"payment_source": CARD}, field="/payment_source/card"),
    row("capture", "NOT_ENABLED_FOR_PAYMENT_SOURCE", {"payment_source": {"venmo": {}}}, field="/payment_source/venmo"),
    row("capture", "PAYMENT_SOURCE_NOT_SUPPORTED", {"payment_source": CARD}, units=TWO, field="/payment_source/card"),
    row("authorize", "ACTION_DOES_NOT_MATCH_INTENT", intent="CAPTURE"),
    row("authorize", "ORDER_ALREADY_AUTHORIZED", tries=2),
    row("authorize", "ORDER_COMPLETED_OR_VOIDED", void=True),
    row("authorize", "ORDER_EXPIRED", late=6 * 3600),
    row("authorize", "AUTH_CAPTURE_NOT_ENABLED", set_={"may_authorize": False}),
    row(
        "authorize",
        "UNSUPPORTED_INTENT_FOR_PAYMENT_SOURCE",
        {"payment_source": CARD},
        field="/payment_source/card",
    ),
    row(
        "authorize",
        "INVALID_COUNTRY_CODE",
        {"payment_source": wallet(address={"country_code": "ZZ"})},
        field="/payment_source/paypal/address/country_code",
    ),
    *[row("confirm", name, confirmed(token=token), field=field) for name, (token, field) in FAULTS.items()],
    half("confirm"),
    row(
        "confirm",
        "INVALID_STRING_MAX_LENGTH",
        confirmed(**LONG),
        field="/payment_source/paypal/experience_context/brand_name",
    ),
    row("confirm", "PERMISSION_DENIED", confirmed(), set_={"status": "denied"}),
    row("confirm", "NOT_ENABLED_FOR_CARD_PROCESSING", confirmed(**CARD), field="/payment_source/card"),
    row("confirm", "NOT_ENABLED_FOR_PAYMENT_SOURCE", confirmed(**IDEAL), field="/payment_source/ideal"),
    row("confirm", "INVALID_VAULT_ID", confirmed(**wallet(vault_id="v1")), field="/payment_source/paypal/vault_id"),
    row(
        "confirm",
        "NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE",
        confirmed(**wallet(attributes=VAULT)),
        field="/payment_source/paypal/attributes/vault",
    ),
    row(
        "confirm",
        "MULTIPLE_PURCHASE_UNITS_NOT_SUPPORTED_FOR_PAYMENT_SOURCE",
        confirmed(**IDEAL),
        units=TWO,
        field="/payment_source/ideal",
    ),
    row("confirm", "NO_PAYMENT_SOURCE_PROVIDED", {"payment_source": {}}, field="/payment_source"),
    row("confirm", "ONLY_ONE_PAYMENT_SOURCE_ALLOWED", confirmed(paypal={}, **IDEAL), field="/payment_source"),
    row(
        "confirm",
        "UNSUPPORTED_PROCESSING_INSTRUCTION",
        confirmed() | {"processing_instruction": "ORDER_COMPLETE_ON_PAYMENT_APPROVAL"},
        field="/processing_instruction",
    ),
    row("confirm", "PAYMENT_ALREADY_APPROVED", confirmed()),
    row("confirm", "ORDER_CANNOT_BE_CONFIRMED", confirmed(), void=True),
    row("confirm", "TRANSACTION_LIMIT_EXCEEDED", confirmed(), outcome="", set_={"limit": 2399}),
    row(
        "confirm",
        "INCOMPATIBLE_PARAMETER_VALUE",
        confirmed(paypal=APART) | {"application_context": {"brand_name": "B"}},
        outcome="",
        field="/application_context",
    ),
    row("confirm", "SHIPPING_ADDRESS_INVALID", confirmed(**KNOWN), outcome="", field=f"{AT}/shipping/address"),
]


def settled_before(verb: str, issue: str) -> Row:
    async def call(paypal: PayPal) -> httpx.Response:
        order = await paypal.create(
            "POST", ORDERS, {"intent": INTENTS.get(verb, "CAPTURE"), "purchase_units": [unit()]}
        )
        approve(paypal.app, order["id"], "balance")
        await paypal.settle(order, verb)
        return await paypal.call("POST", f"{ORDERS}/{order['id']}{PATHS['confirm']}", confirmed())

    return Row("orders.confirm", issue, call)


SETTLED += [
    settled_before("capture", "ORDER_ALREADY_CAPTURED"),
    settled_before("authorize", "ORDER_ALREADY_AUTHORIZED"),
]
