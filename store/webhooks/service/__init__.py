"""The verbs of the side door: receive, back-fill what was missed, process, forget."""

from store.webhooks.service.backfill import back_fill, find_disabled
from store.webhooks.service.forget import forget_bodies
from store.webhooks.service.process import apply_event, count_parked, process_due
from store.webhooks.service.receive import keep_listed, receive

__all__ = [
    "apply_event",
    "back_fill",
    "count_parked",
    "find_disabled",
    "forget_bodies",
    "keep_listed",
    "process_due",
    "receive",
]
