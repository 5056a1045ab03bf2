"""What a payout is by the provider's two statuses: pure, every value of both, and what nobody knows is held.

The item decides, since a batch that is done may hold items that are not; without an item the batch does.
https://developer.paypal.com/docs/api/payments.payouts-batch/v1/
"""

from __future__ import annotations

from store.gateways.payouts import BatchStatus, ItemStatus, PayoutSnapshot
from store.payouts.states import PayoutState

OF_ITEM = {
    ItemStatus.PENDING: PayoutState.SENT,
    ItemStatus.SUCCESS: PayoutState.PAID,
    ItemStatus.FAILED: PayoutState.FAILED,
    ItemStatus.UNCLAIMED: PayoutState.UNCLAIMED,
    ItemStatus.RETURNED: PayoutState.RETURNED,
    ItemStatus.REFUNDED: PayoutState.RETURNED,
    ItemStatus.REVERSED: PayoutState.RETURNED,
    # The provider's own look at it ends in one of the others.
    ItemStatus.ON_HOLD: PayoutState.HELD,
    ItemStatus.BLOCKED: PayoutState.HELD,
    ItemStatus.UNKNOWN: PayoutState.HELD,
}
OF_BATCH = {
    BatchStatus.PENDING: PayoutState.SENT,
    BatchStatus.PROCESSING: PayoutState.SENT,
    # Done, and the item is not shown yet.
    BatchStatus.SUCCESS: PayoutState.SENT,
    BatchStatus.DENIED: PayoutState.FAILED,
    BatchStatus.CANCELED: PayoutState.FAILED,
    BatchStatus.UNKNOWN: PayoutState.HELD,
}
# Out of our balance for certain, whatever came of it later.
LEFT = (PayoutState.PAID, PayoutState.UNCLAIMED, PayoutState.RETURNED)
WHY = {
    ItemStatus.PENDING: "PayPal is working on it.",
    ItemStatus.UNCLAIMED: "Nobody has taken it yet: there is no PayPal account with this address.",
    ItemStatus.ON_HOLD: "PayPal is reviewing it. It goes on by itself when PayPal is done.",
    ItemStatus.BLOCKED: "PayPal has blocked it. We are looking into it.",
    ItemStatus.RETURNED: "It came back to us, since nobody took it.",
    ItemStatus.REFUNDED: "It was sent back to us from the PayPal account.",
    ItemStatus.REVERSED: "PayPal took it back.",
}
UNREADABLE = "PayPal says something of it that we do not understand. We are looking into it."


def judge(seen: PayoutSnapshot) -> PayoutState:
    """Where this payout stands. A batch that was refused whole has paid nobody, whatever else is shown of it.

    An item that says so all the same contradicts its batch, and is held.
    """
    if seen.item == ItemStatus.ABSENT:
        return OF_BATCH.get(seen.batch, PayoutState.HELD)
    state = OF_ITEM.get(seen.item, PayoutState.HELD)
    if seen.batch in (BatchStatus.DENIED, BatchStatus.CANCELED) and state in (*LEFT, PayoutState.SENT):
        return PayoutState.HELD if state in LEFT else PayoutState.FAILED
    return state


def explain(seen: PayoutSnapshot, state: PayoutState) -> str:
    """Why it stands there, in words for its vendor; "" where there is nothing to say."""
    if state == PayoutState.PAID:
        return ""
    if state == PayoutState.FAILED:
        return f"PayPal did not send it: {seen.reason or 'it gave no reason'}"
    if state == PayoutState.SENT:
        return WHY[ItemStatus.PENDING]
    return WHY.get(seen.item, UNREADABLE)
