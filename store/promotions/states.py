"""Who pays for a promotion, and what has become of one use of its code.

A use is `held` while its order may still be paid, `used` for ever once it was, `released` when the order is over; an
order that is paid after all takes its use again, like its stock.
"""

from enum import StrEnum


class FundedBy(StrEnum):
    """Whose money a discount is."""

    PLATFORM = "platform"
    VENDOR = "vendor"


class UseState(StrEnum):
    """Where one use of a code stands; `released` ones do not count."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"
