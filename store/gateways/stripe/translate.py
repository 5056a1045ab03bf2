"""Stripe's objects in our words. SDK objects stop here; what is unclear is called unclear, never guessed.

Paid is: session `complete`, mode `payment`, and `payment_status` `paid`; or a total of zero with no intent and
`payment_status` `paid` or `no_payment_required`, since both occur. `unpaid` is never paid.
"""

from __future__ import annotations

from typing import Any

from store.gateways.port import (
    CaptureSnapshot,
    Failure,
    GatewayBug,
    Moved,
    PaymentSnapshot,
    RefundOutcome,
    RefundSnapshot,
    SnapshotStatus,
    WaitsFor,
)
from store.gateways.stripe.wire import from_wire, read_money

DECLINE_WORDS = {
    "insufficient_funds": "The card has insufficient funds",
    "lost_card": "The bank declined the card",
    "stolen_card": "The bank declined the card",
    "generic_decline": "The bank declined the card",
    "expired_card": "The card has expired",
    "incorrect_cvc": "The card's security code is incorrect",
    "processing_error": "The card could not be processed just now",
    "incorrect_number": "The card number is incorrect",
    "card_velocity_exceeded": "The card was used too often in a short time",
    "payment_intent_authentication_failure": "The bank could not confirm that it was you",
    "authentication_required": "The bank asks you to confirm the payment",
}
DEBITS = ("us_bank_account", "sepa_debit")
BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "jcb": "JCB"}


def payment_snapshot(session: dict[str, Any], account_ref: str) -> PaymentSnapshot:
    """A retrieved session, its intent and latest charge expanded."""
    intent = _object(session.get("payment_intent"))
    charge = _object(intent.get("latest_charge"))
    metadata = session.get("metadata") or {}
    status, remark = _status(session, intent)
    try:
        sums = _sums(session, intent, session.get("currency") or metadata.get("currency", ""))
    except GatewayBug as odd:
        status, remark, sums = SnapshotStatus.UNCLEAR, str(odd), {"amount": -1, "fee": -1}
    paid_charge = charge if charge.get("status") == "succeeded" else {}
    return PaymentSnapshot(
        ref=session["id"],
        status=status,
        currency=(session.get("currency") or "").upper(),
        payment_id=session.get("client_reference_id") or "",
        order_id=metadata.get("order_id", ""),
        account_ref=account_ref,
        destination=(_object(intent.get("transfer_data"))).get("destination") or "",
        on_behalf_of=_id(intent.get("on_behalf_of")),
        livemode=bool(session.get("livemode")),
        capture_ref=paid_charge.get("id") or (session["id"] if not intent else ""),
        method=_method(paid_charge),
        redirect_url=session.get("url") or "",
        failure=_failure(intent),
        remark=remark,
        code=_code(session),
        payee_ref="",
        waits_for=WaitsFor.BANK,
        **sums,
    )


def capture_snapshot(
    charge: dict[str, Any],
    *,
    transfer: dict[str, Any] | None,
    reversals: list[dict[str, Any]],
    application_fee: dict[str, Any] | None,
    fee_refunds: list[dict[str, Any]],
    refunds: list[RefundSnapshot],
) -> CaptureSnapshot:
    """A charge with its balance transaction, transfer, application fee and everything that went back."""
    balance = _object(charge.get("balance_transaction"))
    settled = bool(balance)
    if charge.get("application_fee_amount") and not charge.get("application_fee"):
        settled = False
    if application_fee and not application_fee.get("balance_transaction"):
        settled = False
    if _object(charge.get("transfer_data")).get("destination") and not charge.get("transfer"):
        settled = False
    return CaptureSnapshot(
        ref=charge["id"],
        settled=settled,
        provider_fee=_provider_fee(balance),
        transfer=read_moved(transfer) if transfer else None,
        application_fee=read_moved(application_fee) if application_fee else None,
        transfer_reversals=tuple(read_moved(r) for r in reversals),
        fee_refunds=tuple(read_moved(r) for r in fee_refunds),
        refunds=tuple(refunds),
    )


def refund_snapshot(refund: dict[str, Any]) -> RefundSnapshot:
    """One refund; `requires_action` has not moved money yet and is pending to us.

    Where the balance had too little, a refund is pending too and has no balance transaction until it is taken.
    """
    status = refund.get("status") or "pending"
    return RefundSnapshot(
        ref=refund["id"],
        refund_id=(refund.get("metadata") or {}).get("refund_id", ""),
        capture_ref=_id(refund.get("charge")),
        amount=read_money(int(refund["amount"]), refund["currency"]),
        outcome=RefundOutcome(status) if status in RefundOutcome._value2member_map_ else RefundOutcome.PENDING,
        reason=refund.get("failure_reason") or "",
        taken=bool(refund.get("balance_transaction")),
        came_back=bool(refund.get("failure_balance_transaction")),
    )


