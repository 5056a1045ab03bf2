"""Vendors' verbs: open a shop and an account, lead to the provider's form, find out where a vendor stands; its team."""

from store.vendors.service.address import forget_offers, forget_offers_to
from store.vendors.service.leave import ShopStillOpen, leave_shop
from store.vendors.service.naming import NameRefused, NameTaken
from store.vendors.service.open import open_account
from store.vendors.service.payout_address import (
    PAYOUT_LETTERS,
    PayoutLinkEnded,
    ask_for_payout_address,
    find_payout_offer,
    forget_payout_address,
    forget_payout_offers,
    verify_payout_address,
)
from store.vendors.service.shop import ShopProfile, open_shop
from store.vendors.service.start import TooManyLinks, start_onboarding
from store.vendors.service.sync import note_disconnected, sync_account
from store.vendors.service.team import (
    INVITATION_FOR,
    LETTERS,
    HasAShop,
    InvitationEnded,
    LastOwner,
    accept_invitation,
    invite,
    remove_member,
    withdraw_invitation,
)
from store.vendors.service.tell import tell_shop

__all__ = [
    "INVITATION_FOR",
    "LETTERS",
    "PAYOUT_LETTERS",
    "HasAShop",
    "InvitationEnded",
    "LastOwner",
    "NameRefused",
    "NameTaken",
    "PayoutLinkEnded",
    "ShopProfile",
    "ShopStillOpen",
    "TooManyLinks",
    "accept_invitation",
    "ask_for_payout_address",
    "find_payout_offer",
    "forget_offers",
    "forget_offers_to",
    "forget_payout_address",
    "forget_payout_offers",
    "invite",
    "leave_shop",
    "note_disconnected",
    "open_account",
    "open_shop",
    "remove_member",
    "start_onboarding",
    "sync_account",
    "tell_shop",
    "verify_payout_address",
    "withdraw_invitation",
]
