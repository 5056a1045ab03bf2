"""A vendor's products, by the vendor's id: the list with its filters, one product with its variants and pictures."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from store.catalogue.queries.pictures import THUMB, Photo
from store.dashboard.queries.shared import contains
from store.kit.db import fetch, fetch_row, fetch_value

PAGE_SIZE = 20
# Address value → words; what each means stands in CONDITIONS.
SHOWN = {
    "": "All",
    "published": "On the shelf",
    "draft": "Drafts",
    "sold-out": "Sold out",
    "archived": "Archived",
}
CONDITIONS = {
    "": "archived_at IS NULL",
    "published": "published",
    "draft": "archived_at IS NULL AND NOT published",
    "sold-out": "published AND available <= 0",
    "archived": "archived_at IS NOT NULL",
}
GOODS = f"""
SELECT product.id, product.slug, product.title, product.art, product.currency, product.price, product.published,
  product.archived_at, product.created_at, product.closed, {THUMB} AS thumb, stock.available, stock.variants,
  stock.words
FROM product CROSS JOIN LATERAL (
  SELECT count(*) AS variants,
    coalesce(sum(on_hand - reserved - sold) FILTER (WHERE variant.published), 0) AS available,
    coalesce(string_agg(sku || ' ' || label, ' '), '') AS words FROM variant WHERE variant.product = product.id
) AS stock
WHERE product.vendor = $1
"""  # noqa: S608 - constants
ONE = """
SELECT product.id, product.slug, product.title, product.summary, product.description, product.currency,
  product.published, product.archived_at, product.version, product.art, category.slug AS category,
  (SELECT coalesce(json_agg(json_build_object('id', variant.id, 'sku', sku, 'label', label, 'price', variant.price,
      'published', variant.published, 'available', on_hand - reserved - sold, 'held', reserved, 'sold', sold)
      ORDER BY position, sku), '[]')::text FROM variant WHERE variant.product = product.id) AS variants,
  (SELECT coalesce(json_agg(json_build_object('id', picture.id, 'photo', json_build_object('name', name,
      'width', width, 'height', height, 'alt', alt)) ORDER BY position, picture.created_at), '[]')::text
    FROM picture WHERE picture.product = product.id AND removed_at IS NULL) AS pictures
FROM product JOIN category ON category.id = product.category
WHERE product.id = $1 AND product.vendor = $2
"""


class Item(Struct, frozen=True):
    """One product in the list; `price` in minor units, `available` over all variants on sale."""

    id: UUID
    slug: str
    title: str
    art: str
    thumb: str
    currency: str
    price: int
    available: int
    variants: int
    state: str


class Found(Struct, frozen=True):
    """One page of the list; `counts` by filter, `page` is 1 when the asked one does not exist."""

    items: tuple[Item, ...]
    counts: dict[str, int]
    total: int
    page: int
    pages: int


class Variant(Struct, frozen=True):
    """One variant as its vendor edits it; `available` is free to be sold, `held` waits for a payment."""

    id: UUID
    sku: str
    label: str
    price: int
    published: bool
    available: int
    held: int
    sold: int


class Shown(Struct, frozen=True):
    """One picture and the id by which it is moved or removed."""

    id: UUID
    photo: Photo


class Editing(Struct, frozen=True):
    """One product as it stands; `version` is what a form must bring back."""

    id: UUID
    slug: str
    title: str
    summary: str
    description: str
    currency: str
    category: str
    published: bool
    archived_at: datetime | None
    version: int
    art: str
    variants: tuple[Variant, ...]
    pictures: tuple[Shown, ...]

    @property
    def state(self) -> str:
        """On the shelf, a draft, or archived."""
        return name_state(self.published, self.archived_at)

    @property
    def only(self) -> Variant | None:
        """The variant of a product that has no more than one."""
        return self.variants[0] if len(self.variants) == 1 and not self.variants[0].label else None


async def list_products(vendor_id: UUID, shown: str = "", query: str = "", page: int = 1) -> Found:
    """A page of a vendor's products, newest first; `query` looks at titles, numbers and variants. One query."""
    word = contains(query)
    counts = ", ".join(f'count(*) FILTER (WHERE {rule}) AS "{name or "all"}"' for name, rule in CONDITIONS.items())
    sql = f"""
    WITH goods AS ({GOODS}), fitting AS (
      SELECT * FROM goods WHERE $2 = '%%' OR title ILIKE $2 OR words ILIKE $2
    ), counted AS (SELECT {counts} FROM fitting), listed AS (
      SELECT *, row_number() OVER (ORDER BY created_at DESC, id) AS place FROM fitting WHERE {CONDITIONS[shown]}
    )
    SELECT (SELECT row_to_json(counted)::text FROM counted) AS counts, listed.* FROM (SELECT 1) AS always
    LEFT JOIN listed ON place > CASE WHEN $3 < (SELECT count(*) FROM listed) THEN $3 ELSE 0 END
    ORDER BY place LIMIT {PAGE_SIZE}
    """  # noqa: S608 - names and rules are constants, every value is bound
    rows = await fetch(sql, vendor_id, word, (page - 1) * PAGE_SIZE)
    numbers: dict[str, int] = json.loads(rows[0]["counts"])
    by_filter = {name: numbers[name or "all"] for name in SHOWN}
    pages = max(1, -(-by_filter[shown] // PAGE_SIZE))
    return Found(
        items=tuple(_item(row) for row in rows if row["id"] is not None),
        counts=by_filter,
        total=by_filter[shown],
        page=page if page <= pages else 1,
        pages=pages,
    )


async def read_editing(vendor_id: UUID, product_id: UUID) -> Editing | None:
    """One product of this vendor in one query, or None."""
    row = await fetch_row(ONE, product_id, vendor_id)
    if row is None:
        return None
    plain = {name: value for name, value in row.items() if name not in ("variants", "pictures")}
    return Editing(
        **plain,
        variants=msgspec.json.decode(row["variants"], type=tuple[Variant, ...]),
        pictures=msgspec.json.decode(row["pictures"], type=tuple[Shown, ...]),
    )


async def list_categories() -> tuple[tuple[str, str], ...]:
    """(slug, name) of every category, as the front page orders them."""
    return tuple(
        (row["slug"], row["name"]) for row in await fetch("SELECT slug, name FROM category ORDER BY position, name")
    )


async def find_category(slug: str) -> UUID | None:
    """The id of a category."""
    found: UUID | None = await fetch_value("SELECT id FROM category WHERE slug = $1", slug)
    return found


async def name_product(vendor_id: UUID, product_id: UUID) -> str:
    """The title of a product of this vendor; "" for any other."""
    title: str | None = await fetch_value(
        "SELECT title FROM product WHERE id = $1 AND vendor = $2", product_id, vendor_id
    )
    return title or ""


async def name_removed_picture(vendor_id: UUID, picture_id: UUID) -> str:
    """What a removed picture of this vendor shows; "" when there is none to bring back."""
    alt: str | None = await fetch_value(
        "SELECT alt FROM picture JOIN product ON product.id = picture.product"
        " WHERE picture.id = $1 AND product.vendor = $2 AND removed_at IS NOT NULL",
        *(picture_id, vendor_id),
    )
    return alt or ""


def name_state(published: bool, archived_at: datetime | None) -> str:
    """published, draft or archived."""
    return "archived" if archived_at else "published" if published else "draft"


def _item(row: Any) -> Item:
    return Item(
        **{name: row[name] for name in ("id", "slug", "title", "art", "thumb", "currency", "price", "variants")},
        available=int(row["available"]),
        state=name_state(row["published"], row["archived_at"]),
    )
