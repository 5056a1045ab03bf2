"""Prices as a vendor types them: exact, in the vendor's currency, never below what a card can be charged."""

from __future__ import annotations

from store.gateways.minimums import smallest_charge, smallest_step
from store.kit.amounts import NotAnAmount, read_amount
from store.kit.money import Money


def read_price(typed: str, currency: str) -> int:
    """Minor units of a price in major units; raises NotAnAmount in words for the vendor."""
    amount = read_amount(typed, currency)
    step, least = smallest_step(currency), smallest_charge(currency)
    if amount % step:
        raise NotAnAmount(f"Prices in {currency} end with a 0: a card is charged in steps of {Money(step, currency)}.")
    if amount < least:
        raise NotAnAmount(f"The least is {Money(least, currency)}: cards cannot be charged less.")
    return amount
