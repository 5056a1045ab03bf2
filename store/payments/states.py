"""The states of one attempt to pay. A Payment never leaves `succeeded`; an ended one can only turn into money.

`created`: frozen, perhaps sent, outcome not known yet. `pending`: the provider's session is open. `processing`: the
buyer is done, the bank is not. `capturing`: the buyer has agreed and we have asked for the money, outcome not known
yet. `abandoned`: the provider never had it, proven by its own list.
"""

from enum import StrEnum

from store.kit.lifecycle import Lifecycle


class PaymentStatus(StrEnum):
    """Where an attempt stands, by the provider's word."""

    CREATED = "created"
    PENDING = "pending"
    CAPTURING = "capturing"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    ABANDONED = "abandoned"
    NEEDS_REVIEW = "needs_review"


class CaptureKind(StrEnum):
    """A `settling` capture pays its order, at most one per order; a `surplus` one is given back in full."""

    SETTLING = "settling"
    SURPLUS = "surplus"


class Door(StrEnum):
    """By which door a fact about a payment came in."""

    RETURN = "return"
    WEBHOOK = "webhook"
    SWEEP = "sweep"
    CHECK = "check"


S = PaymentStatus
PAYMENT = Lifecycle(
    "payment",
    {
        S.CREATED: frozenset({S.PENDING, S.PROCESSING, S.SUCCEEDED, S.FAILED, S.EXPIRED, S.ABANDONED, S.NEEDS_REVIEW}),
        S.PENDING: frozenset({S.CAPTURING, S.PROCESSING, S.SUCCEEDED, S.FAILED, S.EXPIRED, S.NEEDS_REVIEW}),
        # A definite no leaves the provider's checkout as open as it was.
        S.CAPTURING: frozenset({S.PENDING, S.PROCESSING, S.SUCCEEDED, S.FAILED, S.EXPIRED, S.NEEDS_REVIEW}),
        S.PROCESSING: frozenset({S.SUCCEEDED, S.FAILED, S.NEEDS_REVIEW}),
        S.NEEDS_REVIEW: frozenset({S.SUCCEEDED, S.FAILED, S.EXPIRED}),
        # Whatever we believed, money that the provider shows is money.
        S.FAILED: frozenset({S.SUCCEEDED, S.NEEDS_REVIEW}),
        # Agreed to after our own deadline: taken when the order can still be had.
        S.EXPIRED: frozenset({S.CAPTURING, S.SUCCEEDED, S.NEEDS_REVIEW}),
        S.ABANDONED: frozenset({S.SUCCEEDED, S.NEEDS_REVIEW}),
        S.SUCCEEDED: frozenset(),
    },
)
# The money may be on its way: nothing else opens beside it.
CONFIRMING = (S.CAPTURING, S.PROCESSING)
# A live attempt may still bring money: while there is one, no other attempt opens.
LIVE = (S.CREATED, S.PENDING, S.CAPTURING, S.PROCESSING)
