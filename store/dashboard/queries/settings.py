"""A vendor's settings as they stand."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit.db import fetch_row
from store.vendors.service.settings import SEEN


class ShopSettings(Struct, frozen=True):
    """What the settings page shows; `delivery_price` in minor units of `currency`, `seen` what a form brings back."""

    name: str
    slug: str
    about: str
    ink: str
    returns_text: str
    delivery_price: int
    currency: str
    paused: bool
    closed_at: datetime | None
    seen: str


async def read_settings(vendor_id: UUID) -> ShopSettings:
    """One vendor's settings. Raises LookupError for an unknown id."""
    row = await fetch_row(
        f"SELECT name, slug, about, ink, returns_text, delivery_price, currency, paused, closed_at, {SEEN} AS seen"  # noqa: S608 - a constant
        " FROM vendor WHERE id = $1",
        vendor_id,
    )
    if row is None:
        raise LookupError(f"no vendor {vendor_id}")
    return ShopSettings(**dict(row))
