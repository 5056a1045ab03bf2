"""Amounts as PayPal writes them, and JSON of which nothing is certain.

Money is a string with two decimals, in HUF, JPY and TWD with none, whatever ISO 4217 says of them; `"1"` and `"1.00"`
are the same amount. developer.paypal.com/api/rest/reference/currency-codes
"""

from __future__ import annotations

import re
from typing import Any

from store.gateways.port import GatewayBug
from store.kit.money import Money, exponent

WHOLE = frozenset(("HUF", "JPY", "TWD"))
VALUE = re.compile(r"(-?)([0-9]*)(?:\.([0-9]+))?")
# PayPal hands a capture's own custom_id on to refunds made by hand; ours say so.
REFUND_MARK = "refund:"


def to_wire(amount: int, currency: str) -> dict[str, str]:
    """`amount` of our minor units as PayPal's money. Raises GatewayBug for one that PayPal has no coins for."""
    ours, theirs = exponent(currency), 0 if currency in WHOLE else 2
    shift = 10 ** abs(ours - theirs)
    if ours > theirs and amount % shift:
        raise GatewayBug(f"{Money(amount, currency)} cannot be sent: in {currency} amounts go in steps of {shift}")
    units = amount // shift if ours > theirs else amount * shift
    sign, digits = "-" if units < 0 else "", str(abs(units)).zfill(theirs + 1)
    value = f"{digits[:-theirs]}.{digits[-theirs:]}" if theirs else digits
    return {"currency_code": currency, "value": f"{sign}{value}"}


def read_money(thing: Any) -> Money:
    """PayPal's money, in either spelling of its currency's name. Raises GatewayBug for what is none of ours."""
    told = as_object(thing)
    currency, value = told.get("currency_code") or told.get("currency"), told.get("value")
    found = VALUE.fullmatch(value) if isinstance(value, str) and len(value) <= 32 else None
    if not isinstance(currency, str) or found is None or not (found[2] or found[3]):
        raise GatewayBug(f"PayPal has {value!r} of {currency!r}, which is no money")
    try:
        digits = exponent(currency)
        decimals = (found[3] or "").ljust(digits, "0")
        if decimals[digits:].strip("0"):
            raise GatewayBug(f"PayPal has {value} {currency}, which is no whole number of coins")
        amount = int((found[2] or "0") + decimals[:digits])
        return Money(-amount if found[1] else amount, currency)
    except ValueError as odd:
        raise GatewayBug(f"PayPal has {value} of {currency!r}, which is no money") from odd


def as_object(value: Any) -> dict[str, Any]:
    """An object of an answer, {} where there is none."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[dict[str, Any]]:
    """The objects of a list in an answer, [] where there is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A text of an answer, "" where there is none."""
    return value if isinstance(value, str) else ""
