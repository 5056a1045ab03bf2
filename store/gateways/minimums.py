"""The smallest amount that can be charged by card, per currency, and the steps in which amounts go.

Follows docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.
Stripe compares after conversion to the currency the account settles in, so just above the line it may still refuse.
"""

from __future__ import annotations

from store.kit.money import THREE_DECIMAL, exponent

# In tenths of the major unit, since all of them are whole numbers of those.
SMALLEST = {
    **dict.fromkeys(("USD", "EUR", "AUD", "CAD", "CHF", "BRL", "NZD", "SGD", "INR"), 5),
    "GBP": 3,
    **dict.fromkeys(("AED", "PLN", "RON", "MYR"), 20),
    "CZK": 150,
    "DKK": 25,
    "HKD": 40,
    "HUF": 1750,
    **dict.fromkeys(("JPY", "KRW"), 500),
    **dict.fromkeys(("MXN", "THB"), 100),
    **dict.fromkeys(("NOK", "SEK"), 30),
}


def smallest_charge(currency: str) -> int:
    """The least that a card payment in `currency` may be, minor units; 1 where nothing is known."""
    tenths = SMALLEST.get(currency)
    return tenths * 10 ** exponent(currency) // 10 if tenths else 1


def smallest_step(currency: str) -> int:
    """What every amount of a card payment in `currency` is a multiple of, minor units: of three decimals the last is 0.

    Follows docs.stripe.com/currencies#special-cases.
    """
    return 10 if currency in THREE_DECIMAL else 1
