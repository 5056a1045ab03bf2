"""What a shop that is left alone would leave undone: goods that were paid and not sent, money on either side.

Read when its last owner deletes the account; amounts are the ledger's, in minor units. What buyers got back of PayPal
sales that were paid out is taken off later shares of such sales; where none is left to come nobody can take it, so it
keeps nobody here: it stays in the books, and is ours to bear.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from store.gateways.transfers import Hold
from store.kit.db import fetch, fetch_value
from store.kit.errors import Conflict
from store.kit.money import Money
from store.ledger import names
from store.ledger.queries import read_balances
from store.orders.finished import OVER, SETTLED
from store.vendors.queries import list_accounts

SHOWN = 5
UNFINISHED = f"""
SELECT orders.number, orders.payment_state = 'paid' AS paid FROM orders JOIN vendor_order AS part
  ON part."order" = orders.id
WHERE part.vendor = $1 AND NOT ({OVER} OR {SETTLED})
  AND (orders.payment_state <> 'paid' OR part.fulfilment = 'to_ship')
ORDER BY orders.placed_at, orders.id
"""  # noqa: S608 - constants
# Shares of PayPal sales that have not left us by the books.
SHARES = """
SELECT payout.currency, sum(payout.amount)::bigint AS amount, vendor.payout_email <> '' AS addressed, payout.state,
  payout.hold, max(payout.payable_at) AS last
FROM payout JOIN vendor ON vendor.id = payout.vendor
WHERE payout.vendor = $1 AND NOT payout.booked AND payout.amount > 0
  AND payout.state IN ('planned', 'waiting', 'intended', 'sent', 'held')
GROUP BY payout.currency, addressed, payout.state, payout.hold ORDER BY payout.currency, last
"""
TO_NET = """
SELECT currency, sum(amount - paid)::bigint AS amount FROM payout_debt
WHERE vendor = $1 AND amount > paid GROUP BY currency
"""


class ShopUnfinished(Conflict):
    """The person is the last owner of a shop with something left to do; nothing was changed."""

    title = "Your shop is not finished"


async def check_finished(vendor_id: UUID) -> None:
    """Refuse to leave this shop alone while it has orders to send or money to give or get. Raises ShopUnfinished.

    An order that may still be paid counts: somebody must be there to send it. What lies in the vendor's own account at
    the provider does not: it is the vendor's already.
    """
    todo = [*await _list_orders(vendor_id), *await _list_money(vendor_id)]
    if todo:
        name = await fetch_value("SELECT name FROM vendor WHERE id = $1", vendor_id)
        raise ShopUnfinished(f"{name} is yours, and not finished. {' '.join(todo)} Then delete the account.")


async def _list_orders(vendor_id: UUID) -> list[str]:
    rows = await fetch(UNFINISHED, vendor_id)
    paid = [row["number"] for row in rows if row["paid"]]
    open_ones = [row["number"] for row in rows if not row["paid"]]
    told = []
    if paid:
        told.append(f"Send what was paid, or give the money back: {_join(paid)}.")
    if open_ones:
        told.append(f"Wait until it is known whether these are paid: {_join(open_ones)}.")
    return told


async def _list_money(vendor_id: UUID) -> list[str]:
    """What we still hold for the shop, or it has to give back: the books of all accounts it ever had, together."""
    known = [names.provider("stripe", one.ref) for one in await list_accounts(vendor_id)]
    sums: Counter[str] = Counter()
    for account in (names.payable(str(vendor_id)), names.receivable(str(vendor_id)), *known):
        for balance in await read_balances(account):
            sums[balance.currency] += balance.amount
    shares = await fetch(SHARES, vendor_id)
    to_net = {row["currency"]: row["amount"] for row in await fetch(TO_NET, vendor_id)}
    for row in shares:
        sums[row["currency"]] += row["amount"]
    for currency, amount in to_net.items():
        sums[currency] -= amount
    held = [str(Money(-amount, currency)) for currency, amount in sorted(sums.items()) if amount < 0]
    owed = [str(Money(amount, currency)) for currency, amount in sorted(sums.items()) if amount > 0]
    told = [_tell_share(row) for row in shares]
    told += [
        f"{Money(to_net[currency], currency)} that buyers got back is taken off that."
        for currency in dict.fromkeys(row["currency"] for row in shares)
        if currency in to_net
    ]
    if held:
        told.append(f"We still have {' and '.join(held)} for it: finish Stripe’s form in your shop to get it paid out.")
    if owed:
        told.append(f"It has {' and '.join(owed)} to give back: keep as much at Stripe until it was taken.")
    return told


def _tell_share(row: Any) -> str:
    """What becomes of shares of PayPal sales, and what their owner can do."""
    amount = f"We still have {Money(row['amount'], row['currency'])} of PayPal sales for it"
    planned = row["state"] == "planned"
    when = f" on {row['last']:%-d %B %Y}" if planned else ""
    if row["hold"] == Hold.ACCOUNT or (planned and not row["addressed"]):
        return f"{amount}: confirm your PayPal address in your shop, and it goes out{when}."
    if planned:
        return f"{amount}, which goes out{when}: wait until it has."
    return f"{amount}: your shop’s PayPal page says what it waits for."


def _join(numbers: list[str]) -> str:
    more = len(numbers) - SHOWN
    return ", ".join(numbers[:SHOWN]) + (f" and {more} more" if more > 0 else "")
