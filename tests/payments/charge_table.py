"""Who ends with what, to the cent: each charge type with each kind of promotion in three currencies.

Every number was worked out by hand from the prices below, the vendors' fees and the provider's own (2.9 % + 30), each
rounded half up; `docs/connect.md` shows the same ones. Minor units: cents, and yen. The market has one bowl of each
seller:

    anvil   two bowls and delivery, our fee 7.25 % + 30     birch (separate only)   one bowl and delivery, our fee 10 %
    USD     2 x 12.35 + 3.10 = 27.80, fee 2.09              9.99 + 1.20 = 11.19, fee 1.00
    EUR     3 x  8.49 + 4.95 = 30.42, fee 2.15             17.05 + 0    = 17.05, fee 1.71
    JPY     2 x 1,977 + 640  = 4,594, fee 317               1,201 + 380  = 1,581, fee 120
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# currency → (what one bowl costs, how many, delivery) of each seller.
PRICES = {
    "USD": {"anvil": (1235, 2, 310), "birch": (999, 1, 120)},
    "EUR": {"anvil": (849, 3, 495), "birch": (1705, 1, 0)},
    "JPY": {"anvil": (1977, 2, 640), "birch": (1201, 1, 380)},
}
FEES = {
    "anvil": {"fee_basis_points": 725, "fee_fixed": 30},
    "birch": {"fee_basis_points": 1000, "fee_fixed": 0},
}
HOMES = {"USD": "US", "EUR": "DE", "JPY": "JP"}

# What a code takes off, and whose money that is.
PLAIN = "no code"
VENDORS = "15 % by the vendor"
OURS = "7 % by us"
BEYOND = "15 % by us"
WHOLE_FEE = "all of our fee, by us"
DIVIDED = "501 by us, divided"
CODES: dict[str, dict[str, Any]] = {
    VENDORS: {"percent": 1500, "funded_by": "vendor"},
    OURS: {"percent": 700, "funded_by": "platform"},
    BEYOND: {"percent": 1500, "funded_by": "platform"},
}
# What is left over goes to the larger remainder: to anvil in USD (356.7 of 501), to birch in EUR and JPY.
AMOUNTS = {DIVIDED: {"USD": 501, "EUR": 501, "JPY": 501}, WHOLE_FEE: {"USD": 209, "EUR": 215, "JPY": 317}}


@dataclass(frozen=True)
class Case:
    """One row. All but `platform` is in the order's currency.

    `buyer`: what Ada pays. `provider`: what Stripe keeps. `vendors`: what ends in each seller's account. `platform`:
    what our account has more or less, in `platform_currency`. `fee`: what the order leaves us of our fees. `owed`: what
    we add for a code of ours that is worth more than them.
    """

    kind: str
    currency: str
    code: str
    buyer: int
    provider: int
    vendors: dict[str, int]
    platform: int
    fee: int
    owed: dict[str, int] = field(default_factory=dict)

    @property
    def platform_currency(self) -> str:
        """Direct charges reach the American platform as a fee in its own currency."""
        return "USD" if self.kind == "direct" else self.currency

    @property
    def country(self) -> str:
        """Where the platform is."""
        return "US" if self.kind == "direct" else HOMES[self.currency]

    @property
    def name(self) -> str:
        """As it is called in a test's name."""
        return f"{self.kind}, {self.currency}, {self.code}"


