"""Where a dispute stands. Its end can be appealed: then the same dispute is open again."""

from enum import StrEnum

from store.kit.lifecycle import Lifecycle


class DisputeStatus(StrEnum):
    """A dispute by the provider's word; whose turn it is while it is open is the provider's business."""

    OPEN = "open"
    RESOLVED = "resolved"


S = DisputeStatus
DISPUTE = Lifecycle("dispute", {S.OPEN: frozenset({S.RESOLVED}), S.RESOLVED: frozenset({S.OPEN})})
