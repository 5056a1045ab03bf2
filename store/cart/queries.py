"""The cart as pages read it: checkout groups, each one payment, each with its own total.

One payment holds either one direct vendor's goods or those of any number of destination vendors in one
currency (Stripe transfers nothing to an account that carries its own losses; a payment has one currency).
Prices and stock are read anew each time; what differs from what the visitor last accepted is a `problem` and
blocks the group until it is accepted, never applied silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.kit.db import fetch, fetch_row, fetch_value
from store.kit.money import Money
from store.vendors.states import ChargeType, explain_not_selling

DIRECT_PREFIX, PLATFORM_PREFIX, WAITING_PREFIX = "direct-", "platform-", "waiting-"
CHANGED = "Something here changed since you added it. Accept the changes or remove the item, then check out."
GONE = "Nothing of this can be bought any more, so there is nothing to pay here."

CART_LINES = """
SELECT cart.id AS cart_id, line.id AS line_id, line.variant, line.quantity, line.seen_price,
    variant.label, variant.sku, variant.price, variant.published AND product.published AS published,
    available_to(variant.id, cart.id) AS available,
    product.slug AS product_slug, product.title, product.art,
    vendor.id AS vendor_id, vendor.slug AS vendor_slug, vendor.name, vendor.ink, vendor.email, vendor.country,
    vendor.currency, vendor.charge_type, vendor.account_ref, vendor.fee_basis_points, vendor.fee_fixed,
    vendor.delivery_price, vendor.state, vendor.paused
FROM cart
LEFT JOIN (cart_line AS line
    JOIN variant ON variant.id = line.variant
    JOIN product ON product.id = variant.product
    JOIN vendor ON vendor.id = product.vendor) ON line.cart = cart.id
WHERE cart.token = $1
ORDER BY vendor.name, vendor.id, line.added_at, line.id
"""


class GroupLine(Struct, frozen=True):
    """One line. Amounts in minor units.

    `total` counts only what can be had now; `available` includes what the cart itself holds.
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

    @property
    def name(self) -> str:
        """As it is called in a sentence: "Enamel mug, Blue with sun rim"."""
        return f"{self.title}, {self.variant_label}" if self.variant_label else self.title


class GroupVendor(Struct, frozen=True):
    """One vendor's part of a group, with one flat delivery price. Amounts in minor units of `currency`."""

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


class CheckoutGroup(Struct, frozen=True):
    """What is paid in one go.

    `key` is "direct-<vendor>", "platform-<CUR>", or "waiting-<vendor>" for one who cannot be paid now.
    `charge_type`: direct, destination (one such vendor) or separate (several). `reason`: why it is apart, ""
    when it is the only group. `blocked`: why Checkout is not possible, "" when it is. `goods_hash` changes
    with anything the buyer pays for; `seen` is what the button Accept accepts: "variant:price:quantity …".
    `gone`: every line has sold out or left the shop, so there is nothing to pay and no total to show.
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


class CartView(Struct, frozen=True):
    """A whole cart; an unknown token reads as an empty one. `count` is in pieces."""

    id: UUID | None
    token: str
    groups: tuple[CheckoutGroup, ...]
    count: int
    changed: bool


async def read_cart(token: str | None) -> CartView:
    """The cart behind `token` as it stands now, in one query."""
    rows = await fetch(CART_LINES, token) if token else []
    lines = [row for row in rows if row["line_id"] is not None]
    groups = group_lines(lines)
    return CartView(
        id=rows[0]["cart_id"] if rows else None,
        token=token or "",
        groups=groups,
        count=sum(row["quantity"] for row in lines),
        changed=any(group.changed for group in groups),
    )


async def read_group(token: str | None, key: str) -> CheckoutGroup | None:
    """The checkout group `key` of the cart behind `token`, or None when the cart has no such group now."""
    cart = await read_cart(token)
    return next((group for group in cart.groups if group.key == key), None)


async def count_items(token: str | None) -> int:
    """How many pieces lie in the cart, for the badge."""
    if not token:
        return 0
    return int(
        await fetch_value(
            "SELECT coalesce(sum(quantity), 0) FROM cart_line JOIN cart ON cart.id = cart_line.cart"
            " WHERE cart.token = $1",
            token,
        )
    )


async def name_variant(variant_id: UUID) -> str:
    """A variant as the cart names it ("Enamel mug, Blue with sun rim"); "" for one that does not exist."""
    row = await fetch_row(
        "SELECT title, label FROM variant JOIN product ON product.id = variant.product WHERE variant.id = $1",
        variant_id,
    )
    return "" if row is None else ", ".join(part for part in (row["title"], row["label"]) if part)


def group_lines(rows: Iterable[Mapping[str, Any]]) -> tuple[CheckoutGroup, ...]:
    """Sort lines (rows of CART_LINES, by vendor) into checkout groups; pure."""
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
    groups = (_group(key, by_key[key], refusals[key], several) for key in sorted(by_key, key=_group_order))
    return tuple(sorted(groups, key=lambda group: group.gone))


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
    return GroupVendor(
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
    )


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


def _group(key: str, vendors: list[GroupVendor], refusal: str, several: bool) -> CheckoutGroup:
    lines = [line for vendor in vendors for line in vendor.lines]
    changed = not refusal and any(line.problem for line in lines)
    gone = changed and not _can_buy(vendors)
    charge_type = vendors[0].charge_type if len(vendors) == 1 else str(ChargeType.SEPARATE)
    return CheckoutGroup(
        key=key,
        charge_type=charge_type,
        currency=vendors[0].currency,
        vendors=tuple(vendors),
        subtotal=sum(vendor.subtotal for vendor in vendors),
        delivery=sum(vendor.delivery for vendor in vendors),
        total=sum(vendor.total for vendor in vendors),
        reason=_explain_apart(key, vendors) if several and not refusal and not gone else "",
        blocked=refusal or (GONE if gone else CHANGED if changed else ""),
        changed=changed,
        goods_hash=_digest(
            charge_type,
            *((vendor.account_ref, vendor.currency, vendor.delivery) for vendor in vendors),
            *sorted((str(line.variant_id), line.quantity, line.unit_price) for line in lines),
        ),
        seen=" ".join(f"{line.variant_id}:{line.unit_price}:{min(line.quantity, line.available)}" for line in lines),
        gone=gone,
    )


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
