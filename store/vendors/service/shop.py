"""Open a shop: a vendor of one's own, and the seat in it. Country and currency are chosen here and stay."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

import asyncpg
from msgspec import Struct

from store.accounts.service import end_sessions, lock_person
from store.kit import clock
from store.kit.db import fetch, fetch_value, savepoint, transaction
from store.kit.errors import Conflict
from store.kit.ids import new_id, new_readable
from store.vendors.service.naming import claim_name
from store.vendors.states import CURRENCIES, ChargeType, Role, VendorState

SLUG_LENGTH = 40
TRIES = 5
INK = "blue-sun"
RETURNS = "Send it back within 30 days, unused, and you get your money back."


class ShopProfile(Struct, frozen=True):
    """What a shop begins with; `country` is one of `CURRENCIES`."""

    name: str
    about: str
    country: str


async def open_shop(
    person_id: UUID, email: str, profile: ShopProfile, platform_country: str, keep_session: str | None = None
) -> UUID:
    """Make a vendor that this person owns; returns its id.

    Raises NotFound when the account was deleted, Conflict for who sits in a shop already, NameRefused and NameTaken (a
    Conflict) for the name.

    The person's sessions end, but `keep_session`: none that was there before gains the shop.

    The platform charges for vendors of its own country and currency; any other is charged on its own account.
    """
    currency = CURRENCIES[profile.country]
    at_home = profile.country == platform_country
    async with transaction():
        await lock_person(person_id)
        if await fetch_value("SELECT 1 FROM membership WHERE person = $1", person_id):
            raise Conflict("You have a shop already; one person sits in one shop.")
        vendor_id = new_id()
        await claim_name(vendor_id, profile.name)
        for attempt in range(TRIES):
            slug = make_slug(profile.name) + (f"-{new_readable(4).lower()}" if attempt else "")
            try:
                async with savepoint():
                    await fetch(
                        "INSERT INTO vendor (id, slug, name, about, returns_text, ink, email, country, currency,"
                        " charge_type, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                        *(vendor_id, slug, profile.name, profile.about, RETURNS, INK, email, profile.country, currency),
                        ChargeType.DESTINATION if at_home else ChargeType.DIRECT,
                        VendorState.NOT_STARTED,
                        clock.now(),
                    )
                break
            except asyncpg.UniqueViolationError:
                if attempt == TRIES - 1:
                    raise
        await fetch(
            "INSERT INTO membership (id, person, vendor, role, created_at) VALUES ($1, $2, $3, $4, $5)",
            *(new_id(), person_id, vendor_id, Role.OWNER, clock.now()),
        )
        await end_sessions(person_id, keep_session)
        return vendor_id


def make_slug(name: str) -> str:
    """A name as a part of an address: "Café & Öl" is "cafe-ol"; "shop" where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-") or "shop"
