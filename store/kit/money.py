"""Money is an integer in minor units with its currency; no float ever touches it.

Two amounts of different currencies never meet here, and a split loses nothing: the parts always sum to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_currency

# ISO 4217 minor units where they are not two.
ZERO_DECIMAL = frozenset(
    (
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    )
)
THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
LOCALE = "en_US"


def exponent(currency: str) -> int:
    """How many digits the minor unit of `currency` has (USD 2, JPY 0)."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


@dataclass(frozen=True, order=False)
class Money:
    """`amount` minor units of `currency` (ISO 4217, upper case). Raises ValueError for anything else."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise ValueError(f"money is counted in whole minor units, not {self.amount!r}")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise ValueError(f"not a currency: {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)

    def __str__(self) -> str:
        """As a buyer reads it: $24.00, €18.50, ¥2,400."""
        major = Decimal(self.amount).scaleb(-exponent(self.currency))
        return str(format_currency(major, self.currency, locale=LOCALE))

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
        return other.amount


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` minor units in proportion to `weights` by largest remainder; ties go to the first.

    The parts sum to `total`. Raises ValueError without a positive weight or with a negative one.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("split needs weights of zero or more, one above zero")
    parts = [total * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def basis_points(amount: int, rate: int) -> int:
    """`rate` basis points of `amount` minor units, half up (250 of 10.00 is 0.25)."""
    return (amount * rate + 5_000) // 10_000
