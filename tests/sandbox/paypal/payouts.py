"""What tests of PayPal's payouts begin with: a batch, an account that can pay it, and a look at its only item."""

from __future__ import annotations

from typing import Any

from store.sandbox.paypal.balance import add_funds, read_balance
from store.sandbox.paypal.payouts import SETTLED_SECONDS
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import later

PATH = "/v1/payments/payouts"
ITEMS = "/v1/payments/payouts-item"
FUNDS = 100_000


def batch(*receivers: str, name: str = "row-1", value: str = "10.00", currency: str = "USD") -> dict[str, Any]:
    """A request that pays each receiver the same."""
    return {
        "sender_batch_header": {"sender_batch_id": name, "recipient_type": "EMAIL", "email_subject": "Your share"},
        "items": [
            {"amount": {"currency": currency, "value": value}, "receiver": one, "sender_item_id": f"{name}:{n}"}
            for n, one in enumerate(receivers)
        ],
    }


async def send(paypal: PayPal, *receivers: str, name: str = "row-1") -> str:
    """Pay out from an account with money, wait until the batch is done, and return its id."""
    if not read_balance(paypal.app, "USD"):
        add_funds(paypal.app, FUNDS, "USD")
    made = await paypal.create("POST", PATH, batch(*receivers, name=name))
    later(paypal, SETTLED_SECONDS)
    return str(made["batch_header"]["payout_batch_id"])


async def only_item(paypal: PayPal, batch_id: str) -> dict[str, Any]:
    (item,) = (await paypal.create("GET", f"{PATH}/{batch_id}"))["items"]
    return dict(await paypal.create("GET", f"{ITEMS}/{item['payout_item_id']}"))
