"""Pictures as pages and browsers ask for them: what a product shows, and the bytes behind one address.

Renditions exist in the widths that `catalogue.imaging` makes and never wider than the upload, so an address follows
from a picture's name and its largest width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from store.catalogue.imaging import WIDTHS
from store.kit.db import fetch, fetch_row

MEDIA = "/media/"
_FACTS = "json_build_object('name', name, 'width', width, 'height', height, 'alt', alt)"
# The first picture of `product`, which is in scope where these are put.
FIRST_PHOTO = f"""(SELECT {_FACTS}::text FROM picture WHERE picture.product = product.id AND removed_at IS NULL
    ORDER BY position, created_at LIMIT 1)"""  # noqa: S608 - constants
# The address of its smallest rendition, "" without one: for thumbnails.
THUMB = f"""coalesce((SELECT '{MEDIA}' || picture.name || '-' || least(picture.width, {WIDTHS[0]}) || '.webp'
    FROM picture WHERE picture.product = product.id AND picture.removed_at IS NULL
    ORDER BY picture.position, picture.created_at LIMIT 1), '')"""  # noqa: S608 - constants
OF_PRODUCT = f"SELECT {_FACTS}::text AS facts FROM picture WHERE product = $1 AND removed_at IS NULL ORDER BY position, created_at"  # noqa: E501, S608


class Photo(Struct, frozen=True):
    """One picture; `width` and `height` of its largest rendition in pixels, `alt` says what it shows."""

    name: str
    width: int
    height: int
    alt: str

    def at(self, width: int, ending: str) -> str:
        """The address of one rendition."""
        return f"{MEDIA}{self.name}-{width}.{ending}"

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths it exists in, smallest first."""
        return tuple(width for width in WIDTHS if width <= self.width) or (self.width,)

    @property
    def thumb(self) -> str:
        """The smallest rendition."""
        return self.at(self.widths[0], "webp")

    @property
    def source(self) -> str:
        """What a browser without WebP and srcset loads."""
        return self.at(self.widths[min(1, len(self.widths) - 1)], "jpg")

    def candidates(self, ending: str) -> str:
        """A srcset of one kind."""
        return ", ".join(f"{self.at(width, ending)} {width}w" for width in self.widths)


def read_photo(text: str | None) -> Photo | None:
    """A Photo out of what FIRST_PHOTO selected."""
    return msgspec.json.decode(text, type=Photo) if text else None


async def list_photos(product_id: UUID) -> tuple[Photo, ...]:
    """Every picture a product shows, in their order."""
    rows = await fetch(OF_PRODUCT, product_id)
    return tuple(msgspec.json.decode(row["facts"], type=Photo) for row in rows)


async def read_rendition(name: str, width: int, kind: str) -> bytes | None:
    """The bytes of one rendition (`kind` webp or jpeg), or None; of a removed picture for as long as it exists."""
    row: Mapping[str, Any] | None = await fetch_row(
        "SELECT body FROM picture_rendition AS made JOIN picture ON picture.id = made.picture"
        " WHERE picture.name = $1 AND made.width = $2 AND made.kind = $3",
        *(name, width, kind),
    )
    return None if row is None else bytes(row["body"])
