"""The verbs of payments, one file each: start, complete, sync, declines, delayed, settle, cancel.

`start_payment` and `pay_again` open an attempt, `sync_payment` confirms it by whichever door, `cancel_order` ends it
before payment, `sync_capture` books what the provider kept and passed on.
"""

from store.payments.service.cancel import cancel_order
from store.payments.service.declines import Payer
from store.payments.service.request import find_unconfirmed
from store.payments.service.settle import sync_capture
from store.payments.service.start import CartChanged, Started, StillConfirming, pay_again, start_payment
from store.payments.service.stopped import SellerStopped
from store.payments.service.sync import sync_payment

__all__ = [
    "CartChanged",
    "Payer",
    "SellerStopped",
    "Started",
    "StillConfirming",
    "cancel_order",
    "find_unconfirmed",
    "pay_again",
    "start_payment",
    "sync_capture",
    "sync_payment",
]
