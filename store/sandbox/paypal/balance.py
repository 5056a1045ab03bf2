"""What a business account has at PayPal: one balance per currency, the sum of its movements.

A capture that completes comes in with the fee taken off, refunds, reversals and payouts go out at once, and what does
not arrive comes back. Invariant: per currency the balance equals the sum of the movements' net amounts. The fees
(3.49 % and a fixed part for a capture, a fixed part for a payout) are the sandbox's own rule; PayPal keeps the first
when the money is given back (developer.paypal.com/docs/api/payments/v2, paypal.com/us/webapps/mpp/merchant-fees).
"""

from __future__ import annotations

from collections import defaultdict

from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document, World
from store.sandbox.paypal.app import App
from store.sandbox.paypal.objects import WHOLE

KIND = "paypal_movement"
# Basis points of a capture, then minor units: with two decimals, or as PayPal counts the others.
FEE_RATE = 349
FIXED_FEE = 49
FIXED_WHOLE = {"JPY": 49, "HUF": 156, "TWD": 14}
PAYOUT_FEE = 25
PAYOUT_WHOLE = {"JPY": 30, "HUF": 70, "TWD": 8}


def holder(world: World, merchant_id: str) -> App:
    """Return the app of an account for what the clock does by itself, where no client asks."""
    return App(world, "", merchant_id, "")


def capture_fee(amount: int, currency: str) -> int:
    """Return what PayPal takes of a capture, minor units, never more than the capture."""
    fixed = FIXED_WHOLE[currency] if currency in WHOLE else FIXED_FEE
    return min(amount, (amount * FEE_RATE + 5_000) // 10_000 + fixed)


def payout_fee(currency: str) -> int:
    """Return what one item of a payout costs the sender, minor units."""
    return PAYOUT_WHOLE[currency] if currency in WHOLE else PAYOUT_FEE


def book(app: App, type: str, source: str, amount: int, currency: str, fee: int = 0) -> Document:
    """Add a movement: `amount` minor units come in (go out when negative) and `fee` is taken, at once."""
    movement: Document = {
        "id": new_id("mov_", 20),
        "type": type,
        "source": source,
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "currency": currency,
        "created": app.now,
    }
    app.world.put(app.merchant_id, KIND, movement)
    return movement


def read_balance(app: App, currency: str) -> int:
    """Return what the account has of a currency, minor units; negative when it owes."""
    return sum_balances(app.world, app.merchant_id)[currency]


def sum_balances(world: World, merchant_id: str) -> dict[str, int]:
    """Return the balance of every currency that ever moved; 0 for any other."""
    sums: dict[str, int] = defaultdict(int)
    for movement in world.find(merchant_id, KIND):
        sums[movement["currency"]] += movement["net"]
    return sums


def sum_fees(app: App, currency: str) -> int:
    """Return what PayPal ever took of captures in a currency, minor units."""
    taken = app.world.find(app.merchant_id, KIND, currency=currency, type="capture")
    return sum(movement["fee"] for movement in taken)


def add_funds(app: App, amount: int, currency: str) -> Document:
    """Put money on the account as from its bank; for tests and demos that pay out what nobody paid in."""
    return book(app, "deposit", "bank", amount, currency)
