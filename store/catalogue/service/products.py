"""What a vendor does with products: create, save, publish, take off the shelf, archive.

Every statement carries the vendor's id: somebody else's product does not exist here (NotFound). What a person edits is
saved only at the version that the person saw; else Stale, and nothing was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.catalogue.service.stock import adjust_stock
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value, transaction
from store.kit.errors import Conflict, NotFound
from store.kit.ids import new_id, new_readable

# The drawing of a product that has no picture yet.
DRAWING = "parcel"
DRAWING_TEXT = "A drawing of a parcel"
LONGEST_SLUG = 60
SKU_LENGTH = 6
NAME_TRIES = 5


class Stale(Conflict):
    """Somebody saved this meanwhile; nothing of yours was written."""

    def __init__(self) -> None:
        super().__init__("This was saved meanwhile, in another window or by somebody else. Nothing was overwritten.")


class NotReady(Conflict):
    """A product that cannot be published yet; `missing` says by field in words what to fill in."""

    title = "Not ready to publish"

    def __init__(self, missing: Mapping[str, str]) -> None:
        super().__init__("Not published yet. " + " ".join(missing.values()))
        self.missing = dict(missing)


class Words(Struct, frozen=True):
    """What a product says of itself; `category` is an id."""

    title: str
    summary: str
    description: str
    category: UUID


class Goods(Struct, frozen=True):
    """One variant as it is saved: `price` in minor units, `stock_change` is added to what lies on the shelf."""

    id: UUID | None
    label: str
    price: int
    stock_change: int
    published: bool = True


async def create_product(vendor_id: UUID, product_id: UUID, words: Words, goods: Goods | None) -> None:
    """A new draft under an id that its form brought; the same form again makes nothing. `goods`: None without a price.

    Raises NotFound when the id is another vendor's.
    """
    async with transaction():
        if not await _insert(vendor_id, product_id, words):
            return
        if goods is not None:
            await _write_goods(product_id, vendor_id, [goods], "new")
        await _set_price(product_id)


async def save_product(vendor_id: UUID, product_id: UUID, version: int, words: Words, goods: Goods | None) -> None:
    """Save what was typed at `version`; `goods` is the only variant, None to leave the variants alone.

    Raises Stale, NotFound, ShopError when more was taken away than is free.
    """
    async with transaction():
        saved = await fetch_row(
            "UPDATE product SET title = $4, summary = $5, description = $6, category = $7, version = version + 1"
            " WHERE id = $1 AND vendor = $2 AND version = $3 RETURNING id",
            *(product_id, vendor_id, version, words.title, words.summary, words.description, words.category),
        )
        await _must_be_there(saved, vendor_id, product_id)
        if goods is not None:
            await _write_goods(product_id, vendor_id, [goods], str(version))
        await _set_price(product_id)


async def save_variants(vendor_id: UUID, product_id: UUID, version: int, goods: Sequence[Goods]) -> None:
    """Save all variants at `version`, in their order; those without an id are new. Raises as `save_product`."""
    async with transaction():
        saved = await fetch_row(
            "UPDATE product SET version = version + 1 WHERE id = $1 AND vendor = $2 AND version = $3 RETURNING id",
            *(product_id, vendor_id, version),
        )
        await _must_be_there(saved, vendor_id, product_id)
        await _write_goods(product_id, vendor_id, goods, str(version))
        await _set_price(product_id)


async def publish_product(vendor_id: UUID, product_id: UUID) -> None:
    """Put it on the shelf, out of the archive too. Raises NotReady with what is missing, NotFound."""
    async with transaction():
        product = await fetch_row(
            "SELECT title, description, (SELECT count(*) FROM variant WHERE product = product.id AND published)"
            " AS variants, (SELECT count(*) FROM variant WHERE product = product.id AND published AND label = '')"
            " AS unnamed, (SELECT closed_at IS NOT NULL FROM vendor WHERE id = vendor) AS closed"
            " FROM product WHERE id = $1 AND vendor = $2 FOR UPDATE",
            *(product_id, vendor_id),
        )
        if product is None:
            raise NotFound(NOT_YOURS)
        if missing := _find_missing(dict(product)):
            raise NotReady(missing)
        await fetch("UPDATE product SET published = true, archived_at = NULL, closed = false WHERE id = $1", product_id)


async def hide_product(vendor_id: UUID, product_id: UUID) -> None:
    """Take it off the shelf; it stays a draft. Raises NotFound."""
    await _change(vendor_id, product_id, "published = false, closed = false")


async def archive_product(vendor_id: UUID, product_id: UUID) -> None:
    """Put it away: off the shelf and out of the list. Raises NotFound."""
    await _change(vendor_id, product_id, "published = false, closed = false, archived_at = coalesce(archived_at, $3)")


async def restore_product(vendor_id: UUID, product_id: UUID) -> None:
    """Out of the archive again, as a draft. Raises NotFound."""
    await _change(vendor_id, product_id, "archived_at = NULL")


async def close_shelf(vendor_id: UUID) -> int:
    """Take everything of a vendor off the shelf until `open_shelf`; in the caller's transaction. Returns how many."""
    rows = await fetch(
        "UPDATE product SET published = false, closed = true WHERE vendor = $1 AND published RETURNING id", vendor_id
    )
    return len(rows)


