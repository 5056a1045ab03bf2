"""The cart as pages read it: prices and stock are read anew each time, all of it in one query."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from store.cart.queries.groups import AppliedCode, CheckoutGroup, group_lines
from store.catalogue.queries.pictures import THUMB
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value
from store.promotions.discounts import Code
from store.promotions.queries import AS_CODE, read_code

CART_LINES = f"""
SELECT cart.id AS cart_id, {AS_CODE} AS promotion, line.id AS line_id, line.variant, line.quantity, line.seen_price,
    variant.label, variant.sku, variant.price, variant.published AND product.published AS published,
    available_to(variant.id, cart.id) AS available,
    product.slug AS product_slug, product.title, product.art, {THUMB} AS thumb, product.category,
    vendor.id AS vendor_id, vendor.slug AS vendor_slug, vendor.name, vendor.ink, vendor.email, vendor.country,
    vendor.currency, vendor.charge_type, vendor.account_ref, vendor.fee_basis_points, vendor.fee_fixed,
    vendor.delivery_price, vendor.state, vendor.paused
FROM cart
LEFT JOIN promotion AS deal ON deal.id = cart.promotion
LEFT JOIN (cart_line AS line
    JOIN variant ON variant.id = line.variant
    JOIN product ON product.id = variant.product
    JOIN vendor ON vendor.id = product.vendor) ON line.cart = cart.id
WHERE cart.token = $1
ORDER BY vendor.name, vendor.id, line.added_at, line.id
"""  # noqa: S608 - AS_CODE and THUMB are constants


class CartView(Struct, frozen=True):
    """A whole cart; an unknown token reads as an empty one. `count` is in pieces, `code` what was applied to it."""

    id: UUID | None
    token: str
    groups: tuple[CheckoutGroup, ...]
    count: int
    changed: bool
    code: str = ""

    @property
    def applied(self) -> AppliedCode | None:
        """What the code does in this cart."""
        return next((group.applied for group in self.groups if group.applied), None)


async def read_cart(token: str | None, trying: Code | None = None) -> CartView:
    """The cart behind `token` as it stands now, in one query; `trying` shows it as if it had this code."""
    rows = await fetch(CART_LINES, token) if token else []
    lines = [row for row in rows if row["line_id"] is not None]
    code = trying or (read_code(rows[0]["promotion"]) if rows else None)
    groups = group_lines(lines, code, clock.now())
    return CartView(
        id=rows[0]["cart_id"] if rows else None,
        token=token or "",
        groups=groups,
        count=sum(row["quantity"] for row in lines),
        changed=any(group.changed for group in groups),
        code=code.code if code else "",
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
