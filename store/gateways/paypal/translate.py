"""PayPal's orders, captures and refunds in the port's words, decided on the capture's status and on nothing else.

An order that is COMPLETED has been processed, which a declined one has too. Every field may be missing; a combination
that is not known is UNCLEAR, with a remark, and never paid. developer.paypal.com/docs/api/orders/v2/#orders_get
"""

from __future__ import annotations

from typing import Any

from store.gateways.paypal.faults import read_links
from store.gateways.paypal.wire import REFUND_MARK, as_list, as_object, as_text, read_money
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
from store.kit.money import Money

# Money that has come, even where some of it went back since.
PAID = frozenset(("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"))
UNPAID = frozenset(("DECLINED", "DENIED", "FAILED"))
BEFORE_CAPTURE = {
    "CREATED": SnapshotStatus.OPEN,
    "PAYER_ACTION_REQUIRED": SnapshotStatus.OPEN,
    "APPROVED": SnapshotStatus.APPROVED,
    "VOIDED": SnapshotStatus.EXPIRED,
}
OUTCOMES = {
    "COMPLETED": RefundOutcome.SUCCEEDED,
    "PENDING": RefundOutcome.PENDING,
    "FAILED": RefundOutcome.FAILED,
    "CANCELLED": RefundOutcome.CANCELED,
}
# Who has the word while a capture is pending; every other reason, and none, is PayPal's own matter.
WAITS_FOR = {
    "ECHECK": WaitsFor.BANK,
    "TRANSACTION_APPROVED_AWAITING_FUNDING": WaitsFor.BANK,
    "PENDING_REVIEW": WaitsFor.REVIEW,
}
# Why nothing came of a capture, as a sentence without full stop that a buyer may read.
DECLINE_WORDS = {
    "ECHECK": "The bank did not pay the eCheck",
    "DECLINED_BY_RISK_FRAUD_FILTERS": "PayPal declined the payment",
}
BRANDS = {"VISA": "Visa", "MASTERCARD": "Mastercard", "AMEX": "American Express"}
# Where an answer leads a buyer who has to agree; both forms are in use.
APPROVAL_RELS = ("payer-action", "approve")


def payment_snapshot(order: dict[str, Any], ref: str, *, livemode: bool) -> PaymentSnapshot:
    """An order as PayPal has it, `ref` being the id by which it was asked for."""
    units = as_list(order.get("purchase_units"))
    unit = units[0] if units else {}
    captures = as_list(as_object(unit.get("payments")).get("captures"))
    status, capture, remark = _status(order, captures)
    payment_id = as_text(capture.get("custom_id")) or as_text(unit.get("custom_id"))
    if len(units) != 1 and status != SnapshotStatus.OPEN:
        status, remark = SnapshotStatus.UNCLEAR, f"the order has {len(units)} parts where we asked for one"
    if capture and as_text(unit.get("custom_id")) not in ("", payment_id):
        status, remark = SnapshotStatus.UNCLEAR, f"the capture is for {payment_id}, the order for {unit['custom_id']}"
    try:
        money, sums = _sums(unit, capture)
    except GatewayBug as odd:
        status, remark, money, sums = SnapshotStatus.UNCLEAR, str(odd), None, {}
    is_paid = status == SnapshotStatus.SUCCEEDED
    return PaymentSnapshot(
        ref=ref,
        status=status,
        amount=money.amount if money else -1,
        currency=money.currency if money else "",
        payment_id=payment_id,
        order_id=as_text(unit.get("reference_id")),
        account_ref="",
        destination="",
        fee=0,
        livemode=livemode,
        capture_ref=as_text(capture.get("id")),
        method=_method(order) if is_paid or status == SnapshotStatus.PROCESSING else "",
        redirect_url=find_approval(order) if status == SnapshotStatus.OPEN else "",
        failure=_failure(capture) if status == SnapshotStatus.FAILED else None,
        remark=remark,
        payee_ref=as_text(as_object(capture.get("payee") or unit.get("payee")).get("merchant_id")),
        subtotal=sums.get("subtotal", -1),
        shipping=sums.get("shipping", 0),
        tax=sums.get("tax", 0),
        discount=sums.get("discount", 0),
        waits_for=WAITS_FOR.get(_code(capture), WaitsFor.PROVIDER),
    )


def expired_snapshot(ref: str, *, livemode: bool) -> PaymentSnapshot:
    """An order that PayPal does not know any more: it is gone 6 hours after it was made and nothing was taken."""
    return PaymentSnapshot(ref, SnapshotStatus.EXPIRED, -1, "", "", "", "", "", 0, livemode)


def find_approval(order: dict[str, Any]) -> str:
    """Where the buyer agrees to an order, "" when it asks nobody any more."""
    links = read_links(order)
    return next((links[rel] for rel in APPROVAL_RELS if rel in links), "")


