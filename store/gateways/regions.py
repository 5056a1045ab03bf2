"""Whether a platform can send a share of its charge to an account in another country.

Follows docs.stripe.com/connect/cross-border-payouts (between the US, the UK, Canada, Switzerland and the EEA) and
docs.stripe.com/connect/separate-charges-and-transfers: a transfer out of a charge has the currency in which that charge
landed, which is the platform's own where it has no bank account in another one.
"""

from __future__ import annotations

EEA = {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"),
    *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
}
CORRIDOR = EEA | {"CA", "CH", "GB", "US"}


def can_send(platform_country: str, platform_currency: str, country: str, currency: str) -> bool:
    """Whether a platform there can pass a share in `currency` on to an account in `country`."""
    within = platform_country == country or {platform_country, country} <= CORRIDOR
    return within and currency == platform_currency


# What PayPal's buyers may pay in: developer.paypal.com/reference/currency-codes
PAYPAL_CURRENCIES = frozenset(
    [
        "AUD",
        "BRL",
        "CAD",
        "CNY",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "ILS",
        "JPY",
        "MXN",
        "MYR",
        "NOK",
        "NZD",
        "PHP",
        "PLN",
        "SEK",
        "SGD",
        "THB",
        "TWD",
        "USD",
        "CHF",
    ]
)
