"""The verbs of refunds: `give_back` what our own race took, `sync_refunds` whatever the provider shows."""

from store.refunds.service.give_back import give_back
from store.refunds.service.sync import sync_refunds

__all__ = ["give_back", "sync_refunds"]
