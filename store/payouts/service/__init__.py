"""The verbs of payouts: plan what vendors get of a payment, send it, level it when money goes back, take it back.

`plan_transfers` and `level_transfers` run in the caller's transaction; `send_transfer` and `send_reversal` are what a
worker does with the rows; `wake_transfers` hastens what waited for an account.
"""

from store.payouts.service.level import level_transfers
from store.payouts.service.plan import plan_transfers, wake_transfers
from store.payouts.service.reverse import send_reversal
from store.payouts.service.send import send_transfer

__all__ = ["level_transfers", "plan_transfers", "send_reversal", "send_transfer", "wake_transfers"]
