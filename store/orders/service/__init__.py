"""Verbs of orders by group: place, pay, move, record, ask, fulfil, debts, erase. Most in the caller's transaction."""

from store.orders.service.ask import ask_seller, finish_message
from store.orders.service.debts import ShopUnfinished
from store.orders.service.erase import delete_account, erase_orders
from store.orders.service.fulfil import NotToSend, correct_parcel, deliver_part, ship_part
from store.orders.service.move import (
    mark_failed,
    mark_over,
    mark_payable,
    mark_processing,
    mark_review,
    request_cancel,
)
from store.orders.service.pay import PageDiscount, mark_paid, reopen
from store.orders.service.place import Contact, find_in_review, find_open_order, hash_snapshot, place_order
from store.orders.service.record import (
    ask_back,
    claim_check,
    hold_ref,
    hold_until,
    lock_order,
    mark_answered,
    mark_confirming,
    name_provider,
    note,
    note_stopped,
    note_visit,
    read_lines,
    record_decline,
    record_dispute,
    record_refund,
    tell_buyer,
)

__all__ = [
    "Contact",
    "NotToSend",
    "PageDiscount",
    "ShopUnfinished",
    "ask_back",
    "ask_seller",
    "claim_check",
    "correct_parcel",
    "delete_account",
    "deliver_part",
    "erase_orders",
    "find_in_review",
    "find_open_order",
    "finish_message",
    "hash_snapshot",
    "hold_ref",
    "hold_until",
    "lock_order",
    "mark_answered",
    "mark_confirming",
    "mark_failed",
    "mark_over",
    "mark_paid",
    "mark_payable",
    "mark_processing",
    "mark_review",
    "name_provider",
    "note",
    "note_stopped",
    "note_visit",
    "place_order",
    "read_lines",
    "record_decline",
    "record_dispute",
    "record_refund",
    "reopen",
    "request_cancel",
    "ship_part",
    "tell_buyer",
]
