"""Why PayPal refuses a refund: the issues of `captures.refund`, in the order in which they are looked for.

Invariant: whatever passes here can be paid from the account, and never gives back more than the capture has left.
"""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.amounts import read_amount
from store.sandbox.paypal.app import App
from store.sandbox.paypal.balance import read_balance, sum_fees
from store.sandbox.paypal.captures import is_own
from store.sandbox.paypal.errors import issue
from store.sandbox.paypal.objects import Money, to_minor
from store.sandbox.paypal.settings import read_settings
from store.sandbox.paypal.standing import check_standing

OPERATION = "captures.refund"
REFUNDABLE_SECONDS = 180 * 86400
# The sandbox's own rule: PayPal says that there is a limit and not which.
MOST_REFUNDS = 100


def check_capture(app: App, capture: Document) -> None:
    """Refuse a capture that cannot be refunded at all, now or any more."""
    check_standing(app, OPERATION)
    if not is_own(app, capture):
        raise issue(OPERATION, "PERMISSION_DENIED")
    status, details = capture["status"], capture.get("status_details") or {}
    if status == "PENDING":
        raise issue(OPERATION, "PENDING_CAPTURE")
    if status in ("DECLINED", "FAILED"):
        raise issue(OPERATION, "REFUND_NOT_ALLOWED")
    if status == "REFUNDED":
        raise issue(OPERATION, "CAPTURE_FULLY_REFUNDED")
    if details.get("reason") == "CHARGEBACK":
        raise issue(OPERATION, "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK")
    if app.now > capture["_created"] + REFUNDABLE_SECONDS:
        raise issue(OPERATION, "REFUND_TIME_LIMIT_EXCEEDED")
    if len(app.world.find(app.merchant_id, "paypal_refund", _capture=capture["id"])) >= MOST_REFUNDS:
        raise issue(OPERATION, "MAX_NUMBER_OF_REFUNDS_EXCEEDED")


def check_request(app: App, body: dict[str, Any]) -> None:
    """Refuse an invoice id that another refund has, where the account wants them to be unique."""
    invoice = body.get("invoice_id")
    unique = read_settings(app).unique_invoice_ids
    if invoice and unique and app.world.find(app.merchant_id, "paypal_refund", invoice_id=invoice):
        raise issue(OPERATION, "DUPLICATE_INVOICE_ID", field="/invoice_id", value=invoice)


def check_amount(app: App, capture: Document, wanted: Money | None) -> int:
    """Return how much is refunded, minor units: all that is left without `wanted`."""
    whole, currency = to_minor(capture["amount"])
    left: int = whole - capture["_refunded"]
    amount = left
    if wanted is not None:
        amount, of = read_amount(OPERATION, wanted, "/amount")
        if of != currency:
            raise issue(OPERATION, "REFUND_CAPTURE_CURRENCY_MISMATCH", field="/amount/currency_code", value=of)
        if amount > left:
            raise issue(OPERATION, "REFUND_AMOUNT_EXCEEDED", field="/amount/value", value=wanted["value"])
    if amount < left and _is_disputed(app, capture):
        raise issue(OPERATION, "TRANSACTION_DISPUTED")
    # What captures cost does not keep their money from going back: PayPal takes that from the account's bank.
    if amount > read_balance(app, currency) + sum_fees(app, currency):
        raise issue(OPERATION, "REFUND_FAILED_INSUFFICIENT_FUNDS")
    return amount


def check_platform_fees(app: App, body: dict[str, Any], capture: Document) -> None:
    """Refuse platform fees where they are not enabled, and more than the captures took: none here takes any."""
    _, currency = to_minor(capture["amount"])
    for n, fee in enumerate((body.get("payment_instruction") or {}).get("platform_fees") or ()):
        field = f"/payment_instruction/platform_fees/{n}/amount"
        minor, of = read_amount(OPERATION, fee["amount"], field, may_be_zero=True)
        if of != currency:
            raise issue(OPERATION, "CURRENCY_MISMATCH", field=f"{field}/currency_code", value=of)
        if not read_settings(app).platform_fees:
            raise issue(OPERATION, "PLATFORM_FEE_NOT_ENABLED", field="/payment_instruction/platform_fees")
        if minor > 0:
            raise issue(OPERATION, "PLATFORM_FEE_EXCEEDED", field=f"{field}/value", value=fee["amount"]["value"])


def _is_disputed(app: App, capture: Document) -> bool:
    disputes = app.world.find(app.merchant_id, "paypal_dispute", _capture=capture["id"])
    return any(dispute["status"] != "RESOLVED" for dispute in disputes)