def capture_snapshot(capture: dict[str, Any], ref: str, refunds: list[RefundSnapshot]) -> CaptureSnapshot:
    """A capture with what PayPal kept of it. What it keeps is said once the money has come, not while it is pending."""
    breakdown = as_object(capture.get("seller_receivable_breakdown"))
    fee = None
    if breakdown.get("paypal_fee"):
        amount = read_money(breakdown["paypal_fee"])
        landed = breakdown.get("paypal_fee_in_receivable_currency")
        fee = Moved(ref, amount, read_money(landed) if landed else amount) if amount.amount else None
    settled = capture.get("status") in PAID and bool(breakdown)
    return CaptureSnapshot(ref, settled=settled, provider_fee=fee, refunds=tuple(refunds))


def refund_snapshot(refund: dict[str, Any], capture_ref: str) -> RefundSnapshot:
    """One refund or reversal of this capture; a status that is not known is pending, so that it is looked at again.

    The money leaves our balance with the refund, also one that waits for a bank, and comes back when that fails.
    """
    custom_id, status = as_text(refund.get("custom_id")), as_text(refund.get("status"))
    return RefundSnapshot(
        ref=as_text(refund.get("id")),
        refund_id=custom_id.removeprefix(REFUND_MARK) if custom_id.startswith(REFUND_MARK) else "",
        capture_ref=capture_ref,
        amount=read_money(refund.get("amount")),
        outcome=OUTCOMES.get(status, RefundOutcome.PENDING),
        reason=as_text(as_object(refund.get("status_details")).get("reason")).replace("_", " ").lower(),
        came_back=status in ("FAILED", "CANCELLED"),
    )


def _status(order: dict[str, Any], captures: list[dict[str, Any]]) -> tuple[SnapshotStatus, dict[str, Any], str]:
    """The status, the capture that decided it ({} without one), and a remark where it is unclear."""
    told = as_text(order.get("status"))
    if not captures:
        if told in BEFORE_CAPTURE:
            return BEFORE_CAPTURE[told], {}, ""
        return SnapshotStatus.UNCLEAR, {}, f"the order is {told or 'without a status'} and has no capture"
    by_status: dict[str, list[dict[str, Any]]] = {"paid": [], "pending": [], "unpaid": [], "": []}
    for capture in captures:
        status = as_text(capture.get("status"))
        kind = "paid" if status in PAID else "unpaid" if status in UNPAID else "pending" if status == "PENDING" else ""
        by_status[kind].append(capture)
    if odd := by_status[""]:
        word = as_text(odd[0].get("status")) or "without a status"
        return SnapshotStatus.UNCLEAR, odd[0], f"the capture is {word}"
    coming = by_status["paid"] + by_status["pending"]
    if len(coming) > 1:
        return SnapshotStatus.UNCLEAR, coming[0], f"the order was captured {len(coming)} times"
    if by_status["paid"]:
        return SnapshotStatus.SUCCEEDED, coming[0], ""
    if coming:
        return SnapshotStatus.PROCESSING, coming[0], _reason(coming[0]) or "PayPal does not say what it waits for"
    return SnapshotStatus.FAILED, captures[-1], ""


def _sums(unit: dict[str, Any], capture: dict[str, Any]) -> tuple[Money, dict[str, int]]:
    """What was captured, or is to be, and what it is made of. Delivery was a line of ours and counts as one again."""
    asked = as_object(unit.get("amount"))
    money = read_money(capture.get("amount") or asked)
    parts = {name: read_money(part) for name, part in as_object(asked.get("breakdown")).items() if part}
    if any(part.currency != money.currency for part in parts.values()):
        raise GatewayBug("the order names more than one currency")
    total = read_money(asked) if asked else money
    if "item_total" not in parts:
        return money, {"subtotal": total.amount}

    def add(*names: str) -> int:
        return sum(parts[name].amount for name in names if name in parts)

    return money, {
        "subtotal": add("item_total", "shipping"),
        "shipping": add("handling", "insurance"),
        "tax": add("tax_total"),
        "discount": add("discount", "shipping_discount"),
    }


def _method(order: dict[str, Any]) -> str:
    card = as_object(as_object(order.get("payment_source")).get("card"))
    if not card:
        return "PayPal"
    brand = as_text(card.get("brand")) or "card"
    return f"{BRANDS.get(brand, brand.capitalize())} ending in {as_text(card.get('last_digits'))}"


def _failure(capture: dict[str, Any]) -> Failure:
    """Why nothing came of it. PayPal may give no details at all, and the reason is no promise."""
    words = DECLINE_WORDS.get(_code(capture), "PayPal declined the payment")
    return Failure(ref=as_text(capture.get("id")) or "capture", message=words)


def _reason(capture: dict[str, Any]) -> str:
    return _code(capture).replace("_", " ").lower()


def _code(capture: dict[str, Any]) -> str:
    return as_text(as_object(capture.get("status_details")).get("reason"))
