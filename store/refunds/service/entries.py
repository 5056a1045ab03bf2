"""The journals of money that goes back, by charge type: who gives what, and who owes whom until it is there.

Pure: rows of the capture and its order's parts in, balanced entries out. Each refund takes its part of what earlier
ones have left of every account, so that refunds in parts leave none of the cents that rounding each alone would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from store.gateways.port import Moved
from store.kit.money import Money, split
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.vendors.states import ChargeType


class GivenBack(Struct, frozen=True):
    """Who gives what of one refund: `shares` by vendor, `fee` of ours, and `owed` less for a discount of ours."""

    shares: dict[str, int]
    fee: int
    owed: int


def share_out(capture: dict[str, Any], parts: list[Any], amount: Money, before: Mapping[str, int]) -> GivenBack:
    """What the buyer gets back, and in the same proportion what we would have added for a discount of ours.

    `before`: what the other refunds of this capture give back, by account (debit positive). Raises ValueError for more
    than they have left.
    direct, destination: all of it is the vendor's, and our fee is a movement of its own.
    separate: vendors and platform give back in proportion to what each has earned and not given back yet.
    """
    left = find_left(capture, before)
    if amount.amount > left:
        raise ValueError(f"{amount} goes back where only {Money(left, amount.currency)} is left")
    owed_left = sum(part["owed"] for part in parts) + before.get(names.COST_PROMOTIONS, 0)
    owed_back = owed_left * amount.amount // left
    if capture["charge_type"] != ChargeType.SEPARATE:
        return GivenBack({str(parts[0]["vendor"]): amount.amount + owed_back}, 0, owed_back)
    earned = [part["total"] - part["fee"] + part["owed"] - _given(str(part["vendor"]), before) for part in parts]
    fee_left = sum(part["fee"] for part in parts) - before.get(names.INCOME_FEES, 0)
    *given, fee = split(amount.amount + owed_back, [*earned, fee_left])
    return GivenBack({str(part["vendor"]): share for part, share in zip(parts, given, strict=True)}, fee, owed_back)


def find_left(capture: dict[str, Any], before: Mapping[str, int]) -> int:
    """What of a capture the refunds `before` have left, minor units."""
    paid_from = names.provider(capture["provider"], capture["account_ref"] or names.PLATFORM)
    return int(capture["amount"] + before.get(paid_from, 0))


def add_up(capture: dict[str, Any], amount: int, back: GivenBack, before: Counter[str]) -> None:
    """Count one refund of `amount` among those `before` the next."""
    before[names.provider(capture["provider"], capture["account_ref"] or names.PLATFORM)] -= amount
    before[names.INCOME_FEES] += back.fee
    before[names.COST_PROMOTIONS] -= back.owed
    for vendor, share in back.shares.items():
        before[names.payable(vendor)] += share


def passed_on(capture: dict[str, Any], parts: list[Any], before: Mapping[str, int]) -> dict[str, int]:
    """What each vendor shall have by transfers of ours after the refunds `before`, by vendor id.

    separate: its share. destination: what a discount of ours added. direct: nothing.
    """
    if capture["charge_type"] == ChargeType.DIRECT:
        return {}
    if capture["charge_type"] == ChargeType.DESTINATION:
        return {str(parts[0]["vendor"]): parts[0]["owed"] + before.get(names.COST_PROMOTIONS, 0)}
    return {
        (vendor := str(part["vendor"])): part["total"] - part["fee"] + part["owed"] - _given(vendor, before)
        for part in parts
    }


def refund_entries(
    capture: dict[str, Any], amount: Money, back: GivenBack, to_take: Mapping[str, int]
) -> tuple[Entry, ...]:
    """The journal of one refund; `to_take` is what by vendor has to be taken back of transfers of ours.

    direct: the vendor's own money. destination: ours; the vendor owes it until the charge's transfer is reversed.
    separate: what was passed on is owed by the vendor until that transfer is reversed, the rest is not owed to it.
    """
    owed = {vendor: part for vendor, part in to_take.items() if part}
    if capture["charge_type"] == ChargeType.DESTINATION:
        (vendor,) = back.shares
        owed[vendor] = owed.get(vendor, 0) + amount.amount
    return journals.refund(
        names.provider(capture["provider"], capture["account_ref"] or names.PLATFORM),
        amount.currency,
        amount.amount,
        shares_reversed={vendor: share - owed.get(vendor, 0) for vendor, share in back.shares.items()},
        fee_returned=back.fee,
        shares_owed=owed,
        promotion_returned=back.owed,
    )


def _given(vendor: str, before: Mapping[str, int]) -> int:
    """What a vendor has given back so far, whether it was not owed to it any more or owed by it."""
    return before.get(names.payable(vendor), 0) + before.get(names.receivable(vendor), 0)


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
