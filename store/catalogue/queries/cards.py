"""One product as lists show it, and the SQL that reads it from a set of product ids.

Whoever uses CARD_COLUMNS and CARD_TABLES names its rows `shown` with a column `id`; the variants are looked
at only for the dozen products that are really shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from store.catalogue.queries.pictures import FIRST_PHOTO, Photo, read_photo
from store.catalogue.states import describe_stock

CARD_COLUMNS = f"""product.slug, product.title, product.art, product.currency, product.price,
    vendor.name AS seller, vendor.ink, stock.available, stock.highest, {FIRST_PHOTO} AS photo"""
CARD_TABLES = """JOIN product ON product.id = shown.id JOIN vendor ON vendor.id = product.vendor
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(on_hand - reserved - sold), 0) AS available, max(price) AS highest
        FROM variant WHERE variant.product = product.id AND variant.published
    ) AS stock"""


class Card(Struct, frozen=True):
    """A product in a list. `amount` in minor units; `mark` is a word about stock, "" when there is plenty."""

    slug: str
    title: str
    art: str
    seller: str
    amount: int
    currency: str
    ink: str
    mark: str
    mark_tone: str
    has_dearer: bool
    photo: Photo | None = None


def make_card(row: Mapping[str, Any]) -> Card:
    """A card from a row of CARD_COLUMNS."""
    words, tone = describe_stock(row["available"])
    return Card(
        slug=row["slug"],
        title=row["title"],
        art=row["art"],
        seller=row["seller"],
        amount=row["price"],
        currency=row["currency"],
        ink=row["ink"],
        mark="" if tone == "ok" else words,
        mark_tone=tone,
        has_dearer=(row["highest"] or 0) > row["price"],
        photo=read_photo(row["photo"]),
    )
