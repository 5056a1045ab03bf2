"""Where a vendor stands. Only an `active` vendor who is not paused can be sold for."""

from enum import StrEnum

from store.kit.money import basis_points


class VendorState(StrEnum):
    """What the provider lets this vendor do; derived from the provider's account, never guessed."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    RESTRICTED = "restricted"


class ChargeType(StrEnum):
    """Who is charged. Direct: the vendor is merchant of record; destination and separate: the platform is."""

    DIRECT = "direct"
    DESTINATION = "destination"
    SEPARATE = "separate"


def explain_not_selling(name: str, state: str, paused: bool) -> str:
    """Why nothing can be bought from this vendor now, in words for a buyer; "" when it can."""
    if paused:
        return f"{name} is taking a break and is not selling at the moment."
    if state == VendorState.ONBOARDING:
        return f"{name} is still setting up payments. You can look around, but not buy yet."
    if state != VendorState.ACTIVE:
        return f"{name} cannot take payments at the moment."
    return ""


def platform_fee(goods: int, rate: int, fixed: int) -> int:
    """Our fee, minor units: `rate` basis points of `goods` plus the fixed part, never more than the goods."""
    return min(basis_points(goods, rate) + fixed, goods)
