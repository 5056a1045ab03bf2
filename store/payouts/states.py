"""The states of transfers, reversals and payouts. `intended`: written here, perhaps sent, outcome not known.

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


class PayoutState(StrEnum):
    """Where a payout to an address stands.

    `planned`: its day has not come. `intended`: perhaps sent. `waiting`: refused for now, nothing moved. `sent`: the
    provider works on it. `unclaimed`: off our balance, and nobody has taken it. `held`: by the provider's word neither
    paid nor unpaid, so that a person looks. `paid`; `returned`: it came back to our balance; `failed`: it never left
    it. Either has a payout that takes its place. `netted`: all of it pays a debt, nothing is sent. What the provider
    shows as sent all the same is `intended` again.
    """

    PLANNED = "planned"
    INTENDED = "intended"
    WAITING = "waiting"
    SENT = "sent"
    UNCLAIMED = "unclaimed"
    HELD = "held"
    PAID = "paid"
    RETURNED = "returned"
    FAILED = "failed"
    CANCELED = "canceled"
    NETTED = "netted"


class PayoutReason(StrEnum):
    """`share`: what the vendor earned of a payment; `restored`: what a refund took of it, which did not arrive."""

    SHARE = "share"
    RESTORED = "restored"


P = PayoutState
PAYOUT = Lifecycle(
    "payout",
    {
        P.PLANNED: frozenset({P.INTENDED, P.WAITING, P.CANCELED, P.NETTED}),
        P.INTENDED: frozenset({P.WAITING, P.SENT, P.UNCLAIMED, P.HELD, P.PAID, P.RETURNED, P.FAILED}),
        P.WAITING: frozenset({P.INTENDED, P.CANCELED, P.NETTED}),
        P.SENT: frozenset({P.UNCLAIMED, P.HELD, P.PAID, P.RETURNED, P.FAILED}),
        P.UNCLAIMED: frozenset({P.HELD, P.PAID, P.RETURNED}),
        P.HELD: frozenset({P.INTENDED, P.SENT, P.UNCLAIMED, P.PAID, P.RETURNED, P.FAILED}),
        # The receiver gives it back, or the provider takes it; or says something that nobody may read as paid.
        P.PAID: frozenset({P.HELD, P.RETURNED}),
        P.RETURNED: frozenset(),
        # An earlier try had taken effect, whatever the last one was told.
        P.FAILED: frozenset({P.INTENDED}),
        P.CANCELED: frozenset({P.INTENDED}),
        P.NETTED: frozenset({P.INTENDED}),
    },
)
# Nothing of it has been asked for yet: it can be made smaller.
UNSENT = (P.PLANNED, P.WAITING)
# What its vendor has, or shall have, by it.
COUNTED = tuple(state for state in P if state not in (P.RETURNED, P.FAILED, P.CANCELED))
