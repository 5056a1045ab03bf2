"""Lines sorted into checkout groups, each one payment with its own total: pure.

One payment holds either one direct vendor's goods or those of any number of destination vendors in one
currency (Stripe transfers nothing to an account that carries its own losses; a payment has one currency).
What differs from what the visitor last accepted is a `problem` and blocks the group until it is accepted, never applied
silently. A cart's promotion code counts for one payment: the first one that it fits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from store.gateways.minimums import smallest_charge, smallest_step
from store.kit.money import Money
from store.promotions.discounts import Code, Cut, Part, Refused, judge_code, uncut
from store.vendors.states import ChargeType, explain_not_selling

DIRECT_PREFIX, PLATFORM_PREFIX, WAITING_PREFIX = "direct-", "platform-", "waiting-"
CHANGED = "Something here changed since you added it. Accept the changes or remove the item, then check out."
GONE = "Nothing of this can be bought any more, so there is nothing to pay here."


class GroupLine(Struct, frozen=True):
    """One line. Amounts in minor units.

    `total` counts only what can be had now; `available` includes what the cart itself holds. `thumb`
    is the address of its picture, "" where only the drawing `art` is there.
    """

    line_id: UUID
    variant_id: UUID
    product_slug: str
    title: str
    variant_label: str
    sku: str
    art: str
    vendor_id: UUID
    quantity: int
    unit_price: int
    seen_price: int
    total: int
    problem: str
    available: int
    thumb: str = ""

    @property
    def name(self) -> str:
        """As it is called in a sentence: "Enamel mug, Blue with sun rim"."""
        return f"{self.title}, {self.variant_label}" if self.variant_label else self.title


class GroupVendor(Struct, frozen=True):
    """One vendor's part of a group, with one flat delivery price. Amounts in minor units of `currency`.

    total = subtotal + delivery - discount; `goods` maps category to what its goods cost together.
    """

    id: UUID
    slug: str
    name: str
    ink: str
    email: str
    country: str
    charge_type: str
    account_ref: str | None
    fee_basis_points: int
    fee_fixed: int
    currency: str
    subtotal: int
    delivery: int
    total: int
    lines: tuple[GroupLine, ...]
    discount: int = 0
    fee: int = 0
    owed: int = 0
    goods: Mapping[UUID, int] = {}

    @property
    def share(self) -> int:
        """What the vendor earns: `owed` of it comes from us, the rest out of this payment."""
        return self.total + self.owed - self.fee

    def as_part(self) -> Part:
        """This part as a promotion looks at it."""
        return Part(
            vendor_id=self.id,
            name=self.name,
            charge_type=self.charge_type,
            goods=self.goods,
            delivery=self.delivery,
            fee_basis_points=self.fee_basis_points,
            fee_fixed=self.fee_fixed,
        )


class AppliedCode(Struct, frozen=True):
    """The cart's code in one group: what it takes off, minor units, or why it takes off nothing."""

    id: UUID
    code: str
    discount: int
    problem: str


class CheckoutGroup(Struct, frozen=True):
    """What is paid in one go.

    `key` is "direct-<vendor>", "platform-<CUR>", or "waiting-<vendor>" for one who cannot be paid now.
    `charge_type`: direct, destination (one such vendor) or separate (several). `reason`: why it is apart, ""
    when it is the only group. `blocked`: why Checkout is not possible, "" when it is. `goods_hash` changes
    with anything the buyer pays for; `seen` is what the button Accept accepts: "variant:price:quantity …".
    `gone`: every line has sold out or left the shop, so there is nothing to pay and no total to show.
    `applied`: the cart's promotion code, where it counts or is refused in this group. A total of zero is allowed.
    """

    key: str
    charge_type: str
    currency: str
    vendors: tuple[GroupVendor, ...]
    subtotal: int
    delivery: int
    total: int
    reason: str
    blocked: str
    changed: bool
    goods_hash: str
    seen: str
    gone: bool = False
    discount: int = 0
    applied: AppliedCode | None = None

    @property
    def waiting(self) -> bool:
        """Whether its vendor cannot be paid at the moment."""
        return self.key.startswith(WAITING_PREFIX)

    @property
    def code(self) -> str:
        """The code that takes something off here, "" when none does."""
        return self.applied.code if self.applied and self.discount else ""


