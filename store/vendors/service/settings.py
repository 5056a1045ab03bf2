"""What a vendor says of its shop, and whether it is open: saved over what was seen, else SettingsStale.

What was seen is a hash of it and not the row's version, which moves with the vendor's state too.

Pausing and closing change nothing that was sold: orders stay, and can be sent.
"""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from store.kit import clock
from store.kit.db import fetch_row, transaction
from store.kit.errors import Conflict
from store.vendors.service.naming import claim_name

# The pairs of inks there are (static/css/app.css), with their words.
INKS = {
    "blue-sun": "Blue and sun",
    "violet-orange": "Violet and orange",
    "pink-green": "Pink and green",
    "red-teal": "Red and teal",
    "teal-red": "Teal and red",
    "sun-violet": "Sun and violet",
}


# What a page showed of the settings, in one word.
SEEN = "md5(concat_ws('|', name, about, ink, returns_text, delivery_price))"


class SettingsStale(Conflict):
    """Somebody saved the settings meanwhile; nothing of yours was written."""

    def __init__(self) -> None:
        super().__init__("The settings were saved meanwhile, in another window or by somebody else.")


class Profile(Struct, frozen=True):
    """What is edited together. `ink` is a key of INKS, `delivery_price` in minor units of the vendor's currency."""

    name: str
    about: str
    ink: str
    returns_text: str
    delivery_price: int


async def save_profile(vendor_id: UUID, seen: str, profile: Profile) -> None:
    """Save the settings over those that were `seen`.

    Raises SettingsStale, NameRefused, NameTaken, ValueError for unknown inks.
    """
    if profile.ink not in INKS:
        raise ValueError(f"no such pair of inks: {profile.ink!r}")
    async with transaction():
        await claim_name(vendor_id, profile.name)
        saved = await fetch_row(
            "UPDATE vendor SET name = $3, about = $4, ink = $5, returns_text = $6, delivery_price = $7,"  # noqa: S608
            f" version = version + 1 WHERE id = $1 AND {SEEN} = $2 RETURNING id",
            *(vendor_id, seen, profile.name, profile.about, profile.ink, profile.returns_text),
            profile.delivery_price,
        )
        if saved is None:
            raise SettingsStale


async def pause_shop(vendor_id: UUID) -> None:
    """Take a break: buyers can look, not buy."""
    await fetch_row("UPDATE vendor SET paused = true WHERE id = $1", vendor_id)


async def close_shop(vendor_id: UUID) -> None:
    """Close, until `open_again`; the caller takes the goods off the shelves in the same transaction."""
    await fetch_row(
        "UPDATE vendor SET paused = true, closed_at = coalesce(closed_at, $2) WHERE id = $1", vendor_id, clock.now()
    )


async def open_again(vendor_id: UUID) -> None:
    """End the break, or open a closed shop; the caller puts the goods back in the same transaction."""
    await fetch_row("UPDATE vendor SET paused = false, closed_at = NULL WHERE id = $1", vendor_id)
