"""The journals of money that goes back, by charge type: who gives what, and who owes whom until it is there.

Pure: rows of the capture and its order's parts in, balanced entries out.
"""

from __future__ import annotations

from typing import Any

from store.gateways.port import Moved
from store.kit.money import Money, split
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.vendors.states import ChargeType


def refund_entries(capture: dict[str, Any], parts: list[Any], amount: Money) -> tuple[Entry, ...]:
    """What the buyer gets back, and in the same proportion what we would have added for a discount of ours."""
    whole = capture["amount"]
    owed_back = {str(part["vendor"]): part["owed"] * amount.amount // whole for part in parts}
    return (
        *_give_back_entries(capture, parts, amount),
        *journals.reverse(journals.promotion(amount.currency, owed_back)),
    )


def _give_back_entries(capture: dict[str, Any], parts: list[Any], amount: Money) -> tuple[Entry, ...]:
    """direct: the vendor's own money. destination: ours; the vendor owes it until the transfer is reversed.

    separate: nothing was passed on yet, so vendors and platform give back in proportion to what each earned.
    """
    paid_from = names.provider(capture["provider"], capture["account_ref"] or names.PLATFORM)
    vendor = str(parts[0]["vendor"])
    if capture["charge_type"] == ChargeType.DIRECT:
        return journals.refund(
            paid_from, amount.currency, amount.amount, shares_reversed={vendor: amount.amount}, fee_returned=0
        )
    if capture["charge_type"] == ChargeType.DESTINATION:
        return journals.refund(
            paid_from,
            amount.currency,
            amount.amount,
            shares_reversed={},
            fee_returned=0,
            shares_owed={vendor: amount.amount},
        )
    shares = split(amount.amount, [*(part["total"] - part["fee"] for part in parts), _platform_fee(parts)])
    return journals.refund(
        paid_from,
        amount.currency,
        amount.amount,
        shares_reversed={str(part["vendor"]): share for part, share in zip(parts, shares, strict=False)},
        fee_returned=shares[-1],
    )


def _platform_fee(parts: list[Any]) -> int:
    """The platform's fee over all parts, minor units."""
    return sum(part["fee"] for part in parts)


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
