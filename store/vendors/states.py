"""Where a vendor stands, derived from the provider's account and never guessed; only an `active` one is sold for.

`derive_state` and `can_be_charged` are pure: whoever looks, in whatever order events come, the same account gives the
same state. A vendor without an account is `not_started`; one whose account we may not reach any more `disconnected`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from store.kit.lifecycle import Lifecycle
from store.kit.money import basis_points


class VendorState(StrEnum):
    """What the provider lets this vendor do."""

    NOT_STARTED = "not_started"
    ONBOARDING = "onboarding"
    UNDER_REVIEW = "under_review"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    REJECTED = "rejected"
    DISCONNECTED = "disconnected"


class ChargeType(StrEnum):
    """Who is charged. Direct: the vendor is merchant of record; destination and separate: the platform is."""

    DIRECT = "direct"
    DESTINATION = "destination"
    SEPARATE = "separate"


class Role(StrEnum):
    """What a person is in a shop."""

    OWNER = "owner"
    STAFF = "staff"


# Where a shop may be opened, and the currency in which it sells.
CURRENCIES = {"US": "USD", "DE": "EUR", "FR": "EUR", "GB": "GBP", "JP": "JPY"}

S = VendorState
AFTER_START = frozenset({S.UNDER_REVIEW, S.ACTIVE, S.RESTRICTED, S.REJECTED, S.DISCONNECTED})
VENDOR = Lifecycle(
    "vendor",
    {
        S.NOT_STARTED: frozenset({S.ONBOARDING}),
        S.ONBOARDING: AFTER_START,
        S.UNDER_REVIEW: AFTER_START - {S.UNDER_REVIEW},
        S.ACTIVE: AFTER_START - {S.ACTIVE},
        S.RESTRICTED: AFTER_START - {S.RESTRICTED},
        # The provider alone can take a rejection back, and then its word counts here too.
        S.REJECTED: AFTER_START - {S.REJECTED},
        # Only with a new account: the old one is out of our reach for good.
        S.DISCONNECTED: frozenset({S.ONBOARDING}),
    },
)
# Past the vendor's own first form: what is due from then on stops somebody who was further.
BEGUN = (S.UNDER_REVIEW, S.ACTIVE, S.RESTRICTED, S.REJECTED)
REVIEWING = frozenset({"", "under_review", "requirements.pending_verification", "listed"})


class Abilities(Protocol):
    """What an account may do; a capability is active, inactive, pending or ""."""

    @property
    def charges_enabled(self) -> bool: ...
    @property
    def card_payments(self) -> str: ...
    @property
    def transfers(self) -> str: ...


class AccountFacts(Abilities, Protocol):
    """What is read of an account to say where its vendor stands."""

    @property
    def payouts_enabled(self) -> bool: ...
    @property
    def details_submitted(self) -> bool: ...
    @property
    def disabled_reason(self) -> str: ...
    @property
    def due(self) -> bool: ...


def derive_state(account: AccountFacts, charge_type: str, before: str, *, on_behalf_of: bool = False) -> VendorState:
    """Where a vendor with this account stands, who stood at `before`. docs.stripe.com/connect/handling-api-verification

    Active is who may be charged in the vendor's way and is paid out; whoever only waits for the provider is under
    review; from whom the provider wants something is restricted, or still onboarding before the first form is sent.
    """
    if account.disabled_reason.startswith("rejected"):
        return S.REJECTED
    if can_be_charged(account, charge_type, on_behalf_of=on_behalf_of) and account.payouts_enabled:
        return S.ACTIVE
    if not account.details_submitted:
        return S.RESTRICTED if before in BEGUN else S.ONBOARDING
    if account.due or account.disabled_reason not in REVIEWING:
        return S.RESTRICTED
    return S.UNDER_REVIEW


def can_be_charged(account: Abilities, charge_type: str, *, on_behalf_of: bool = False) -> bool:
    """Whether the account has what this charge type needs: `card_payments` where it is the merchant, else `transfers`.

    An `acct_` id alone means nothing.
    """
    if charge_type == ChargeType.DIRECT:
        return account.charges_enabled and account.card_payments == "active"
    return account.transfers == "active" and (not on_behalf_of or account.card_payments == "active")


def settles_itself(charge_type: str, country: str, platform_country: str) -> bool:
    """Whether a charge for this vendor is made on its behalf: a destination charge across a border.

    docs.stripe.com/connect/destination-charges#settlement-merchant
    """
    return charge_type == ChargeType.DESTINATION and country != platform_country


def explain_not_selling(name: str, state: str, paused: bool) -> str:
    """Why nothing can be bought from this vendor now, in words for a buyer; "" when it can."""
    if paused:
        return f"{name} is taking a break and is not selling at the moment."
    if state in (S.NOT_STARTED, S.ONBOARDING, S.UNDER_REVIEW):
        return f"Not for sale yet: {name} is still setting up payments. You can look around, but not buy yet."
    if state != S.ACTIVE:
        return f"{name} cannot take payments at the moment."
    return ""


def platform_fee(goods: int, rate: int, fixed: int) -> int:
    """Our fee, minor units: `rate` basis points of `goods` plus the fixed part, never more than the goods."""
    return min(basis_points(goods, rate) + fixed, goods)
