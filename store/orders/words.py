"""The one function that turns the facts of an order into the words of a page (`experience` has the table).

Payment state, refunded amount and what is on its way back are facts; label, sentence and tone are derived here and
nowhere else, and never stored.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from babel import Locale
from msgspec import Struct

from store.gateways.port import NAMES, PAYPAL
from store.kit.money import LOCALE, Money
from store.orders.states import PaymentState, RefundReason

SLOW_AFTER = timedelta(seconds=30)
# Age of the wait and seconds between polls; after the last one the page stops asking and mail takes over.
INTERVALS = (
    (timedelta(seconds=20), 2),
    (timedelta(seconds=60), 5),
    (timedelta(minutes=5), 15),
    (timedelta(minutes=30), 60),
)
REASONS: dict[str, str] = {
    RefundReason.NOT_ARRIVED: "It has not arrived",
    RefundReason.DAMAGED: "It arrived damaged",
    RefundReason.NOT_AS_DESCRIBED: "It is not as described",
    RefundReason.CHANGED_MIND: "I have changed my mind",
    RefundReason.OTHER: "Another reason",
}


class Words(Struct, frozen=True):
    """One page state: `tone` is ok, warn, bad or info; `waits` says whether the page may poll."""

    state: str
    label: str
    sentence: str
    tone: str
    waits: bool


class Facts(Struct, frozen=True):
    """What `describe` needs; amounts in minor units of `currency`, times UTC.

    `stopped` is the timeline's line about a seller who may not be charged any more, "" when there is none.
    """

    payment_state: str
    currency: str
    total: int
    refunded: int
    refund_pending: int
    refunded_at: datetime | None
    provider: str
    method: str
    failure_reason: str
    sellers: str
    cancel_requested: bool
    came_back: bool
    hold_until: datetime
    checked_by_person: bool = False
    stopped: str = ""
    disputed: int = 0
    confirming: bool = False


def describe(facts: Facts) -> Words:
    """The words for one order as it stands."""
    total, back = (Money(amount, facts.currency) for amount in (facts.total, facts.refunded))
    if facts.disputed:
        about = Money(facts.disputed, facts.currency)
        sentence = (
            f"A dispute about {about} is open at {facts.provider}, who decides it. "
            "We will email you if money goes back."
        )
        return Words("disputed", "Disputed", sentence, "warn", False)
    if facts.refund_pending:
        amount = Money(facts.refund_pending, facts.currency)
        where = name_way_back(facts.provider, facts.method)
        ended = facts.stopped.removesuffix(".") or "Your payment arrived after this order had ended"
        why = f"{ended}, so nothing will be sent. " if facts.payment_state != PaymentState.PAID else ""
        return Words(
            "refund_pending",
            "Refund on its way",
            f"{why}{amount} is going back to {where}.",
            "info",
            True,
        )
    if facts.refunded:
        when = f" on {facts.refunded_at:%-d %B %Y}" if facts.refunded_at else ""
        whole = facts.refunded >= facts.total
        return Words(
            "refunded" if whole else "partially_refunded",
            "Refunded" if whole else "Partly refunded",
            f"{back} of {total} refunded{when}.",
            "info",
            False,
        )
    return _by_payment_state(facts)


def name_way_back(provider: str, method: str = "") -> str:
    """Where a refund goes; `provider` and `method` as the order has them. A method that names no card is no place."""
    if provider == NAMES[PAYPAL]:
        return "your PayPal account" if method in ("", provider) else method
    return method or "the card you paid with"


def say_when_back(provider: str) -> str:
    """When a refund is seen where it went; `provider` as the order has it."""
    if provider == NAMES[PAYPAL]:
        return (
            "A PayPal balance usually shows it the same day. If you paid PayPal from a bank or a card, PayPal sends it"
            " on there, which can take up to 30 days."
        )
    return "Your bank usually shows it within 5 to 10 days."


def name_country(code: str) -> str:
    """The country's name for an address."""
    return str(Locale.parse(LOCALE).territories.get(code, code))


def poll_interval(age: timedelta) -> int | None:
    """Seconds until the next poll at this age of the wait; None: stop and let mail tell."""
    return next((seconds for limit, seconds in INTERVALS if age < limit), None)


def _by_payment_state(facts: Facts) -> Words:
    state = PaymentState(facts.payment_state)
    match state:
        case PaymentState.AWAITING_PAYMENT if facts.cancel_requested:
            sentence = f"We are closing the payment page at {facts.provider}. If you paid already, the payment counts."
            return Words(state, "Being canceled", sentence, "info", True)
        case PaymentState.AWAITING_PAYMENT if facts.confirming:
            sentence = (
                f"We are waiting for {facts.provider} to confirm what you agreed to. Please do not pay again: you can "
                "close this page, and we will email you."
            )
            return Words(state, "Waiting for payment", sentence, "info", True)
        case PaymentState.AWAITING_PAYMENT:
            if facts.failure_reason:
                sentence = f"{facts.failure_reason}. You were not charged: return to payment to try again."
            elif facts.came_back:
                sentence = (
                    f"We are waiting for {facts.provider} to confirm. You can close this page; we will email you."
                )
            else:
                until = f"{facts.hold_until:%H:%M} UTC"
                sentence = f"Not paid yet. The items are held for you until {until}, and your cart is still there."
            tone = "warn" if facts.failure_reason else "info"
            return Words(state, "Waiting for payment", sentence, tone, True)
        case PaymentState.PROCESSING:
            # PayPal waits for a bank, or looks at the payment itself: it says neither to the buyer in our name.
            who = facts.provider if facts.provider == NAMES[PAYPAL] else "Your bank"
            return Words(
                state,
                "Payment processing",
                f"{who} is still confirming. This can take a few days; we will email you.",
                "info",
                True,
            )
        case PaymentState.PAID if facts.checked_by_person:
            sentence = (
                "Payment received. Something about the money of this order is being checked by a person, who will "
                "email you."
            )
            return Words(state, "Paid", sentence, "warn", False)
        case PaymentState.PAID:
            verb = "are" if " and " in facts.sellers else "is"
            received = "Payment received" if facts.total else "There was nothing to pay"
            return Words(
                state,
                "Paid",
                f"{received}. {facts.sellers} {verb} preparing your order.",
                "ok",
                False,
            )
        case PaymentState.FAILED:
            reason = facts.failure_reason or "The payment did not go through"
            return Words(
                state,
                "Payment failed",
                f"{reason}. You were not charged. Your cart is saved.",
                "bad",
                False,
            )
        case PaymentState.EXPIRED if facts.stopped:
            sentence = (
                f"{facts.stopped.removesuffix('.')}, so we closed the payment page. You were not charged, and your "
                "cart is still there: goods of other sellers can be paid for now, these when the seller is back."
            )
            return Words(state, "Payment page closed", sentence, "warn", False)
        case PaymentState.EXPIRED:
            return Words(
                state,
                "Checkout expired",
                "The payment page timed out. You were not charged, and your cart is still there.",
                "warn",
                False,
            )
        case PaymentState.CANCELED:
            return Words(
                state,
                "Canceled",
                "You canceled before paying. You were not charged, and your cart is still there.",
                "warn",
                False,
            )
        case PaymentState.NEEDS_REVIEW:
            return Words(
                state,
                "Being checked",
                f"What {facts.provider} tells us does not match this order. A person is looking at it and will email "
                "you; please do not pay again.",
                "warn",
                True,
            )
