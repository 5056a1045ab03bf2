"""What PayPal asks of an order beyond its schema: units, payees, instructions, ways to pay, what the account may do.

The same rules hold for a new order and for what a patch would make of one. Invariant: nothing is stored of an order
that breaks one, and every rule that is broken is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.app import App
from store.sandbox.paypal.buyers import PAYER_ID
from store.sandbox.paypal.countries import COUNTRIES
from store.sandbox.paypal.errors import Finding, issue, refuse
from store.sandbox.paypal.objects import to_minor
from store.sandbox.paypal.order_amounts import check_amounts
from store.sandbox.paypal.order_documents import read_context, unit_pointer
from store.sandbox.paypal.order_shipping import check_shipping
from store.sandbox.paypal.settings import Settings, read_settings
from store.sandbox.paypal.spec import list_issues

# What the account would have to be set up for: all but the buyer's PayPal account. The first that is listed is told.
NOT_ENABLED = {
    "card": ("NOT_ENABLED_FOR_CARD_PROCESSING",),
    "apple_pay": ("NOT_ENABLED_FOR_APPLE_PAY",),
    "google_pay": ("NOT_ENABLED_FOR_GOOGLE_PAY",),
    "token": ("TOKEN_ID_NOT_FOUND", "BILLING_AGREEMENT_NOT_FOUND"),
}
OF_WALLET = {"vault_id": ("INVALID_VAULT_ID",), "billing_agreement_id": ("BILLING_AGREEMENT_NOT_FOUND",)}
SEVERAL = ("MULTIPLE_PURCHASE_UNITS_NOT_SUPPORTED_FOR_PAYMENT_SOURCE", "PAYMENT_SOURCE_NOT_SUPPORTED")
ANY_SOURCE = ("NOT_ENABLED_FOR_PAYMENT_SOURCE", "UNSUPPORTED_INTENT_FOR_PAYMENT_SOURCE")
# These pay at once, so that a repeat would pay twice: they need a request id.
SINGLE_STEP = ("card", "token", "apple_pay", "google_pay", *OF_WALLET)
STANDINGS = {"restricted": "PAYEE_ACCOUNT_RESTRICTED", "locked": "PAYEE_ACCOUNT_LOCKED_OR_CLOSED"}


def check_order(app: App, operation_id: str, body: Document, context: Document | None = None) -> None:
    """Refuse an order that breaks PayPal's rules, with every broken one; `context` says how it is approved."""
    units, settings = body["purchase_units"], read_settings(app)
    context = read_context(body) if context is None else context
    found = list(
        chain(
            _check_units(body, units),
            check_amounts(units),
            check_shipping(units, context),
            *(_check_unit(app, settings, body["intent"], unit) for unit in units),
            _check_account(settings, body["intent"]),
        )
    )
    if found:
        raise refuse(operation_id, found)


def check_source(operation_id: str, source: Document, request_id: str, units: int = 1) -> None:
    """Refuse every way to pay but the buyer's PayPal account: this account is not set up for others."""
    wallet, at = source.get("paypal") or {}, "/payment_source/paypal"
    single = [name for name in SINGLE_STEP if name in source or name in wallet]
    if single and not request_id and operation_id == "orders.create":
        raise issue(operation_id, "PAYPAL_REQUEST_ID_REQUIRED", field="PayPal-Request-Id", location="")
    found: list[Finding] = []
    for name in source:
        if name != "paypal":
            names = SEVERAL if units > 1 else NOT_ENABLED.get(name, ())
            found.append((_listed(operation_id, *names), f"/payment_source/{name}", None))
    for name, names in OF_WALLET.items():
        if name in wallet:
            found.append((_listed(operation_id, *names), f"{at}/{name}", wallet[name]))
    if "vault" in (wallet.get("attributes") or {}):
        name = _listed(operation_id, "NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE", "VAULT_OWNER_ID_NOT_SUPPORTED")
        found.append((name, f"{at}/attributes/vault", None))
    country = (wallet.get("address") or {}).get("country_code", "US")
    if country not in COUNTRIES:
        found.append(("INVALID_COUNTRY_CODE", f"{at}/address/country_code", country))
    if found:
        raise refuse(operation_id, found)


def check_caller(app: App, operation_id: str) -> None:
    """Refuse (403) what the caller's account may not do any more."""
    denied = read_settings(app).status == "denied"
    if denied and "PERMISSION_DENIED" in {listed for _, listed in list_issues(operation_id)}:
        raise issue(operation_id, "PERMISSION_DENIED")


def find_duplicate(app: App, unit: Document) -> Iterator[Finding]:
    """Yield DUPLICATE_INVOICE_ID where the account wants each invoice paid once and this one was."""
    invoice = unit.get("invoice_id")
    if invoice and read_settings(app).unique_invoice_ids:
        paid = app.world.find(app.merchant_id, "paypal_capture", invoice_id=invoice)
        held = app.world.find(app.merchant_id, "paypal_authorization", invoice_id=invoice)
        if paid or held:
            yield "DUPLICATE_INVOICE_ID", f"{unit_pointer(unit)}/invoice_id", invoice


