"""A product's pictures: add, describe, move, remove, bring back. Guarded by the vendor's id like the product itself.

Renditions are written once and never changed: a picture's random name stands for its bytes for ever.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from store.catalogue.imaging import Prepared
from store.catalogue.service.products import NOT_YOURS
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value, transaction
from store.kit.errors import NotFound, ShopError
from store.kit.ids import new_id, new_token

MOST = 8
KEPT_FOR_UNDO = timedelta(days=1)
NO_PICTURE = "There is no such picture in your shop."


class TooManyPictures(ShopError):
    """A product shows eight pictures at most."""

    status = 422


async def add_picture(vendor_id: UUID, product_id: UUID, prepared: Prepared, alt: str) -> UUID:
    """Put a picture after those that are there; `alt` says what it shows. Returns its id.

    Raises NotFound, TooManyPictures.
    """
    async with transaction():
        await _lock(vendor_id, product_id)
        await fetch(
            "DELETE FROM picture WHERE product = $1 AND removed_at < $2", product_id, clock.now() - KEPT_FOR_UNDO
        )
        there = await fetch_row(
            "SELECT count(*) AS many, coalesce(max(position) + 1, 0) AS next FROM picture"
            " WHERE product = $1 AND removed_at IS NULL",
            product_id,
        )
        assert there is not None
        if there["many"] >= MOST:
            raise TooManyPictures(f"A product shows {MOST} pictures at most. Remove one first.")
        picture_id = new_id()
        await fetch(
            "INSERT INTO picture (id, product, name, position, alt, width, height, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(picture_id, product_id, new_token(), there["next"], alt, prepared.width, prepared.height, clock.now()),
        )
        await fetch(
            "INSERT INTO picture_rendition (picture, kind, width, body)"
            " SELECT $1, made.kind, made.width, made.body"
            " FROM unnest($2::text[], $3::int[], $4::bytea[]) AS made (kind, width, body)",
            picture_id,
            [one.kind for one in prepared.renditions],
            [one.width for one in prepared.renditions],
            [one.body for one in prepared.renditions],
        )
    return picture_id


async def move_picture_first(vendor_id: UUID, picture_id: UUID) -> None:
    """Make it the first one, which lists show; the others keep their order. Raises NotFound."""
    async with transaction():
        product_id = await _find_product(vendor_id, picture_id)
        await _lock(vendor_id, product_id)
        await fetch(
            "UPDATE picture SET position = ordered.place FROM (SELECT id, row_number() OVER"
            " (ORDER BY id <> $2, removed_at IS NOT NULL, position, created_at) - 1 AS place FROM picture"
            " WHERE product = $1) AS ordered WHERE picture.id = ordered.id",
            *(product_id, picture_id),
        )


async def remove_picture(vendor_id: UUID, picture_id: UUID) -> None:
    """Show it no more; it can be brought back for a day at least. Raises NotFound."""
    changed = await fetch_value(
        "UPDATE picture SET removed_at = coalesce(removed_at, $3) FROM product WHERE picture.id = $1"
        " AND product.id = picture.product AND product.vendor = $2 RETURNING picture.id",
        *(picture_id, vendor_id, clock.now()),
    )
    if changed is None:
        raise NotFound(NO_PICTURE)


async def restore_picture(vendor_id: UUID, picture_id: UUID) -> None:
    """Bring a removed picture back to its place. Raises NotFound, TooManyPictures."""
    async with transaction():
        product_id = await _find_product(vendor_id, picture_id)
        await _lock(vendor_id, product_id)
        many = await fetch_value(
            "SELECT count(*) FROM picture WHERE product = $1 AND removed_at IS NULL AND id <> $2",
            *(product_id, picture_id),
        )
        if many >= MOST:
            raise TooManyPictures(f"A product shows {MOST} pictures at most. Remove one first.")
        await fetch("UPDATE picture SET removed_at = NULL WHERE id = $1", picture_id)


async def _lock(vendor_id: UUID, product_id: UUID) -> None:
    """Pictures of one product change one after the other."""
    if not await fetch("SELECT 1 FROM product WHERE id = $1 AND vendor = $2 FOR UPDATE", product_id, vendor_id):
        raise NotFound(NOT_YOURS)


async def _find_product(vendor_id: UUID, picture_id: UUID) -> UUID:
    product_id: UUID | None = await fetch_value(
        "SELECT product.id FROM picture JOIN product ON product.id = picture.product"
        " WHERE picture.id = $1 AND product.vendor = $2",
        *(picture_id, vendor_id),
    )
    if product_id is None:
        raise NotFound(NO_PICTURE)
    return product_id
