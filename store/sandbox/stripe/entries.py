"""Balance transactions as they come to be: each moves an account's balance now, or when its money is available.

Invariant: an account's balance is the sum of its balance transactions' net amounts
(docs.stripe.com/reports/balance-transaction-types).
"""

from decimal import Decimal

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe.objects import APPLICATION, blank
from store.sandbox.stripe.sums import read_balance

AVAILABLE_SECONDS = 2 * 86400
CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "transfer": "transfer",
    "transfer_refund": "transfer",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "stripe_fee": "fee",
    "refund_failure": "refund_failure",
    "adjustment": "other_adjustment",
    "payout": "payout",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
}


def book(
    world: World,
    account: str,
    type: str,
    source: str | None,
    amount: int,
    currency: str,
    *,
    fees: list[Document] | None = None,
    rate: Decimal | None = None,
    at_once: bool = False,
    available_on: int | None = None,
    description: str | None = None,
) -> Document:
    """Add a balance transaction in the account's own currency; net = amount − fees.

    What comes in waits two days unless it is there `at_once` or from `available_on` (epoch seconds) on; what goes out
    counts at once unless `available_on` says otherwise.
    """
    now = world.clock.now()
    if available_on is None:
        available_on = now if at_once or amount < 0 else now + AVAILABLE_SECONDS
    details = [f for f in fees or [] if f["amount"] != 0]
    fee = sum(f["amount"] for f in details)
    entry = blank(
        world,
        "balance_transaction",
        amount=amount,
        available_on=max(available_on, now),
        balance_type="payments",
        currency=currency,
        description=description,
        exchange_rate=float(rate) if rate is not None else None,
        fee=fee,
        fee_details=details,
        net=amount - fee,
        reporting_category=CATEGORIES[type],
        source=source,
        status="pending" if available_on > now else "available",
        type=type,
    )
    world.put(account, "balance_transaction", entry)
    if entry["status"] == "pending":
        world.schedule(entry["available_on"], "balance_transaction.available", account, entry["id"])
    return entry


def fee_detail(type: str, amount: int, currency: str) -> Document:
    """Return one row of `fee_details`; the amount is in the balance transaction's currency."""
    application = APPLICATION if type == "application_fee" else None
    description = "Stripe processing fees" if type == "stripe_fee" else "Application fee"
    return {
        "amount": amount,
        "application": application,
        "currency": currency,
        "description": description,
        "type": type,
    }


@due_job("balance_transaction.available")
def _become_available(world: World, account: str, id: str) -> None:
    entry = world.get(account, "balance_transaction", id)
    world.put(account, "balance_transaction", entry | {"status": "available"})
    # What becomes available in one go is told in one event.
    more = world.sql(
        "SELECT 1 FROM due WHERE job='balance_transaction.available' AND account=? AND at<=? LIMIT 1",
        account,
        world.clock.now(),
    )
    if not more:
        world.emit(account, "balance.available", read_balance(world, account))
