"""How the sandbox's pages write money and times: en-US, as the provider's test pages do, times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from babel.numbers import format_currency

from store.sandbox.stripe.money import exponent


def format_money(amount: int, currency: str | None) -> str:
    """Write an amount in minor units of `currency` (any case; None = usd), for example $24.00 or ¥4,500."""
    code = (currency or "usd").lower()
    digits = exponent(code)
    pattern = "¤#,##0." + "0" * digits if digits else "¤#,##0"
    value = Decimal(amount).scaleb(-digits)
    return format_currency(value, code.upper(), pattern, "en_US", currency_digits=False)


def format_time(seconds: float) -> str:
    """Write epoch seconds as `2026-11-25 03:05:07 UTC`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def format_span(seconds: int) -> str:
    """Write a number of seconds as `2 days 3 h 20 min 5 s`, leaving out what is nought; `0 s` for none."""
    parts, rest = [], seconds
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}")
    return " ".join(parts) or "0 s"