def group_lines(
    rows: Iterable[Mapping[str, Any]], code: Code | None = None, now: datetime | None = None
) -> tuple[CheckoutGroup, ...]:
    """Sort lines (rows of CART_LINES, by vendor) into checkout groups; pure. A `code` is judged at `now` (UTC)."""
    by_key: dict[str, list[GroupVendor]] = {}
    refusals: dict[str, str] = {}
    for _, vendor_rows in groupby(rows, key=lambda row: row["vendor_id"]):
        lines = list(vendor_rows)
        refusal = explain_not_selling(lines[0]["name"], lines[0]["state"], lines[0]["paused"])
        vendor = _vendor(lines, refusal)
        key = _key(vendor, refusal)
        refusals[key] = refusal
        by_key.setdefault(key, []).append(vendor)
    several = sum(not refusals[key] and _can_buy(vendors) for key, vendors in by_key.items()) > 1
    keys = sorted(by_key, key=_group_order)
    applied = _apply_code({k: by_key[k] for k in keys if not refusals[k] and _can_buy(by_key[k])}, code, now)
    groups = (_group(key, by_key[key], refusals[key], several, applied.get(key)) for key in keys)
    return tuple(sorted(groups, key=lambda group: group.gone))


def _apply_code(
    by_key: dict[str, list[GroupVendor]], code: Code | None, now: datetime | None
) -> dict[str, AppliedCode]:
    """Cut the first payment that the code fits, in place; where it fits none, the first says why."""
    if code is None or now is None or not by_key:
        return {}
    problems: dict[str, str] = {}
    for key, vendors in by_key.items():
        try:
            cuts = judge_code(code, [vendor.as_part() for vendor in vendors], vendors[0].currency, now)
        except Refused as refused:
            problems[key] = str(refused)
            continue
        by_key[key][:] = [_cut(vendor, cut) for vendor, cut in zip(vendors, cuts, strict=True)]
        return {key: AppliedCode(code.id, code.code, sum(cut.discount for cut in cuts), "")}
    first = next(iter(problems))
    return {first: AppliedCode(code.id, code.code, 0, problems[first])}


def _cut(vendor: GroupVendor, cut: Cut) -> GroupVendor:
    total = vendor.subtotal + vendor.delivery - cut.discount
    # Our fee is an amount that is sent, too: what is too small for it is the vendor's.
    fee = cut.fee - cut.fee % smallest_step(vendor.currency)
    return replace(vendor, total=total, discount=cut.discount, fee=fee, owed=cut.owed)


def _key(vendor: GroupVendor, refusal: str) -> str:
    if refusal:
        return WAITING_PREFIX + vendor.slug
    if vendor.charge_type == ChargeType.DIRECT:
        return DIRECT_PREFIX + vendor.slug
    return PLATFORM_PREFIX + vendor.currency


def _group_order(key: str) -> tuple[int, str]:
    return ((PLATFORM_PREFIX, DIRECT_PREFIX, WAITING_PREFIX).index(key.split("-", 1)[0] + "-"), key)


def _vendor(rows: list[Mapping[str, Any]], refusal: str) -> GroupVendor:
    first = rows[0]
    lines = tuple(_line(row, refusal) for row in rows)
    subtotal = sum(line.total for line in lines)
    delivery = first["delivery_price"] if subtotal else 0
    goods: dict[UUID, int] = {}
    for row, line in zip(rows, lines, strict=True):
        goods[row["category"]] = goods.get(row["category"], 0) + line.total
    vendor = GroupVendor(
        id=first["vendor_id"],
        slug=first["vendor_slug"],
        lines=lines,
        subtotal=subtotal,
        delivery=delivery,
        total=subtotal + delivery,
        **{
            name: first[name]
            for name in (
                *("name", "ink", "email", "country", "currency"),
                *("charge_type", "account_ref", "fee_basis_points", "fee_fixed"),
            )
        },
        goods=goods,
    )
    return _cut(vendor, uncut(vendor.as_part()))


