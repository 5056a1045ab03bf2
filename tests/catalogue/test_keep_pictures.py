"""A product's pictures as rows: added, moved, removed and brought back, by their own vendor alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from store.catalogue.imaging import Encoded, Prepared
from store.catalogue.service.pictures import (
    KEPT_FOR_UNDO,
    MOST,
    TooManyPictures,
    add_picture,
    move_picture_first,
    remove_picture,
    restore_picture,
)
from store.kit.db import fetch, fetch_value
from store.kit.errors import NotFound
from tests.guards import unguarded
from tests.shelves import make_product, make_vendor
from tests.world import rows

PLAIN = Prepared(400, 300, (Encoded("webp", 400, b"w"), Encoded("jpeg", 400, b"j")))


async def make_mug() -> tuple[UUID, UUID]:
    """Vera's vendor and the product that shows a mug."""
    vendor = await make_vendor()
    await make_product(vendor)
    return vendor, await fetch_value("SELECT id FROM product")


async def read_order(product: UUID) -> list[str]:
    shown = await rows(
        "SELECT alt FROM picture WHERE product = $1 AND removed_at IS NULL ORDER BY position, created_at", product
    )
    return [row["alt"] for row in shown]


async def test_picture_and_its_renditions_are_kept_when_added(db: str) -> None:
    vendor, mug = await make_mug()

    picture = await add_picture(vendor, mug, PLAIN, "A blue mug")

    [row] = await rows("SELECT * FROM picture")
    assert (row["id"], row["product"], row["alt"], row["width"], row["height"]) == (
        picture,
        mug,
        "A blue mug",
        400,
        300,
    )
    assert len(row["name"]) == 22
    kept = await rows("SELECT kind, width, body FROM picture_rendition ORDER BY kind")
    assert [tuple(one.values()) for one in kept] == [("jpeg", 400, b"j"), ("webp", 400, b"w")]


async def test_pictures_stand_in_their_order_when_one_is_moved_removed_and_brought_back(db: str) -> None:
    vendor, mug = await make_mug()
    first, _, third = [await add_picture(vendor, mug, PLAIN, alt) for alt in ("one", "two", "three")]

    await move_picture_first(vendor, third)
    assert await read_order(mug) == ["three", "one", "two"]
    await remove_picture(vendor, first)
    assert await read_order(mug) == ["three", "two"]
    await restore_picture(vendor, first)
    assert await read_order(mug) == ["three", "one", "two"]


async def test_nothing_happens_when_the_picture_is_somebody_elses(db: str) -> None:
    vendor, mug = await make_mug()
    otto = await make_vendor("otto")
    picture = await add_picture(vendor, mug, PLAIN, "A mug")

    attempts: list[Any] = [
        add_picture(otto, mug, PLAIN, "Mine"),
        move_picture_first(otto, picture),
        remove_picture(otto, picture),
        restore_picture(otto, picture),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt

    assert await read_order(mug) == ["A mug"]


async def test_ninth_picture_is_refused_until_one_is_removed(db: str) -> None:
    vendor, mug = await make_mug()
    pictures = [await add_picture(vendor, mug, PLAIN, str(n)) for n in range(MOST)]

    with pytest.raises(TooManyPictures):
        await add_picture(vendor, mug, PLAIN, "nine")
    await remove_picture(vendor, pictures[0])
    await add_picture(vendor, mug, PLAIN, "nine")
    with pytest.raises(TooManyPictures):
        await restore_picture(vendor, pictures[0])

    assert len(await read_order(mug)) == MOST


async def test_removed_picture_is_gone_for_good_only_when_a_day_has_passed(db: str) -> None:
    vendor, mug = await make_mug()
    old, young = [await add_picture(vendor, mug, PLAIN, alt) for alt in ("old", "young")]
    for picture, age in ((old, KEPT_FOR_UNDO + timedelta(minutes=1)), (young, KEPT_FOR_UNDO - timedelta(minutes=1))):
        await remove_picture(vendor, picture)
        await fetch("UPDATE picture SET removed_at = now() - $2::interval WHERE id = $1", picture, age)

    await add_picture(vendor, mug, PLAIN, "new")

    assert {row["alt"] for row in await rows("SELECT alt FROM picture")} == {"young", "new"}
    assert await fetch_value("SELECT count(*) FROM picture_rendition") == 4


async def test_bytes_behind_an_address_never_change_and_the_guard_is_needed(db: str) -> None:
    vendor, mug = await make_mug()
    await add_picture(vendor, mug, PLAIN, "A mug")

    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await fetch("UPDATE picture_rendition SET body = 'x'")
    async with unguarded("DROP TRIGGER picture_rendition_fixed ON picture_rendition"):
        await fetch("UPDATE picture_rendition SET body = 'x'")
