"""An account's balance as the sum of its balance transactions: available and pending, per currency.

Invariant: available + pending equals the sum of the transactions' net amounts (docs.stripe.com/api/balance).
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.money import format_amount
from store.sandbox.stripe.objects import default_currency


def read_balance(world: World, account: str) -> Document:
    """Return an account's balance object: amounts per currency, minor units."""
    sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    currencies = {default_currency(world, account)}
    for entry in world.find(account, "balance_transaction"):
        amounts = sums[entry["status"]]
        amounts[entry["currency"]] = amounts.get(entry["currency"], 0) + entry["net"]
        currencies.add(entry["currency"])
    balance: Document = {"object": "balance", "livemode": False, "connect_reserved": None}
    for name, amounts in sums.items():
        balance[name] = [_row(currency, amounts.get(currency, 0)) for currency in sorted(currencies)]
    if account == world.platform:
        balance["connect_reserved"] = [{"amount": 0, "currency": currency} for currency in sorted(currencies)]
    return balance | {
        "instant_available": None,
        "issuing": None,
        "refund_and_dispute_prefunding": None,
    }


def check_funds(world: World, account: str, amount: int, currency: str) -> None:
    """Refuse to send more (minor units) than is available to the account in this currency."""
    balance = {row["currency"]: row["amount"] for row in read_balance(world, account)["available"]}
    available = balance.get(currency, 0)
    if amount > available:
        raise refuse(
            "You have insufficient funds in your Stripe account for this transfer: "
            f"{format_amount(available, currency)} is available. In test mode the card 4000 0000 0000 0077 adds funds "
            "that are available at once.",
            code="balance_insufficient",
        )


def _row(currency: str, amount: int) -> Document:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
