"""The demo's shelves: six vendors, 36 products, two promotion codes, read from the TOML files beside this one.

Row ids are made from slugs, so loading again finds the same rows: it adds what is missing and changes nothing that a
person may have edited. Vendors have not started: `store.seed` opens their accounts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from store.catalogue.service import adjust_stock
from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from store.vendors.states import VendorState

HERE = Path(__file__).parent
# The order of the page; Vera owns the first.
VENDORS = ("kiln-co", "north-bindery", "hearthside", "lumen-works", "saltline", "turned")
STOCK_REF = "seed"


def read_vendors() -> list[dict[str, Any]]:
    """The vendors as their files describe them, each with its `product` list; prices in minor units."""
    return [tomllib.loads((HERE / "vendors" / f"{slug}.toml").read_text("utf-8")) for slug in VENDORS]


async def seed_catalogue() -> None:
    """Put the demo's shelves into the database. A new vendor's goods can be looked at, not bought yet."""
    async with transaction():
        await _add_categories()
        await _add_promotions()
        for column, vendor in enumerate(read_vendors()):
            vendor_id = await _add_vendor(vendor)
            for row, product in enumerate(vendor["product"]):
                # Newest first then shows one of each vendor in turn.
                await _add_product(vendor, vendor_id, product, age=row * len(VENDORS) + column)


async def _add_categories() -> None:
    categories = tomllib.loads((HERE / "categories.toml").read_text("utf-8"))["category"]
    for position, category in enumerate(categories):
        await fetch(
            "INSERT INTO category (id, slug, name, intro, position) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (slug) DO NOTHING",
            _row_id("category", category["slug"]),
            category["slug"],
            category["name"],
            category["intro"],
            position,
        )


async def _add_promotions() -> None:
    for promotion in tomllib.loads((HERE / "promotions.toml").read_text("utf-8"))["promotion"]:
        await fetch(
            "INSERT INTO promotion (id, code, percent, with_delivery, funded_by, per_email, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (code) DO NOTHING",
            _row_id("promotion", promotion["code"]),
            promotion["code"],
            promotion["percent"],
            promotion.get("with_delivery", False),
            promotion["funded_by"],
            promotion.get("per_email"),
            clock.now(),
        )


async def _add_vendor(vendor: Mapping[str, Any]) -> UUID:
    vendor_id: UUID = await fetch_value(
        "INSERT INTO vendor (id, slug, name, about, returns_text, ink, email, country, currency, charge_type,"
        " delivery_price, state, paused, fee_basis_points, fee_fixed, created_at, allow_promotion_codes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false, 1000, 0, $13, $14)"
        " ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id",
        _row_id("vendor", vendor["slug"]),
        *(vendor[name] for name in ("slug", "name", "about", "returns_text", "ink", "email", "country")),
        *(vendor[name] for name in ("currency", "charge_type", "delivery_price")),
        VendorState.NOT_STARTED,
        clock.now(),
        vendor.get("allow_promotion_codes", False),
    )
    return vendor_id


async def _add_product(vendor: Mapping[str, Any], vendor_id: UUID, product: Mapping[str, Any], age: int) -> None:
    product_id: UUID = await fetch_value(
        "INSERT INTO product (id, vendor, category, slug, title, summary, description, art, art_text,"
        " currency, price, published, created_at)"
        " SELECT $1, $2, category.id, $4, $5, $6, $7, $4, $8, $9, $10, true, $11 FROM category"
        " WHERE category.slug = $3 ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id",
        _row_id("product", product["slug"]),
        vendor_id,
        *(product[name] for name in ("category", "slug", "title", "summary", "description", "art_text")),
        vendor["currency"],
        min(variant["price"] for variant in product["variant"]),
        clock.now() - timedelta(hours=age),
    )
    for position, variant in enumerate(product["variant"]):
        variant_id: UUID = await fetch_value(
            "INSERT INTO variant (id, product, sku, label, price, position, published,"
            " on_hand, reserved, sold) VALUES ($1, $2, $3, $4, $5, $6, true, 0, 0, 0)"
            " ON CONFLICT (sku) DO UPDATE SET sku = excluded.sku RETURNING id",
            _row_id("variant", variant["sku"]),
            product_id,
            variant["sku"],
            variant.get("label", ""),
            variant["price"],
            position,
        )
        if variant["stock"]:
            await adjust_stock(variant_id, variant["stock"], STOCK_REF)


def _row_id(kind: str, name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"overprint/{kind}/{name}")
