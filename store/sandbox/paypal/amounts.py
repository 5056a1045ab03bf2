"""Amounts as requests give them to Payments v2, checked in PayPal's order, each refusal with the field to blame.

Invariant: what comes out is minor units above zero of a currency PayPal has.
"""

from __future__ import annotations

from store.sandbox.paypal.errors import issue
from store.sandbox.paypal.objects import CURRENCIES, VALUE, Money, decimals, to_minor


def read_amount(operation_id: str, value: Money, field: str, *, may_be_zero: bool = False) -> tuple[int, str]:
    """Return minor units and currency of an amount at the JSON pointer `field`.

    Raises PayPalError (422) for a currency PayPal has not, decimals the currency has not, and what is not above zero.
    """
    currency, text = value["currency_code"], value["value"]
    if currency not in CURRENCIES:
        raise issue(operation_id, "INVALID_CURRENCY_CODE", field=f"{field}/currency_code", value=currency)
    match = VALUE.fullmatch(text)
    places = len(match[3] or "") if match else 0
    if places > decimals(currency):
        name = "DECIMAL_PRECISION" if decimals(currency) else "DECIMALS_NOT_SUPPORTED"
        raise issue(operation_id, name, field=f"{field}/value", value=text)
    minor, _ = to_minor(value)
    if minor < 0 and may_be_zero:
        raise issue(operation_id, "CANNOT_BE_NEGATIVE", field=f"{field}/value", value=text)
    if minor <= 0 and not may_be_zero:
        raise issue(operation_id, "CANNOT_BE_ZERO_OR_NEGATIVE", field=f"{field}/value", value=text)
    return minor, currency
