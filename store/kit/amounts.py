"""Amounts as people type them, in major units, become minor units exactly; no float ever touches them."""

from __future__ import annotations

import re

from babel.numbers import get_currency_symbol

from store.kit.money import LOCALE, exponent

MOST_MINOR = 99_999_999
NUMBER = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]+))?", re.ASCII)


class NotAnAmount(ValueError):
    """What was typed is no amount of this currency; the words say what to type instead."""


def read_amount(typed: str, currency: str) -> int:
    """Minor units of `typed` ("24", "24.5", "€ 24,50"), or NotAnAmount in words.

    A comma or a point begins the decimals, of which a currency has a fixed number; thousands are not grouped, because
    "1,234" could mean either. At most 99,999,999 minor units, the most that a card can be charged.
    """
    bare = typed.strip().upper()
    for sign in (currency, get_currency_symbol(currency, locale=LOCALE).upper(), "$", "€", "£", "¥"):
        bare = bare.removeprefix(sign).removesuffix(sign).strip()
    digits = exponent(currency)
    found = NUMBER.fullmatch(bare)
    if not found:
        raise NotAnAmount(f"Write it with digits only, like {write_example(currency)}.")
    whole, decimals = found[1], found[2] or ""
    if decimals and not digits:
        raise NotAnAmount(f"{currency} has no decimals: write it like {write_example(currency)}.")
    if len(decimals) > digits:
        raise NotAnAmount(f"{currency} has {digits} decimals: write it like {write_example(currency)}.")
    scale: int = 10**digits
    amount = int(whole) * scale + int(decimals.ljust(digits, "0") or "0")
    if amount > MOST_MINOR:
        raise NotAnAmount(f"The most is {write_amount(MOST_MINOR, currency)}.")
    return amount


def write_amount(amount: int, currency: str) -> str:
    """Minor units as a form's field shows them: 8600 USD is "86.00", 2400 JPY is "2400"."""
    digits = exponent(currency)
    if not digits:
        return str(amount)
    sign, bare = ("-" if amount < 0 else ""), str(abs(amount)).rjust(digits + 1, "0")
    return f"{sign}{bare[:-digits]}.{bare[-digits:]}"


def write_example(currency: str) -> str:
    """An amount of this currency that a hint may show."""
    return write_amount(24 * 10 ** exponent(currency) if exponent(currency) else 2400, currency)
