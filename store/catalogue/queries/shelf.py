"""Lists of products: filtered by category and seller, searched, sorted, a dozen to a page; two queries.

Search is PostgreSQL's own full text over title, summary, description and a variant's name, the last word
also as a beginning ("cand" finds candles), or by the seller's name. Prices of different currencies are not
compared: a list by price goes currency by currency, dollars first.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from store.catalogue.queries.cards import CARD_COLUMNS, CARD_TABLES, Card, make_card
from store.catalogue.states import BEST_MATCH
from store.kit.db import fetch, fetch_row

PAGE_SIZE = 12
SUGGESTIONS = 4
MAX_QUERY = 100

AISLES = """
SELECT
    (SELECT coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'intro', intro)
        ORDER BY position, name), '[]') FROM category) AS categories,
    (SELECT coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'about', about,
        'ink', ink, 'returns_text', returns_text, 'country', country, 'currency', currency,
        'delivery_price', delivery_price, 'state', state, 'paused', paused)
        ORDER BY name), '[]') FROM vendor) AS sellers,
    (SELECT coalesce(json_agg(json_build_array(category.slug, vendor.slug)), '[]')
        FROM category CROSS JOIN vendor WHERE EXISTS (SELECT FROM product
        WHERE product.vendor = vendor.id AND product.category = category.id AND published)) AS pairs
"""
ORDERS = {
    BEST_MATCH: "ts_rank(search, {query}) DESC, created_at DESC, id",
    "newest": "created_at DESC, id",
    "price": "currency <> 'USD', currency, price, created_at DESC, id",
    "price-down": "currency <> 'USD', currency, price DESC, created_at DESC, id",
    "name": "title, id",
}


class Aisle(Struct, frozen=True):
    """One category."""

    id: UUID
    slug: str
    name: str
    intro: str


class Seller(Struct, frozen=True):
    """One vendor as a buyer may know it; `delivery_price` in minor units of `currency`."""

    id: UUID
    slug: str
    name: str
    about: str
    ink: str
    returns_text: str
    country: str
    currency: str
    delivery_price: int
    state: str
    paused: bool


class Directory(Struct, frozen=True):
    """All categories and sellers, and which (category, seller) slugs have something published."""

    categories: tuple[Aisle, ...]
    sellers: tuple[Seller, ...]
    pairs: frozenset[tuple[str, str]]


class Wanted(Struct, frozen=True):
    """What a list asks for. `page` counts from 1; an empty `query` searches nothing."""

    category: Aisle | None = None
    seller: Seller | None = None
    query: str = ""
    sort: str = "newest"
    page: int = 1


class Found(Struct, frozen=True):
    """One page of a list. `page` is 1 when the asked one does not exist.

    `suggestions` are there only when nothing fits.
    """

    cards: tuple[Card, ...]
    total: int
    page: int
    pages: int
    suggestions: tuple[Card, ...]


async def read_directory() -> Directory:
    """Every category and seller, in one query."""
    row = await fetch_row(AISLES)
    assert row is not None
    return Directory(
        categories=msgspec.json.decode(row["categories"], type=tuple[Aisle, ...]),
        sellers=msgspec.json.decode(row["sellers"], type=tuple[Seller, ...]),
        pairs=msgspec.json.decode(row["pairs"], type=frozenset[tuple[str, str]]),
    )


async def find_products(wanted: Wanted) -> Found:
    """One page of products, how many there are in all, what else to show when there are none; one query."""
    args: list[Any] = [(wanted.page - 1) * PAGE_SIZE]

    def bind(value: Any) -> str:
        args.append(value)
        return f"${len(args)}"

    conditions = ["published"]
    if wanted.category:
        conditions.append(f"category = {bind(wanted.category.id)}")
    if wanted.seller:
        conditions.append(f"vendor = {bind(wanted.seller.id)}")
    query = ""
    if wanted.query:
        plain, beginning = bind(wanted.query), bind(_beginning(wanted.query))
        query = f"(websearch_to_tsquery('english', {plain}) || to_tsquery('english', {beginning}))"
        named = f"SELECT id FROM vendor WHERE to_tsvector('english', name) @@ {query}"  # noqa: S608
        # "large mug": some words are the product's, some its variant's.
        varied = (
            "SELECT variant.product FROM variant JOIN product AS whole ON whole.id = variant.product"  # noqa: S608
            " WHERE variant.published AND variant.label <> ''"
            f" AND (whole.search || to_tsvector('english', variant.label)) @@ {query}"
        )
        matches = f"search @@ {query} OR vendor = ANY(ARRAY({named})) OR product.id = ANY(ARRAY({varied}))"
        conditions.append(f"({matches})")
    rows = await fetch(_list_sql(" AND ".join(conditions), ORDERS[wanted.sort].format(query=query)), *args)
    hits = [row for row in rows if row["is_hit"]]
    total = hits[0]["total"] if hits else 0
    pages = max(1, -(-total // PAGE_SIZE))
    return Found(
        cards=tuple(make_card(row) for row in hits),
        total=total,
        page=wanted.page if wanted.page <= pages else 1,
        pages=pages,
        suggestions=tuple(make_card(row) for row in rows if not row["is_hit"]),
    )


def _list_sql(conditions: str, order: str) -> str:
    # A page that does not exist shows the first one; nothing found shows the newest that are in stock.
    return f"""
    WITH hits AS (
        SELECT id, row_number() OVER (ORDER BY {order}) AS place FROM product WHERE {conditions}
    ), counted AS (
        SELECT count(*) AS total FROM hits
    ), shown AS (
        SELECT id, place, true AS is_hit FROM hits
        WHERE place > (SELECT CASE WHEN $1::bigint < total THEN $1::bigint ELSE 0 END FROM counted)
        ORDER BY place LIMIT {PAGE_SIZE}
    ), spare AS (
        SELECT id, row_number() OVER (ORDER BY created_at DESC, id) AS place, false AS is_hit FROM product
        WHERE published AND NOT EXISTS (SELECT FROM hits) AND EXISTS (
            SELECT FROM variant
            WHERE variant.product = product.id AND published AND on_hand - reserved - sold > 0)
        ORDER BY created_at DESC, id LIMIT {SUGGESTIONS}
    )
    SELECT shown.is_hit, counted.total, {CARD_COLUMNS}
    FROM (SELECT * FROM shown UNION ALL SELECT * FROM spare) AS shown CROSS JOIN counted {CARD_TABLES}
    ORDER BY shown.place
    """  # noqa: S608 - conditions and order are ours, every value is bound


def _beginning(query: str) -> str:
    """The words as a tsquery whose last word may go on; "" when there is none, or an operator is in use."""
    words = re.findall(r"[^\W_]+", query)
    if not words or re.search(r'"|(^|\s)-|\bor\b', query, re.IGNORECASE):
        return ""
    return " & ".join([*words[:-1], f"{words[-1]}:*"])
