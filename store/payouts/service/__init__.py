"""The verbs of payouts: plan what vendors get of a payment, send it, level it when money goes back, take it back.

`plan_transfers`, `level_transfers` and `restore_share` run in the caller's transaction; `send_transfer` and
`send_reversal` are what a worker does with the rows; `sync_reversals` writes down what was taken back at the provider;
`wake_transfers` hastens what waited for an account.
"""

from store.payouts.service.by_hand import sync_reversals
from store.payouts.service.level import level_transfers, restore_share
from store.payouts.service.plan import plan_transfers, wake_transfers
from store.payouts.service.reverse import send_reversal
from store.payouts.service.send import send_transfer

__all__ = [
    "level_transfers",
    "plan_transfers",
    "restore_share",
    "send_reversal",
    "send_transfer",
    "sync_reversals",
    "wake_transfers",
]
