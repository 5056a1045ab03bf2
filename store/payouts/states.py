"""The states of a transfer and of its reversal. `intended`: written here, perhaps sent, outcome not known.

`waiting`: the provider refuses for now, and nothing moved; `hold` says for which kind of reason. It goes on by itself.
"""

from enum import StrEnum

from store.kit.lifecycle import Lifecycle


class TransferState(StrEnum):
    """Where a transfer, or a reversal, stands."""

    INTENDED = "intended"
    WAITING = "waiting"
    DONE = "done"
    CANCELED = "canceled"


class TransferReason(StrEnum):
    """`share`: what the vendor earned of a payment; `promotion`: what a discount of ours took off beyond our fee."""

    SHARE = "share"
    PROMOTION = "promotion"


S = TransferState
MOVES: dict[str, frozenset[str]] = {
    S.INTENDED: frozenset({S.WAITING, S.DONE, S.CANCELED}),
    # Money that the provider shows has moved, whatever an earlier answer said.
    S.WAITING: frozenset({S.INTENDED, S.DONE, S.CANCELED}),
    S.DONE: frozenset(),
    S.CANCELED: frozenset(),
}
TRANSFER = Lifecycle("transfer", MOVES)
REVERSAL = Lifecycle("transfer_reversal", MOVES)
UNDER_WAY = (S.INTENDED, S.WAITING)
