"""The balance of an account and the balance transactions it is the sum of.

Invariant: per currency, available + pending equals the sum of the transactions' net amounts; a charge's money
is pending for two days, what goes out counts at once (docs.stripe.com/api/balance).
"""

from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.objects import default_currency
from store.sandbox.stripe.routing import LISTS, Call, Route


def retrieve_balance(call: Call) -> Document:
    """Return the balance of the account the request acts in."""
    return read_balance(call.world, call.account)


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
        "risk_reserved": None,
    }


def retrieve_entry(call: Call) -> Document:
    """Return one balance transaction of this account."""
    return call.world.get(call.account, "balance_transaction", call.ids["id"])


def list_entries(call: Call) -> Document:
    """Return balance transactions newest first, by type, currency and source."""
    return call.page("balance_transaction", "type", "currency", "source")


def _row(currency: str, amount: int) -> Document:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


ROUTES = (
    Route("GET /v1/balance", retrieve_balance),
    Route("GET /v1/balance_transactions/{id}", retrieve_entry),
    Route("GET /v1/balance_transactions", list_entries, f"{LISTS} created type currency source"),
)
