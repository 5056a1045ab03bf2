"""The journals of money that goes back, by charge type: who gives what, and who owes whom until it is there.

Pure: rows of the capture and its order's parts in, balanced entries out. Each refund takes its part of what earlier
ones have left of every account, so that refunds in parts leave none of the cents that rounding each alone would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.gateways.port import Moved
from store.kit.money import Money, split
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.vendors.states import ChargeType


def refund_entries(
    capture: dict[str, Any], parts: list[Any], amount: Money, before: Mapping[str, int]
) -> tuple[Entry, ...]:
    """What the buyer gets back, and in the same proportion what we would have added for a discount of ours.

    `before`: what the refunds of this capture have moved so far, by account (debit positive). Raises ValueError for
    more than they have left.
    direct: the vendor's own money. destination: ours; the vendor owes it until the transfer is reversed.
    separate: nothing was passed on yet, so vendors and platform give back in proportion to what each earned.
    """
    paid_from = names.provider(capture["provider"], capture["account_ref"] or names.PLATFORM)
    left = capture["amount"] + before.get(paid_from, 0)
    if amount.amount > left:
        raise ValueError(f"{amount} goes back where only {Money(left, amount.currency)} is left")
    owed_left = sum(part["owed"] for part in parts) + before.get(names.COST_PROMOTIONS, 0)
    owed_back = owed_left * amount.amount // left
    vendor = str(parts[0]["vendor"])
    fee_returned, shares_owed = 0, {}
    if capture["charge_type"] == ChargeType.DIRECT:
        shares = {vendor: amount.amount + owed_back}
    elif capture["charge_type"] == ChargeType.DESTINATION:
        shares, shares_owed = {vendor: owed_back}, {vendor: amount.amount}
    else:
        earned = [
            part["total"] - part["fee"] + part["owed"] - before.get(names.payable(str(part["vendor"])), 0)
            for part in parts
        ]
        fee_left = sum(part["fee"] for part in parts) - before.get(names.INCOME_FEES, 0)
        *given, fee_returned = split(amount.amount + owed_back, [*earned, fee_left])
        shares = {str(part["vendor"]): share for part, share in zip(parts, given, strict=True)}
    return journals.refund(
        paid_from,
        amount.currency,
        amount.amount,
        shares_reversed=shares,
        fee_returned=fee_returned,
        shares_owed=shares_owed,
        promotion_returned=owed_back,
    )


def reversal_entries(capture: dict[str, Any], part: Any, moved: Moved) -> tuple[Entry, ...]:
    """The transfer came back: the vendor's debt is paid out of what the vendor had earned."""
    vendors_account = names.provider(capture["provider"], part["account_ref"])
    vendor, amount = str(part["vendor"]), moved.amount
    return (
        *journals.transfer_reversal(names.provider(capture["provider"]), vendors_account, moved.amount, moved.landed),
        Entry(names.payable(vendor), amount.currency, amount.amount),
        Entry(names.receivable(vendor), amount.currency, -amount.amount),
    )


def fee_return_entries(capture: dict[str, Any], part: Any, moved: Moved) -> tuple[Entry, ...]:
    """Our fee went back to the vendor: less income for us, more earned by the vendor."""
    vendors_account = names.provider(capture["provider"], part["account_ref"])
    amount = moved.amount
    return (
        *journals.application_fee_refund(
            vendors_account, names.provider(capture["provider"]), moved.landed, moved.amount
        ),
        Entry(names.INCOME_FEES, amount.currency, amount.amount),
        Entry(names.payable(str(part["vendor"])), amount.currency, -amount.amount),
    )
