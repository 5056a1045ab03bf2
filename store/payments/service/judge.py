"""Is this snapshot our payment? A pure comparison; whatever differs is said in words and never counts as paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.gateways.port import PAYPAL, PaymentSnapshot
from store.kit.money import Money


def find_difference(payment: Mapping[str, Any], snapshot: PaymentSnapshot, *, livemode: bool) -> str:
    """What the provider's payment has that ours has not, in words; empty when all is equal.

    Compared: what the provider added up, shipping and tax (we ask for neither), discount, amount, currency, our payment
    id, order id, account, destination, settlement merchant, application fee, payee (at PayPal), mode of the key. Of
    zero Stripe may name no currency.
    """
    currency = payment["currency"]
    # Seen on a session of zero: github.com/Subscribie/subscribie/issues/1287.
    named = snapshot.currency or ("" if snapshot.amount else currency)
    pairs: list[tuple[str, Any, Any]] = [
        ("goods and delivery", _words(snapshot.subtotal, currency), _words(payment["subtotal"], currency)),
        ("shipping", snapshot.shipping, 0),
        ("tax", snapshot.tax, 0),
        ("discount", _words(snapshot.discount, currency), _words(_fitting_discount(payment, snapshot), currency)),
        (
            "amount",
            _words(snapshot.amount, named),
            _words(snapshot.subtotal + snapshot.shipping + snapshot.tax - snapshot.discount, currency),
        ),
        ("payment id", snapshot.payment_id, str(payment["id"])),
        ("order id", snapshot.order_id, str(payment["order"])),
        ("account", snapshot.account_ref, payment["account_ref"]),
        ("mode", _mode(snapshot.livemode), _mode(livemode)),
    ]
    if payment["provider"] == PAYPAL:
        # "none" on both sides would be no comparison.
        pairs.append(("payee", snapshot.payee_ref or "nobody", payment["payee_ref"] or "unknown"))
    # Nothing is charged where nothing is due, so there is no fee and nobody to pass anything on to.
    if snapshot.amount:
        pairs.append(("destination", snapshot.destination, payment["destination_ref"]))
        pairs.append(("settlement merchant", snapshot.on_behalf_of, payment["merchant_ref"]))
    if snapshot.amount and payment["charge_type"] != "separate":
        due = payment["subtotal"] - _fitting_discount(payment, snapshot)
        taken, ours = (min(fee, due) for fee in (snapshot.fee, payment["fee"]))
        pairs.append(("application fee", taken, ours))
    return "; ".join(
        f"{name}: the provider has {theirs or 'none'}, the order {ours or 'none'}"
        for name, theirs, ours in pairs
        if theirs != ours
    )


def page_discount(payment: Mapping[str, Any], snapshot: PaymentSnapshot) -> int:
    """What a code of the provider's page took off beside our own coupon, minor units."""
    return snapshot.discount - int(payment["coupon"])


def _fitting_discount(payment: Mapping[str, Any], snapshot: PaymentSnapshot) -> int:
    """Our coupon, whole; on a page that took codes, whatever one took off, up to everything."""
    if payment["allows_codes"] and 0 <= snapshot.discount <= payment["subtotal"]:
        return snapshot.discount
    return int(payment["coupon"])


def _words(amount: int, currency: str) -> str:
    try:
        return str(Money(amount, currency))
    except ValueError:
        return f"{amount} {currency}"


def _mode(live: bool) -> str:
    return "live" if live else "test"