def check_limit(app: App, operation_id: str, order: Document) -> None:
    """Refuse an order above the greatest amount that the account's setting lets a buyer pay."""
    limit = read_settings(app).limit
    if limit and any(to_minor(_plain(unit["amount"]))[0] > limit for unit in order["purchase_units"]):
        raise issue(operation_id, "TRANSACTION_LIMIT_EXCEEDED")


def _check_units(body: Document, units: list[Document]) -> Iterator[Finding]:
    if len(units) > 1:
        names = [unit.get("reference_id") for unit in units]
        for number, name in enumerate(names):
            at = f"/purchase_units/{number}/reference_id"
            if name is None:
                yield "REFERENCE_ID_REQUIRED", at, None
            elif name in names[:number]:
                yield "DUPLICATE_REFERENCE_ID", at, name
        if body["intent"] == "AUTHORIZE":
            yield "UNSUPPORTED_INTENT", "/intent", "AUTHORIZE"
        if any(item.get("category") == "DONATION" for unit in units for item in unit.get("items") or []):
            yield "DONATION_ITEMS_NOT_SUPPORTED", "/purchase_units", None
    for unit in units:
        kinds = {item.get("category") for item in unit.get("items") or []} - {None}
        if "DONATION" in kinds and len(kinds) > 1:
            yield "MULTIPLE_ITEM_CATEGORIES", f"{unit_pointer(unit)}/items", None
        if any("billing_plan" in item for item in unit.get("items") or []):
            yield "UNSUPPORTED_INTEGRATION_FOR_BILLING_PLAN", f"{unit_pointer(unit)}/items", None
    payer = (body.get("payer") or {}).get("payer_id")
    if payer and payer != PAYER_ID:
        yield "INVALID_PAYER_ID", "/payer/payer_id", payer
    wallet = (body.get("payment_source") or {}).get("paypal") or {}
    if "application_context" in body and "experience_context" in wallet:
        yield "INCOMPATIBLE_PARAMETER_VALUE", "/application_context", None


def _check_unit(app: App, settings: Settings, intent: str, unit: Document) -> Iterator[Finding]:
    at, payee = unit_pointer(unit), unit.get("payee")
    if payee is not None and ((not payee) or payee.get("merchant_id", app.merchant_id) != app.merchant_id):
        yield "PAYEE_ACCOUNT_INVALID", f"{at}/payee", payee.get("merchant_id")
    elif settings.status in STANDINGS:
        yield STANDINGS[settings.status], f"{at}/payee", None
    yield from find_duplicate(app, unit)
    told, at = unit.get("payment_instruction") or {}, f"{at}/payment_instruction"
    if told and intent == "AUTHORIZE":
        yield "UNSUPPORTED_PAYMENT_INSTRUCTION", at, None
    if "payee_pricing_tier_id" in told:
        yield "PAYEE_PRICING_TIER_ID_NOT_ENABLED", f"{at}/payee_pricing_tier_id", told["payee_pricing_tier_id"]
    if "payee_receivable_fx_rate_id" in told:
        yield "INVALID_FX_RATE_ID", f"{at}/payee_receivable_fx_rate_id", told["payee_receivable_fx_rate_id"]
    if told.get("disbursement_mode") == "DELAYED" and not settings.platform_fees:
        yield "DELAYED_DISBURSEMENT_NOT_SUPPORTED", f"{at}/disbursement_mode", "DELAYED"
    yield from _check_fees(app, settings, unit, told.get("platform_fees") or [], f"{at}/platform_fees")


def _check_fees(app: App, settings: Settings, unit: Document, fees: list[Document], at: str) -> Iterator[Finding]:
    if fees and not settings.platform_fees:
        yield "PLATFORM_FEES_NOT_SUPPORTED", at, None
        return
    for number, fee in enumerate(fees):
        if (fee.get("payee") or {}).get("merchant_id", app.merchant_id) != app.merchant_id:
            yield "INVALID_PLATFORM_FEES_ACCOUNT", f"{at}/{number}/payee", None
        if _is_more(fee["amount"], unit["amount"]):
            yield "INVALID_PLATFORM_FEES_AMOUNT", f"{at}/{number}/amount/value", fee["amount"]["value"]


def _is_more(one: Document, other: Document) -> bool:
    try:
        return to_minor(_plain(one))[0] > to_minor(_plain(other))[0]
    except ValueError:
        return False  # too many decimals: that is told already


def _check_account(settings: Settings, intent: str) -> Iterator[Finding]:
    if intent == "AUTHORIZE" and not settings.may_authorize:
        yield "AUTH_CAPTURE_NOT_ENABLED", "/intent", intent


def _listed(operation_id: str, *names: str) -> str:
    """Return the first of these issues that the operation lists, or what it says of a way to pay that is not had."""
    listed = {issue for _, issue in list_issues(operation_id)}
    return next(name for name in (*names, *ANY_SOURCE) if name in listed)


def _plain(amount: Document) -> dict[str, str]:
    return {"currency_code": amount["currency_code"], "value": amount["value"]}
