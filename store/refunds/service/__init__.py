"""The verbs of refunds: `give_back` what our own race took, `follow_refunds` whatever the provider shows.

`sync_refunds` is the latter where the account is known to be ours still: it raises when it is not.
"""

from store.refunds.service.follow import follow_refunds
from store.refunds.service.give_back import give_back
from store.refunds.service.sync import sync_refunds

__all__ = ["follow_refunds", "give_back", "sync_refunds"]
