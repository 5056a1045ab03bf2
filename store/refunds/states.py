"""The states of one refund, by the provider's word. `requested`: written here, perhaps sent, outcome not known."""

from enum import StrEnum

from store.kit.lifecycle import Lifecycle


class RefundStatus(StrEnum):
    """Where a refund stands."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


S = RefundStatus
REFUND = Lifecycle(
    "refund",
    {
        S.REQUESTED: frozenset({S.PENDING, S.SUCCEEDED, S.FAILED, S.CANCELED}),
        S.PENDING: frozenset({S.SUCCEEDED, S.FAILED, S.CANCELED}),
        # A bank may send the money back days after success.
        S.SUCCEEDED: frozenset({S.FAILED}),
        S.FAILED: frozenset(),
        S.CANCELED: frozenset(),
    },
)
