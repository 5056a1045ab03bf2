"""Vendors' verbs: open a shop and an account, lead to the provider's form, and find out where a vendor stands."""

from store.vendors.service.open import open_account
from store.vendors.service.shop import ShopProfile, open_shop
from store.vendors.service.start import TooManyLinks, start_onboarding
from store.vendors.service.sync import note_disconnected, sync_account

__all__ = [
    "ShopProfile",
    "TooManyLinks",
    "note_disconnected",
    "open_account",
    "open_shop",
    "start_onboarding",
    "sync_account",
]