def _line(row: Mapping[str, Any], refusal: str) -> GroupLine:
    available = max(0, row["available"]) if row["published"] else 0
    return GroupLine(
        line_id=row["line_id"],
        variant_id=row["variant"],
        product_slug=row["product_slug"],
        title=row["title"],
        variant_label=row["label"],
        sku=row["sku"],
        art=row["art"],
        vendor_id=row["vendor_id"],
        quantity=row["quantity"],
        unit_price=row["price"],
        seen_price=row["seen_price"],
        total=row["price"] * min(row["quantity"], available),
        problem=_describe_change(row, available) or refusal,
        available=available,
        thumb=row.get("thumb", ""),
    )


def _describe_change(row: Mapping[str, Any], available: int) -> str:
    if not row["published"]:
        return "This is no longer for sale."
    if not available:
        return "This has sold out."
    words = []
    if available < row["quantity"]:
        words.append(f"Only {available} left: you wanted {row['quantity']}.")
    if row["price"] != row["seen_price"]:
        was, now = (Money(row[name], row["currency"]) for name in ("seen_price", "price"))
        words.append(f"The price changed from {was} to {now}.")
    return " ".join(words)


def _group(
    key: str, vendors: list[GroupVendor], refusal: str, several: bool, applied: AppliedCode | None
) -> CheckoutGroup:
    lines = [line for vendor in vendors for line in vendor.lines]
    changed = not refusal and any(line.problem for line in lines)
    gone = changed and not _can_buy(vendors)
    charge_type = vendors[0].charge_type if len(vendors) == 1 else str(ChargeType.SEPARATE)
    currency, total = vendors[0].currency, sum(vendor.total for vendor in vendors)
    discount = applied.discount if applied else 0
    # What is taken off is part of what the buyer agrees to.
    cut = (applied.code, *((vendor.discount, vendor.fee) for vendor in vendors)) if applied and discount else ()
    return CheckoutGroup(
        key=key,
        charge_type=charge_type,
        currency=currency,
        vendors=tuple(vendors),
        subtotal=sum(vendor.subtotal for vendor in vendors),
        delivery=sum(vendor.delivery for vendor in vendors),
        total=total,
        reason=_explain_apart(key, vendors) if several and not refusal and not gone else "",
        blocked=refusal or (GONE if gone else CHANGED if changed else _explain_unpayable(vendors, total, discount)),
        changed=changed,
        goods_hash=_digest(
            charge_type,
            *((vendor.account_ref, vendor.currency, vendor.delivery) for vendor in vendors),
            *sorted((str(line.variant_id), line.quantity, line.unit_price) for line in lines),
            *cut,
        ),
        seen=" ".join(f"{line.variant_id}:{line.unit_price}:{min(line.quantity, line.available)}" for line in lines),
        gone=gone,
        discount=discount,
        applied=applied,
    )


def _explain_unpayable(vendors: list[GroupVendor], total: int, discount: int) -> str:
    """Why no card can pay this; "" when one can, or nothing is due."""
    currency = vendors[0].currency
    least, step = smallest_charge(currency), smallest_step(currency)
    prices = [amount for vendor in vendors for amount in (vendor.delivery, *(line.unit_price for line in vendor.lines))]
    if total and (odd := [amount for amount in (*prices, discount) if amount % step]):
        return f"A card pays {currency} in steps of {Money(step, currency)}; {Money(odd[0], currency)} is none of them."
    if not 0 < total < least:
        return ""
    way_out = "Add something, or remove the code" if discount else "Add something"
    return f"{Money(total, currency)} is too little for a card: the least is {Money(least, currency)}. {way_out}."


def _can_buy(vendors: list[GroupVendor]) -> bool:
    return any(line.available for vendor in vendors for line in vendor.lines)


def _explain_apart(key: str, vendors: list[GroupVendor]) -> str:
    name, currency = vendors[0].name, vendors[0].currency
    if key.startswith(DIRECT_PREFIX):
        return f"{name} takes payment directly, in {currency}, so this is a payment of its own."
    whom = name if len(vendors) == 1 else "these sellers"
    return f"Overprint takes this payment in {currency} for {whom}; the rest of your cart is paid separately."


def _digest(*facts: Any) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()
