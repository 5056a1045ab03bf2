"""What a code takes off a payment, and whose money that is: pure, minor units throughout.

A platform's discount comes off the platform's fee; what goes beyond it is `owed` to the vendor, who earns as much as
without the code. A direct vendor is paid by the buyer alone, so there a platform's code that is worth more than the
fee is refused. A vendor's discount makes its goods cheaper: the fee is that of the cheaper goods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.kit.money import Money, basis_points, split
from store.promotions.states import FundedBy
from store.vendors.states import ChargeType, platform_fee


class Code(Struct, frozen=True):
    """A row of `promotion`; `own` is how many of its `uses` the asking cart's own unpaid orders hold."""

    id: UUID
    code: str
    percent: int | None
    amount: int | None
    currency: str
    with_delivery: bool
    minimum: int
    vendor: UUID | None
    category: UUID | None
    funded_by: str
    max_uses: int | None
    per_email: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    uses: int
    active: bool
    own: int = 0


class Part(Struct, frozen=True):
    """One vendor's part of a payment; `goods` maps category to what its goods cost together."""

    vendor_id: UUID
    name: str
    charge_type: str
    goods: Mapping[UUID, int]
    delivery: int
    fee_basis_points: int
    fee_fixed: int


class Cut(Struct, frozen=True):
    """What a vendor's part comes to: the discount, the fee that is left, and what we owe the vendor beside it."""

    discount: int
    fee: int
    owed: int = 0


class PageCut(Struct, frozen=True):
    """A part of a discount given at the provider's page: amount = off_fee + off_share + owed."""

    amount: int
    off_fee: int
    off_share: int
    owed: int


class Refused(Exception):
    """This code takes nothing off this payment; the words say why."""


def judge_code(code: Code, parts: Sequence[Part], currency: str, now: datetime) -> tuple[Cut, ...]:
    """The cut of each part, in their order; `now` in UTC. Raises Refused, in words for the buyer."""
    _check_validity(code, now)
    if code.currency not in ("", currency):
        raise Refused(f"{code.code} is for payments in {code.currency}; this one is in {currency}.")
    goods = [_fitting_goods(code, part) for part in parts]
    if not sum(goods):
        whose = "another seller" if code.vendor else "another part of the shop"
        raise Refused(f"{code.code} is for goods from {whose}; there are none of those here.")
    if sum(goods) < code.minimum:
        least, there = Money(code.minimum, currency), Money(sum(goods), currency)
        raise Refused(f"{code.code} needs goods for {least} or more; here are {there}.")
    covered = [part.delivery if fits and code.with_delivery else 0 for part, fits in zip(parts, goods, strict=True)]
    cuts = tuple(
        _cut(code, part, fits, delivery, off)
        for part, fits, delivery, off in zip(parts, goods, covered, _take_off(code, goods, covered), strict=True)
    )
    if not sum(cut.discount for cut in cuts):
        raise Refused(f"{code.code} is worth less than the smallest coin here.")
    for part, cut in zip(parts, cuts, strict=True):
        if cut.owed and part.charge_type == ChargeType.DIRECT:
            raise Refused(
                f"{code.code} takes off more than our fee, and {part.name} is paid by you directly: we cannot make up"
                " the difference. It cannot be used for these goods."
            )
    return cuts


def uncut(part: Part) -> Cut:
    """What a part comes to without a code."""
    return Cut(0, platform_fee(sum(part.goods.values()), part.fee_basis_points, part.fee_fixed))


def spread_page_discount(parts: Sequence[Mapping[str, Any]], discount: int, charge_type: str) -> list[PageCut]:
    """Whose money a code's discount at the provider's page is; `parts` are rows of vendor_order (total, fee).

    direct, destination: the provider takes its frozen application fee, at most what was paid; the vendor has the rest.
    separate: the money is ours until we pass it on, so it is our code and our cost: the fee first, then `owed`.
    """
    amounts = split(discount, [part["total"] for part in parts]) if discount else [0] * len(parts)
    cuts = []
    for part, amount in zip(parts, amounts, strict=True):
        if charge_type == ChargeType.SEPARATE:
            off_fee = min(part["fee"], amount)
            cuts.append(PageCut(amount, off_fee, 0, amount - off_fee))
        else:
            off_fee = part["fee"] - min(part["fee"], part["total"] - amount)
            cuts.append(PageCut(amount, off_fee, amount - off_fee, 0))
    return cuts


def _check_validity(code: Code, now: datetime) -> None:
    if not code.active:
        raise Refused(f"{code.code} is no longer valid.")
    if code.starts_at and now < code.starts_at:
        raise Refused(f"{code.code} can be used from {code.starts_at:%-d %B %Y, %H:%M} UTC.")
    if code.ends_at and now >= code.ends_at:
        raise Refused(f"{code.code} was valid until {code.ends_at:%-d %B %Y, %H:%M} UTC.")
    if code.max_uses is not None and code.uses - code.own >= code.max_uses:
        raise Refused(f"{code.code} has been used as often as it may be.")


def _fitting_goods(code: Code, part: Part) -> int:
    if code.vendor not in (None, part.vendor_id):
        return 0
    return sum(total for category, total in part.goods.items() if code.category in (None, category))


def _take_off(code: Code, goods: Sequence[int], covered: Sequence[int]) -> list[int]:
    bases = [fits + delivery for fits, delivery in zip(goods, covered, strict=True)]
    if code.percent is not None:
        return [basis_points(base, code.percent) for base in bases]
    assert code.amount is not None
    return split(min(code.amount, sum(bases)), bases)


def _cut(code: Code, part: Part, goods: int, delivery: int, off: int) -> Cut:
    whole = uncut(part).fee
    if code.funded_by == FundedBy.PLATFORM:
        return Cut(off, whole - min(whole, off), off - min(whole, off))
    off_goods = split(off, [goods, delivery])[0] if off else 0
    cheaper = sum(part.goods.values()) - off_goods
    return Cut(off, platform_fee(cheaper, part.fee_basis_points, part.fee_fixed))
