"""Is this snapshot our payment? A pure comparison; whatever differs is said in words and never counts as paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.gateways.port import PaymentSnapshot
from store.kit.money import Money


def find_difference(payment: Mapping[str, Any], snapshot: PaymentSnapshot, *, livemode: bool) -> str:
    """What the provider's payment has that ours has not, in words; empty when all is equal.

    Compared: amount, currency, our payment id, order id, account, destination, application fee, mode of the key.
    """
    pairs: list[tuple[str, Any, Any]] = [
        (
            "amount",
            _words(snapshot.amount, snapshot.currency),
            _words(payment["amount"], payment["currency"]),
        ),
        ("payment id", snapshot.payment_id, str(payment["id"])),
        ("order id", snapshot.order_id, str(payment["order"])),
        ("account", snapshot.account_ref, payment["account_ref"]),
        ("mode", _mode(snapshot.livemode), _mode(livemode)),
    ]
    if snapshot.amount:
        pairs.append(("destination", snapshot.destination, payment["destination_ref"]))
    if snapshot.amount and payment["charge_type"] != "separate":
        pairs.append(("application fee", snapshot.fee, payment["fee"]))
    return "; ".join(
        f"{name}: the provider has {theirs or 'none'}, the order {ours or 'none'}"
        for name, theirs, ours in pairs
        if theirs != ours
    )


def _words(amount: int, currency: str) -> str:
    try:
        return str(Money(amount, currency))
    except ValueError:
        return f"{amount} {currency}"


def _mode(live: bool) -> str:
    return "live" if live else "test"
