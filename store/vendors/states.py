"""Where a vendor stands. Only an `active` vendor who is not paused can be sold for."""

from enum import StrEnum


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
