"""What PayPal asks of the sums of an order: currencies, decimals, signs, and that lines and parts add up.

Invariant: nothing is compared before every amount of the unit is an amount of its currency. Pointers name units by
their reference, as PayPal's errors do.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.errors import Finding
from store.sandbox.paypal.objects import CURRENCIES, decimals, to_minor
from store.sandbox.paypal.order_documents import unit_pointer

MAX_WHOLE = 999_999_999_999_999
ADDED = ("item_total", "tax_total", "shipping", "handling", "insurance")
TAKEN_OFF = ("shipping_discount", "discount")
Sum = tuple[str, Document, bool]


def check_amounts(units: list[Document]) -> Iterator[Finding]:
    """Yield what is wrong with the amounts of an order's units."""
    for unit in units:
        faults = list(chain.from_iterable(_check_money(*found) for found in list_sums(unit)))
        yield from faults or _check_sums(unit)
    currencies = {money["currency_code"] for unit in units for _, money, _ in list_sums(unit)}
    if len(currencies & set(CURRENCIES)) > 1:
        yield "MULTI_CURRENCY_ORDER", "/purchase_units", None


def list_sums(unit: Document) -> Iterator[Sum]:
    """Yield (pointer, money, has to be more than nothing) of every amount of a unit."""
    at = unit_pointer(unit)
    yield f"{at}/amount", unit["amount"], True
    for name, money in (unit["amount"].get("breakdown") or {}).items():
        yield f"{at}/amount/breakdown/{name}", money, False
    for number, item in enumerate(unit.get("items") or []):
        for name in ("unit_amount", "tax"):
            if name in item:
                yield f"{at}/items/{number}/{name}", item[name], False
    for number, option in enumerate((unit.get("shipping") or {}).get("options") or []):
        if "amount" in option:
            yield f"{at}/shipping/options/{number}/amount", option["amount"], False
    for number, fee in enumerate((unit.get("payment_instruction") or {}).get("platform_fees") or []):
        yield f"{at}/payment_instruction/platform_fees/{number}/amount", fee["amount"], False


def _check_money(at: str, money: Document, positive: bool) -> Iterator[Finding]:
    currency, text = money["currency_code"], money["value"]
    if currency not in CURRENCIES:
        yield "INVALID_CURRENCY_CODE", f"{at}/currency_code", currency
        return
    places = len(text.partition(".")[2])
    if places > decimals(currency):
        name = "DECIMAL_PRECISION" if decimals(currency) else "DECIMALS_NOT_SUPPORTED"
        yield name, f"{at}/value", text
        return
    minor, _ = to_minor({"currency_code": currency, "value": text})
    if positive and minor <= 0:
        yield "CANNOT_BE_ZERO_OR_NEGATIVE", f"{at}/value", text
    elif minor < 0:
        yield "CANNOT_BE_NEGATIVE", f"{at}/value", text
    elif minor > MAX_WHOLE * 10 ** decimals(currency) + 10 ** decimals(currency) - 1:
        yield "MAX_VALUE_EXCEEDED", f"{at}/value", text


def _check_sums(unit: Document) -> Iterator[Finding]:
    at, amount, items = f"{unit_pointer(unit)}/amount", unit["amount"], unit.get("items") or []
    breakdown = amount.get("breakdown") or {}
    prices = sum(_minor(item["unit_amount"]) * int(item["quantity"]) for item in items)
    yield from _check_total(at, breakdown, "ITEM_TOTAL", prices if items else None)
    taxed = [item for item in items if "tax" in item]
    taxes = sum(_minor(item["tax"]) * int(item["quantity"]) for item in taxed)
    yield from _check_total(at, breakdown, "TAX_TOTAL", taxes if taxed else None)
    if breakdown:
        parts = {name: _minor(value) for name, value in breakdown.items()}
        total = sum(parts.get(name, 0) for name in ADDED) - sum(parts.get(name, 0) for name in TAKEN_OFF)
        if total != _minor(amount):
            yield "AMOUNT_MISMATCH", f"{at}/value", amount["value"]


def _check_total(at: str, breakdown: Document, name: str, of_items: int | None) -> Iterator[Finding]:
    if of_items is None:
        return
    field = f"{at}/breakdown/{name.lower()}"
    if name.lower() not in breakdown:
        yield f"{name}_REQUIRED", field, None
    elif _minor(breakdown[name.lower()]) != of_items:
        yield f"{name}_MISMATCH", f"{field}/value", breakdown[name.lower()]["value"]


def _minor(money: Document) -> int:
    return to_minor({"currency_code": money["currency_code"], "value": money["value"]})[0]
