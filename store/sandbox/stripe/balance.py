"""The balance of an account and the balance transactions it is the sum of.

Invariant: per currency, available + pending equals the sum of the transactions' net amounts; a charge's money
is pending for two days, and so is what is sent on of it; what else goes out counts at once
(docs.stripe.com/api/balance).
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.world import Document
from store.sandbox.stripe.routing import LISTS, Call, Route
from store.sandbox.stripe.sums import read_balance


def retrieve_balance(call: Call) -> Document:
    """Return the balance of the account the request acts in."""
    return read_balance(call.world, call.account)


def retrieve_entry(call: Call) -> Document:
    """Return one balance transaction of this account."""
    return call.world.get(call.account, "balance_transaction", call.ids["id"])


def list_entries(call: Call) -> Document:
    """Return balance transactions newest first, by type, currency, source and payout.

    The provider knows what went into a payout only when it made the payout itself, which here it never does.
    """
    if call.world.has(call.account, "payout", call.params.get("payout", "")):
        raise refuse(
            "Balance transaction history can only be filtered on automatic transfers, not manual.", param="payout"
        )
    return call.page("balance_transaction", "type", "currency", "source", "payout")


ROUTES = (
    Route("GET /v1/balance", retrieve_balance),
    Route("GET /v1/balance_transactions/{id}", retrieve_entry),
    Route("GET /v1/balance_transactions", list_entries, f"{LISTS} created type currency source payout"),
)
