"""The verbs of payouts: plan what vendors get of a payment, send it, level it when money goes back, take it back.

`plan_transfers`, `level_transfers` and `restore_share` run in the caller's transaction; `send_transfer` and
`send_reversal` are what a worker does with the rows; `sync_reversals` writes down what was taken back at the provider;
`wake_transfers` hastens what waited for an account. For what is paid out to addresses: `plan_payouts`, `level_payouts`
and `wake_payouts` in the caller's transaction; `send_payout`, `sync_payout`, and `find_payout_row` for an event.
"""

from store.payouts.service.by_hand import sync_reversals
from store.payouts.service.follow import find_payout_row, sync_payout
from store.payouts.service.forget import forget_receivers
from store.payouts.service.level import level_transfers, restore_share
from store.payouts.service.pay import send_payout, wake_payouts
from store.payouts.service.plan import plan_transfers, wake_transfers
from store.payouts.service.reverse import send_reversal
from store.payouts.service.send import send_transfer
from store.payouts.service.shares import level_payouts, plan_payouts

__all__ = [
    "find_payout_row",
    "forget_receivers",
    "level_payouts",
    "level_transfers",
    "plan_payouts",
    "plan_transfers",
    "restore_share",
    "send_payout",
    "send_reversal",
    "send_transfer",
    "sync_payout",
    "sync_reversals",
    "wake_payouts",
    "wake_transfers",
]