CASES = (
    # Direct: the seller pays Stripe and our fee; that is all we see of it, in our own currency (EUR 1.08, JPY 0.0065).
    Case("direct", "USD", PLAIN, 2780, 111, {"anvil": 2460}, 209, 209),
    Case("direct", "USD", VENDORS, 2409, 100, {"anvil": 2127}, 182, 182),
    Case("direct", "USD", OURS, 2607, 106, {"anvil": 2465}, 36, 36),
    Case("direct", "USD", WHOLE_FEE, 2571, 105, {"anvil": 2466}, 0, 0),
    Case("direct", "EUR", PLAIN, 3042, 118, {"anvil": 2709}, 232, 215),
    Case("direct", "EUR", VENDORS, 2660, 107, {"anvil": 2366}, 202, 187),
    Case("direct", "EUR", OURS, 2864, 113, {"anvil": 2714}, 40, 37),
    Case("direct", "EUR", WHOLE_FEE, 2827, 112, {"anvil": 2715}, 0, 0),
    Case("direct", "JPY", PLAIN, 4594, 163, {"anvil": 4114}, 206, 317),
    Case("direct", "JPY", VENDORS, 4001, 146, {"anvil": 3581}, 178, 274),
    Case("direct", "JPY", OURS, 4317, 155, {"anvil": 4122}, 26, 40),
    Case("direct", "JPY", WHOLE_FEE, 4277, 154, {"anvil": 4123}, 0, 0),
    # Destination: we pay Stripe out of our fee; beyond it a code of ours costs us more than we earn.
    Case("destination", "USD", PLAIN, 2780, 111, {"anvil": 2571}, 98, 209),
    Case("destination", "USD", VENDORS, 2409, 100, {"anvil": 2227}, 82, 182),
    Case("destination", "USD", OURS, 2607, 106, {"anvil": 2571}, -70, 36),
    Case("destination", "USD", BEYOND, 2409, 100, {"anvil": 2571}, -262, 0, {"anvil": 162}),
    Case("destination", "EUR", PLAIN, 3042, 118, {"anvil": 2827}, 97, 215),
    Case("destination", "EUR", VENDORS, 2660, 107, {"anvil": 2473}, 80, 187),
    Case("destination", "EUR", OURS, 2864, 113, {"anvil": 2827}, -76, 37),
    Case("destination", "EUR", BEYOND, 2660, 107, {"anvil": 2827}, -274, 0, {"anvil": 167}),
    Case("destination", "JPY", PLAIN, 4594, 163, {"anvil": 4277}, 154, 317),
    Case("destination", "JPY", VENDORS, 4001, 146, {"anvil": 3727}, 128, 274),
    Case("destination", "JPY", OURS, 4317, 155, {"anvil": 4277}, -115, 40),
    Case("destination", "JPY", BEYOND, 4001, 146, {"anvil": 4277}, -422, 0, {"anvil": 276}),
    # Separate: one payment, a transfer for each seller; the rest is ours.
    Case("separate", "USD", PLAIN, 3899, 143, {"anvil": 2571, "birch": 1019}, 166, 309),
    Case("separate", "USD", VENDORS, 3378, 128, {"anvil": 2227, "birch": 884}, 139, 267),
    Case("separate", "USD", OURS, 3656, 136, {"anvil": 2571, "birch": 1019}, -70, 66),
    Case("separate", "USD", BEYOND, 3378, 128, {"anvil": 2571, "birch": 1019}, -340, 0, {"anvil": 162, "birch": 50}),
    Case("separate", "USD", DIVIDED, 3398, 129, {"anvil": 2571, "birch": 1019}, -321, 0, {"anvil": 148, "birch": 44}),
    Case("separate", "EUR", PLAIN, 4747, 168, {"anvil": 2827, "birch": 1534}, 218, 386),
    Case("separate", "EUR", VENDORS, 4109, 149, {"anvil": 2473, "birch": 1304}, 183, 332),
    Case("separate", "EUR", OURS, 4450, 159, {"anvil": 2827, "birch": 1534}, -70, 89),
    Case("separate", "EUR", BEYOND, 4109, 149, {"anvil": 2827, "birch": 1534}, -401, 0, {"anvil": 167, "birch": 85}),
    Case("separate", "EUR", DIVIDED, 4246, 153, {"anvil": 2827, "birch": 1534}, -268, 0, {"anvil": 85, "birch": 30}),
    Case("separate", "JPY", PLAIN, 6175, 209, {"anvil": 4277, "birch": 1461}, 228, 437),
    Case("separate", "JPY", VENDORS, 5402, 187, {"anvil": 3727, "birch": 1299}, 189, 376),
    Case("separate", "JPY", OURS, 5814, 199, {"anvil": 4277, "birch": 1461}, -123, 76),
    Case("separate", "JPY", BEYOND, 5402, 187, {"anvil": 4277, "birch": 1461}, -523, 0, {"anvil": 276, "birch": 60}),
    Case("separate", "JPY", DIVIDED, 5674, 195, {"anvil": 4277, "birch": 1461}, -259, 3, {"anvil": 67}),
)