def read_moved(thing: dict[str, Any]) -> Moved:
    """A transfer, a fee or a reversal; what has no balance transaction yet has landed as it is."""
    amount = read_money(int(thing["amount"]), thing["currency"])
    balance = _object(thing.get("balance_transaction"))
    landed = read_money(abs(int(balance["amount"])), balance["currency"]) if balance else amount
    return Moved(thing["id"], amount, landed, _id(thing.get("source_refund")))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: Any) -> str:
    return value if isinstance(value, str) else _object(value).get("id") or ""


def decline_words(error: dict[str, Any]) -> str:
    """Why a try failed, as a sentence without full stop that a buyer may read."""
    code = error.get("decline_code") or error.get("code") or ""
    return DECLINE_WORDS.get(code) or DECLINE_WORDS.get(error.get("code") or "", "The payment was declined")


def _status(session: dict[str, Any], intent: dict[str, Any]) -> tuple[SnapshotStatus, str]:
    state, paid, total = session.get("status"), session.get("payment_status"), session.get("amount_total")
    if session.get("mode") != "payment":
        return SnapshotStatus.UNCLEAR, f"session of mode {session.get('mode')!r}, not payment"
    if state == "open":
        return SnapshotStatus.OPEN, ""
    if state == "expired":
        return SnapshotStatus.EXPIRED, ""
    if state == "complete":
        if paid == "paid" and (intent or total == 0):
            return SnapshotStatus.SUCCEEDED, ""
        if paid == "no_payment_required" and total == 0 and not intent:
            return SnapshotStatus.SUCCEEDED, ""
        if paid == "unpaid" and intent.get("status") in ("processing", "succeeded", "requires_action"):
            return SnapshotStatus.PROCESSING, ""
        if paid == "unpaid" and intent.get("status") in ("requires_payment_method", "canceled"):
            return SnapshotStatus.FAILED, ""
    return SnapshotStatus.UNCLEAR, f"session {state!r} with payment_status {paid!r} and total {total}"


def _sums(session: dict[str, Any], intent: dict[str, Any], currency: str) -> dict[str, int]:
    """The session's amounts in our minor units; a total that is missing is -1, which equals nothing of ours."""
    details = _object(session.get("total_details"))
    told = {
        "amount": session.get("amount_total"),
        "subtotal": session.get("amount_subtotal"),
        "shipping": details.get("amount_shipping") or 0,
        "tax": details.get("amount_tax") or 0,
        "discount": details.get("amount_discount") or 0,
        "fee": intent.get("application_fee_amount") or 0,
    }
    return {name: -1 if value is None else from_wire(int(value), currency) for name, value in told.items()}


def _code(session: dict[str, Any]) -> str:
    """The id of the promotion code that the buyer typed on the page."""
    return next((_id(d["promotion_code"]) for d in session.get("discounts") or [] if d.get("promotion_code")), "")


def _failure(intent: dict[str, Any]) -> Failure | None:
    error = _object(intent.get("last_payment_error"))
    if not error:
        return None
    words = decline_words(error)
    if _object(error.get("payment_method")).get("type") in DEBITS:
        words = words.replace("The card", "The bank account")
    return Failure(ref=error.get("charge") or f"{intent['id']}:{error.get('code')}", message=words)


def _method(charge: dict[str, Any]) -> str:
    details = _object(charge.get("payment_method_details"))
    for debit in DEBITS:
        if bank := _object(details.get(debit)):
            return f"Bank account ending in {bank.get('last4')}"
    card = _object(details.get("card"))
    if not card:
        return ""
    brand = card.get("brand") or "card"
    return f"{BRANDS.get(brand, brand.title())} ending in {card.get('last4')}"


def _provider_fee(balance: dict[str, Any]) -> Moved | None:
    """All that Stripe keeps (fees, taxes on them, passed-on costs); the application fee beside it goes to us."""
    if not balance:
        return None
    own = sum(int(d["amount"]) for d in balance.get("fee_details") or [] if d.get("type") != "application_fee")
    money = read_money(own, balance["currency"])
    return Moved(balance["id"], money, money) if own else None
