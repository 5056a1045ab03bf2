"""The facts of an order, and the one function that turns them into the words of a page.

Payment state, fulfilment state and refunded amount are three facts, never one enum. An order never leaves `paid`;
money that goes back is counted in `refunded`, not undone in `payment_state`.
"""

from enum import StrEnum

from store.kit.lifecycle import Lifecycle


class PaymentState(StrEnum):
    """What is known of the money.

    `processing`: the buyer is done, the bank has not answered yet. `failed`: it answered no, the order stays payable.
    """

    AWAITING_PAYMENT = "awaiting_payment"
    PROCESSING = "processing"
    FAILED = "failed"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELED = "canceled"
    NEEDS_REVIEW = "needs_review"


class Fulfilment(StrEnum):
    """What the vendor has done with its part of the order."""

    TO_SHIP = "to_ship"
    SHIPPED = "shipped"
    DELIVERED = "delivered"


class MessageKind(StrEnum):
    """What a buyer writes to a seller about."""

    QUESTION = "question"
    REFUND = "refund"


class RefundReason(StrEnum):
    """Why a buyer asks for money back."""

    NOT_ARRIVED = "not_arrived"
    DAMAGED = "damaged"
    NOT_AS_DESCRIBED = "not_as_described"
    CHANGED_MIND = "changed_mind"
    OTHER = "other"


S = PaymentState
ORDER = Lifecycle(
    "order",
    {
        S.AWAITING_PAYMENT: frozenset({S.PROCESSING, S.FAILED, S.PAID, S.EXPIRED, S.CANCELED, S.NEEDS_REVIEW}),
        S.PROCESSING: frozenset({S.PAID, S.FAILED, S.NEEDS_REVIEW}),
        S.FAILED: frozenset({S.AWAITING_PAYMENT, S.PAID, S.EXPIRED, S.CANCELED, S.NEEDS_REVIEW}),
        # A payment that arrives after the end is taken when stock can still be held. One that the buyer has agreed to
        # and that only we can take makes the order payable first.
        S.EXPIRED: frozenset({S.AWAITING_PAYMENT, S.PAID, S.NEEDS_REVIEW}),
        S.CANCELED: frozenset({S.PAID, S.NEEDS_REVIEW}),
        S.NEEDS_REVIEW: frozenset({S.PAID, S.EXPIRED, S.CANCELED}),
        S.PAID: frozenset(),
    },
)
F = Fulfilment
FULFILMENT = Lifecycle(
    "fulfilment",
    {F.TO_SHIP: frozenset({F.SHIPPED}), F.SHIPPED: frozenset({F.DELIVERED}), F.DELIVERED: frozenset()},
)
PAYABLE = (S.AWAITING_PAYMENT, S.FAILED)
OPEN = (S.AWAITING_PAYMENT, S.PROCESSING, S.FAILED)
# The line of an order's timeline that says which seller may not be charged any more.
STOPPED = "stopped"