async def open_shelf(vendor_id: UUID) -> int:
    """Put back what `close_shelf` took away; in the caller's transaction. Returns how many."""
    rows = await fetch(
        "UPDATE product SET published = true, closed = false WHERE vendor = $1 AND closed AND archived_at IS NULL"
        " RETURNING id",
        vendor_id,
    )
    return len(rows)


NOT_YOURS = "There is no such product in your shop."


async def _insert(vendor_id: UUID, product_id: UUID, words: Words) -> bool:
    slug = make_slug(words.title)
    for _ in range(NAME_TRIES):
        row = await fetch_row(
            "INSERT INTO product (id, vendor, category, slug, title, summary, description, art, art_text, currency,"
            " price, published, created_at)"
            " SELECT $1, vendor.id, $3, $4, $5, $6, $7, $8, $9, vendor.currency, 0, false, $10 FROM vendor"
            " WHERE vendor.id = $2 ON CONFLICT DO NOTHING RETURNING id",
            *(product_id, vendor_id, words.category, slug, words.title, words.summary, words.description),
            *(DRAWING, DRAWING_TEXT, clock.now()),
        )
        if row is not None:
            return True
        owner = await fetch_value("SELECT vendor FROM product WHERE id = $1", product_id)
        if owner is not None and owner != vendor_id:
            raise NotFound(NOT_YOURS)
        if owner is not None:
            return False
        slug = f"{make_slug(words.title)}-{new_readable(4).lower()}"
    raise RuntimeError("no free address for a product in five tries")


def make_slug(title: str) -> str:
    """The last part of a product's address, out of its title: "Crème brûlée dish" is creme-brulee-dish."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "product"


async def _write_goods(product_id: UUID, vendor_id: UUID, goods: Sequence[Goods], version: str) -> None:
    for position, one in enumerate(goods):
        variant_id = one.id
        if variant_id is None:
            variant_id = await _insert_variant(product_id, vendor_id, one, position)
        else:
            changed = await fetch_value(
                "UPDATE variant SET label = $3, price = $4, published = $5, position = $6"
                " WHERE id = $1 AND product = $2 RETURNING id",
                *(variant_id, product_id, one.label, one.price, one.published, position),
            )
            if changed is None:
                raise NotFound(NOT_YOURS)
        if one.stock_change:
            await adjust_stock(variant_id, one.stock_change, f"edit:{product_id}:{version}")


async def _insert_variant(product_id: UUID, vendor_id: UUID, one: Goods, position: int) -> UUID:
    slug: str = await fetch_value("SELECT slug FROM vendor WHERE id = $1", vendor_id)
    for _ in range(NAME_TRIES):
        row = await fetch_row(
            "INSERT INTO variant (id, product, sku, label, price, position, published, on_hand, reserved, sold)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0) ON CONFLICT (sku) DO NOTHING RETURNING id",
            *(new_id(), product_id, f"{slug.upper()}-{new_readable(SKU_LENGTH)}", one.label, one.price, position),
            one.published,
        )
        if row is not None:
            variant_id: UUID = row["id"]
            return variant_id
    raise RuntimeError("no free number for a variant in five tries")


async def _set_price(product_id: UUID) -> None:
    """What lists show: the lowest price among what can be bought."""
    await fetch(
        "UPDATE product SET price = coalesce((SELECT min(price) FROM variant WHERE product = $1 AND published),"
        " (SELECT min(price) FROM variant WHERE product = $1), 0) WHERE id = $1",
        product_id,
    )


def _find_missing(product: dict[str, Any]) -> dict[str, str]:
    missing = {}
    if not product["title"]:
        missing["title"] = "Enter a title."
    if not product["description"]:
        missing["description"] = "Enter a description: buyers want to know what they get."
    if not product["variants"]:
        missing["price"] = "Enter a price."
    elif product["variants"] > 1 and product["unnamed"]:
        missing["variants"] = "Give every variant a name, so that buyers can tell them apart."
    if product["closed"]:
        missing["shop"] = "Open your shop again in the settings: nothing can be published while it is closed."
    return missing


async def _change(vendor_id: UUID, product_id: UUID, what: str) -> None:
    args = (clock.now(),) if "$3" in what else ()
    found = await fetch_value(
        f"UPDATE product SET {what} WHERE id = $1 AND vendor = $2 RETURNING id",  # noqa: S608 - our own words
        *(product_id, vendor_id),
        *args,
    )
    if found is None:
        raise NotFound(NOT_YOURS)


async def _must_be_there(saved: Any, vendor_id: UUID, product_id: UUID) -> None:
    if saved is not None:
        return
    if await fetch_row("SELECT 1 FROM product WHERE id = $1 AND vendor = $2", product_id, vendor_id):
        raise Stale
    raise NotFound(NOT_YOURS)
