"""Amounts as Stripe counts them. docs.stripe.com/currencies#special-cases

Krónur and Ugandan shillings have no decimals, yet travel with two that are 00; of currencies with three decimals the
last must be 0. Every amount that is sent or read passes here, and comes back as it went.
"""

from __future__ import annotations

from store.gateways.minimums import smallest_step
from store.gateways.port import GatewayBug
from store.kit.money import Money

HUNDREDFOLD = frozenset(("ISK", "UGX"))


def to_wire(amount: int, currency: str) -> int:
    """`amount` of our minor units, in Stripe's. Raises GatewayBug for one that Stripe cannot take."""
    step = smallest_step(currency)
    if amount % step:
        raise GatewayBug(f"{Money(amount, currency)} cannot be sent: in {currency} amounts go in steps of {step}")
    return amount * _scale(currency)


def from_wire(amount: int, currency: str | None) -> int:
    """`amount` of Stripe's minor units, in ours; `currency` in any case. Raises GatewayBug where ours cannot hold it.

    Without a currency an amount stays as it came.
    """
    scale = _scale((currency or "").upper())
    if amount % scale:
        raise GatewayBug(f"Stripe has {amount} {currency}, which is no whole number of coins")
    return amount // scale


def read_money(amount: int, currency: str) -> Money:
    """An amount of Stripe's with its lower-case currency, as money of ours."""
    return Money(from_wire(amount, currency), currency.upper())


def _scale(currency: str) -> int:
    return 100 if currency in HUNDREDFOLD else 1
