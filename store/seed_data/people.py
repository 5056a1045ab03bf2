"""The demo's people: Ada, Vera, Otto and Olga, each with a verified address and no password."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from store.accounts.demo import DEMO_PEOPLE
from store.accounts.service import email_key
from store.kit import clock
from store.kit.db import fetch
from store.vendors.states import Role

VERAS = "kiln-co"


async def seed_people() -> None:
    """Add who is missing; whoever is there stays as they are."""
    for one in DEMO_PEOPLE:
        await fetch(
            "INSERT INTO person (id, email, email_key, password_hash, verified_at, operator, created_at)"
            " VALUES ($1, $2, $3, '', $4, $5, $4) ON CONFLICT DO NOTHING",
            person_id(one.key),
            one.email,
            email_key(one.email),
            clock.now(),
            one.operator,
        )


def person_id(key: str) -> UUID:
    """The id under which a demo person is seeded."""
    return uuid5(NAMESPACE_URL, f"overprint/person/{key}")


async def seat_people() -> None:
    """Vera owns the first of the demo's shops."""
    await fetch(
        "INSERT INTO membership (id, person, vendor, role, created_at)"
        " SELECT $1, person.id, vendor.id, $4, $5 FROM person, vendor WHERE person.id = $2 AND vendor.slug = $3"
        " ON CONFLICT DO NOTHING",
        uuid5(NAMESPACE_URL, f"overprint/membership/{VERAS}"),
        person_id("vera"),
        VERAS,
        Role.OWNER,
        clock.now(),
    )
