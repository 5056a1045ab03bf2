"""Where the money of one order went, as its vendor sees it: what was agreed, and what moved on the vendor's account.

Both add up by themselves: paid less our fee is the share, and the movements are every entry that the ledger has of this
order on an account of the vendor's, but for what was sent to an address and has neither arrived nor come back. Of an
order that others share in, nothing of theirs is told.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.gateways.port import PAYPAL
from store.gateways.transfers import Hold
from store.kit.db import fetch, fetch_row, fetch_value
from store.ledger import names
from store.vendors.queries import list_accounts
from store.vendors.states import ChargeType

# What the provider kept and passed on, as the ledger knows it: the one place where all charge types are alike.
MOVED = """
SELECT coalesce(nullif(payout.state, 'paid') || '_', '') || tx.kind AS kind, entry.account, entry.currency,
  sum(entry.amount)::bigint AS amount
FROM ledger_tx AS tx JOIN ledger_entry AS entry ON entry.tx = tx.id
LEFT JOIN payout ON tx.kind = 'payout' AND payout.provider = tx.source AND payout.item_ref = tx.ref
WHERE tx.order_ref = $1 AND entry.account = ANY($2) GROUP BY 1, entry.account, entry.currency
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
# The same of what is paid out to an address, which is not seen any more once it is there. While it has not arrived it
# is no movement: the page says what it waits for.
PAID_OUT = {
    "payout": "Paid out to your PayPal account",
    "returned_payout": "Sent to your PayPal address",
    "payout_returned": "Came back from PayPal",
    "debt_netted": "Kept by Overprint, for refunds of yours",
}
RAIL = """SELECT provider FROM capture WHERE "order" = $1 AND kind = 'settling'"""
STUCK = """
SELECT why, payable_at, state FROM payout WHERE vendor_order = $1
AND state IN ('planned', 'waiting', 'intended', 'sent', 'unclaimed', 'held') ORDER BY created_at, id LIMIT 1
"""
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
    know. `held` says why a transfer waits, "" when none does. `paypal`: paid there, so that what goes to the vendor is
    paid out to an address, `payable_at` while that waits for its day.
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
    paypal: bool = False
    payable_at: datetime | None = None


async def read_money(row: Any) -> Money:
    """The money of the vendor's part `row` (of `orders.ONE`). Five queries at most."""
    paypal = await fetch_value(RAIL, row["order"]) == PAYPAL
    vendor, shared = str(row["vendor"]), row["parts"] > 1
    direct = not paypal and row["charge_type"] == ChargeType.DIRECT
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
        if kind in PAID_OUT and one["account"] == own[0]:
            moved[kind, currency] = moved.get((kind, currency), 0) + one["amount"]
    movements = tuple(
        Movement(words, amount, currency)
        for kind, words in (MOVEMENTS | PAID_OUT).items()
        for (which, currency), amount in moved.items()
        if which == kind and amount
    )
    there: dict[str, int] = {}
    for movement in movements:
        there[movement.currency] = there.get(movement.currency, 0) + movement.amount
    held, payable_at = await _read_payout(row["id"]) if paypal else (await _read_hold(row["id"]), None)
    return Money(
        paid=row["total"] - row["off"],
        fee=row["fee"] - row["off_fee"],
        share=row["share"] - row["off_share"],
        owed=row["owed"],
        direct=direct,
        provider_fee=fee,
        movements=movements,
        there=tuple((amount, currency) for currency, amount in there.items()),
        held=held,
        given_back=next(((amount, currency) for currency, amount in given.items() if amount), None),
        paypal=paypal,
        payable_at=payable_at,
    )


async def _read_payout(part_id: UUID) -> tuple[str, datetime | None]:
    """Why a share is not with its vendor yet, and the day it waits for."""
    row = await fetch_row(STUCK, part_id)
    if row is None:
        return "", None
    return row["why"], row["payable_at"] if row["state"] == "planned" else None


async def _read_hold(part_id: UUID) -> str:
    held = await fetch_row(HELD, part_id)
    return HOLDS.get(held["hold"], HOLDS[Hold.OTHER]) if held else ""
