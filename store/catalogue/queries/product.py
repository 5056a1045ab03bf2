"""One product's page in three queries: the product with its variants, its pictures, what is near it on the shelf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.catalogue.queries.cards import CARD_COLUMNS, CARD_TABLES, Card, make_card
from store.catalogue.queries.pictures import Photo, list_photos
from store.catalogue.states import describe_stock
from store.kit.db import fetch, fetch_value
from store.vendors.states import explain_not_selling

RELATED = 4
PRODUCT = """
SELECT product.id, product.slug, product.title, product.summary, product.description, product.art,
    product.art_text, product.currency, product.category, product.vendor,
    category.slug AS category_slug, category.name AS category_name,
    vendor.slug AS seller_slug, vendor.name AS seller, vendor.ink, vendor.state, vendor.paused,
    vendor.returns_text, vendor.delivery_price,
    variant.id AS variant_id, variant.sku, variant.label, variant.price,
    variant.on_hand - variant.reserved - variant.sold AS available
FROM product JOIN category ON category.id = product.category JOIN vendor ON vendor.id = product.vendor
JOIN variant ON variant.product = product.id AND variant.published
WHERE product.published AND product.slug = $1
ORDER BY variant.position, variant.sku
"""
RELATED_PRODUCTS = f"""
WITH shown AS (
    SELECT id, row_number() OVER (ORDER BY category <> $2, vendor <> $3, created_at DESC, id) AS place
    FROM product
    WHERE published AND id <> $1 AND (category = $2 OR vendor = $3) ORDER BY place LIMIT {RELATED}
)
SELECT {CARD_COLUMNS} FROM shown {CARD_TABLES} ORDER BY shown.place
"""  # noqa: S608


class Choice(Struct, frozen=True):
    """One variant. `price` in minor units; `stock` and `tone` are the words about how many there are."""

    id: UUID
    sku: str
    label: str
    price: int
    available: int
    stock: str
    tone: str


class Product(Struct, frozen=True):
    """One published product. Amounts in minor units of `currency`.

    `refusal` says why nothing can be bought from its seller now, "" when it can; `stock` speaks for all
    variants together.
    """

    slug: str
    title: str
    summary: str
    description: str
    art: str
    art_text: str
    currency: str
    category_slug: str
    category_name: str
    seller_slug: str
    seller: str
    ink: str
    returns_text: str
    delivery_price: int
    refusal: str
    price: int
    has_dearer: bool
    available: int
    stock: str
    tone: str
    choices: tuple[Choice, ...]
    related: tuple[Card, ...]
    photos: tuple[Photo, ...] = ()


async def read_product(slug: str) -> Product | None:
    """The published product `slug`, or None."""
    rows = await fetch(PRODUCT, slug)
    if not rows:
        return None
    first = rows[0]
    related = await fetch(RELATED_PRODUCTS, first["id"], first["category"], first["vendor"])
    choices = tuple(_choice(row) for row in rows)
    available = sum(choice.available for choice in choices)
    stock, tone = describe_stock(available)
    return Product(
        price=min(choice.price for choice in choices),
        has_dearer=len({choice.price for choice in choices}) > 1,
        refusal=explain_not_selling(first["seller"], first["state"], first["paused"]),
        available=available,
        stock=stock,
        tone=tone,
        choices=choices,
        related=tuple(make_card(row) for row in related),
        photos=await list_photos(first["id"]),
        **{
            name: first[name]
            for name in (
                *("slug", "title", "summary", "description", "art", "art_text", "currency", "ink"),
                *(
                    "category_slug",
                    "category_name",
                    "seller_slug",
                    "seller",
                    "returns_text",
                    "delivery_price",
                ),
            )
        },
    )


async def find_product_slug(variant_id: UUID) -> str | None:
    """The slug of the published product that has this variant, or None."""
    slug: str | None = await fetch_value(
        "SELECT product.slug FROM product JOIN variant ON variant.product = product.id"
        " WHERE variant.id = $1 AND product.published",
        variant_id,
    )
    return slug


def _choice(row: Mapping[str, Any]) -> Choice:
    stock, tone = describe_stock(row["available"])
    return Choice(
        id=row["variant_id"],
        sku=row["sku"],
        label=row["label"],
        price=row["price"],
        available=max(0, row["available"]),
        stock=stock,
        tone=tone,
    )
