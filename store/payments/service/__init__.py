"""The verbs of payments, one file each: start, complete, sync, apply, capture, declines, delayed, settle, cancel.

`start_payment` and `pay_again` open an attempt, `sync_payment` confirms it by whichever door, `cancel_order` ends it
before payment, `sync_capture` books what the provider kept and passed on.
"""

from store.payments.service.apply import read_status
from store.payments.service.cancel import cancel_order
from store.payments.service.claim import ask_consent
from store.payments.service.declines import Payer
from store.payments.service.request import find_unconfirmed, is_confirming
from store.payments.service.settle import sync_capture
from store.payments.service.start import CartChanged, Started, StillConfirming, pay_again, start_payment
from store.payments.service.stopped import SellerStopped
from store.payments.service.sync import sync_payment
from store.payments.service.track import track_parcel

__all__ = [
    "CartChanged",
    "Payer",
    "SellerStopped",
    "Started",
    "StillConfirming",
    "ask_consent",
    "cancel_order",
    "find_unconfirmed",
    "is_confirming",
    "pay_again",
    "read_status",
    "start_payment",
    "sync_capture",
    "sync_payment",
    "track_parcel",
]
