"""An account's balance as the sum of its balance transactions: available, pending and reserved, per currency.

Invariant: available + pending + connect_reserved equals the sum of the transactions' net amounts
(docs.stripe.com/api/balance).
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.money import format_amount
from store.sandbox.stripe.objects import default_currency


def read_balance(world: World, account: str) -> Document:
    """Return an account's balance object: amounts per currency, minor units."""
    sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for entry in world.find(account, "balance_transaction"):
        amounts = sums[entry["status"]]
        amounts[entry["currency"]] = amounts.get(entry["currency"], 0) + entry["net"]
    if account == world.platform:
        sums["connect_reserved"] = _read_reserved(world)
        for currency, amount in sums["connect_reserved"].items():
            sums["available"][currency] = sums["available"].get(currency, 0) - amount
    currencies = sorted({default_currency(world, account)}.union(*sums.values()))
    balance: Document = {"object": "balance", "livemode": False, "connect_reserved": None}
    for name, amounts in sums.items():
        balance[name] = [_row(currency, amounts.get(currency, 0)) for currency in currencies]
    return balance | {
        "instant_available": None,
        "issuing": None,
        "refund_and_dispute_prefunding": None,
    }


def _read_reserved(world: World) -> dict[str, int]:
    """Return what is set aside of the platform's money, by currency: what connected accounts owe.

    Counted are those below zero for whose requirements the platform answers
    (docs.stripe.com/api/balance/balance_object#balance_object-connect_reserved).
    """
    reserved: dict[str, int] = {}
    for connected in world.find(world.platform, "account"):
        if connected["controller"].get("requirement_collection") != "application":
            continue
        nets: dict[str, int] = {}
        for entry in world.find(connected["id"], "balance_transaction"):
            nets[entry["currency"]] = nets.get(entry["currency"], 0) + entry["net"]
        for currency, net in nets.items():
            if net < 0:
                reserved[currency] = reserved.get(currency, 0) - net
    return reserved


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
