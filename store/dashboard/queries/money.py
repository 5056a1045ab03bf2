"""Where the money of one order went, as its vendor sees it: what was agreed, and what moved on the vendor's account.

Both add up by themselves: paid less our fee is the share, and the movements are every entry that the ledger has of this
order on an account of the vendor's. Of an order that others share in, nothing of theirs is told.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import Struct

from store.gateways.transfers import Hold
from store.kit.db import fetch, fetch_row
from store.ledger import names
from store.vendors.queries import list_accounts
from store.vendors.states import ChargeType

# What the provider kept and passed on, as the ledger knows it: the one place where all charge types are alike.
MOVED = """
SELECT tx.kind, entry.account, entry.currency, sum(entry.amount)::bigint AS amount
FROM ledger_tx AS tx JOIN ledger_entry AS entry ON entry.tx = tx.id
WHERE tx.order_ref = $1 AND entry.account = ANY($2) GROUP BY tx.kind, entry.account, entry.currency
"""
# Each kind of movement on the vendor's own account, in the order in which they come.
MOVEMENTS = {
    "capture": "Paid by the buyer",
    "transfer": "Transferred to you",
    "application_fee": "Overprint’s fee, returned to Overprint",
    "provider_fee": "Stripe’s fee",
    "refund": "Refunded to the buyer",
    "transfer_reversal": "Taken back for refunds",
    "fee_refund": "Overprint’s fee, given back to you",
    "refund_failed": "Refund that came back",
}
# Why a transfer waits, in words for who waits for it.
HELD = """SELECT hold FROM transfer WHERE vendor_order = $1 AND state = 'waiting' ORDER BY created_at LIMIT 1"""
HOLDS = {
    Hold.ACCOUNT: "Your Stripe account cannot receive money at the moment. It goes out by itself when it can again.",
    Hold.BALANCE: "Overprint’s balance does not cover it yet. It goes out by itself when it does.",
    Hold.CURRENCY: "This currency cannot be passed on to your Stripe account. Please write to us.",
    Hold.OTHER: "Stripe did not take it. We try again by ourselves.",
}


class Movement(Struct, frozen=True):
    """What came to the vendor's account (above zero) or left it, minor units of `currency`."""

    words: str
    amount: int
    currency: str


class Money(Struct, frozen=True):
    """Where the buyer's money went, minor units of the order's currency unless a currency is beside it.

    `direct`: the buyer paid the vendor, who bears the provider's fee. `provider_fee` is None until the provider has
    settled, and where it is of an order that others share in. `movements` add up to `there` in each currency.
    `given_back`: what refunds took off this vendor's share of an order that others share in, whose sums are not its to
    know. `held` says why a transfer waits, "" when none does.
    """

    paid: int
    fee: int
    share: int
    owed: int
    direct: bool
    provider_fee: tuple[int, str] | None
    movements: tuple[Movement, ...]
    there: tuple[tuple[int, str], ...]
    held: str
    given_back: tuple[int, str] | None


async def read_money(row: Any) -> Money:
    """The money of the vendor's part `row` (of `orders.ONE`). Three queries."""
    vendor, direct, shared = str(row["vendor"]), row["charge_type"] == ChargeType.DIRECT, row["parts"] > 1
    accounts = [names.provider("stripe", one.ref) for one in await list_accounts(row["vendor"])]
    own = [names.payable(vendor), names.receivable(vendor)]
    bearer = own[0] if direct else names.COST_PROVIDER_FEES
    fee: tuple[int, str] | None = None
    moved: dict[tuple[str, str], int] = {}
    given: dict[str, int] = {}
    for one in await fetch(MOVED, str(row["order"]), [*accounts, bearer, *own]):
        kind, currency = one["kind"], one["currency"]
        if one["account"] in accounts:
            moved[kind, currency] = moved.get((kind, currency), 0) + one["amount"]
        elif kind == "provider_fee" and one["account"] == bearer and not shared:
            fee = (one["amount"], currency)
        elif shared and kind in ("refund", "refund_failed") and one["account"] in own:
            given[currency] = given.get(currency, 0) + one["amount"]
    movements = tuple(
        Movement(words, amount, currency)
        for kind, words in MOVEMENTS.items()
        for (which, currency), amount in moved.items()
        if which == kind and amount
    )
    there: dict[str, int] = {}
    for movement in movements:
        there[movement.currency] = there.get(movement.currency, 0) + movement.amount
    return Money(
        paid=row["total"] - row["off"],
        fee=row["fee"] - row["off_fee"],
        share=row["share"] - row["off_share"],
        owed=row["owed"],
        direct=direct,
        provider_fee=fee,
        movements=movements,
        there=tuple((amount, currency) for currency, amount in there.items()),
        held=await _read_hold(row["id"]),
        given_back=next(((amount, currency) for currency, amount in given.items() if amount), None),
    )


async def _read_hold(part_id: UUID) -> str:
    held = await fetch_row(HELD, part_id)
    return HOLDS.get(held["hold"], HOLDS[Hold.OTHER]) if held else ""
