"""Who is signed in, as every page and guard reads it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit import clock
from store.kit.db import fetch_row
from store.kit.ids import hash_secret

SIGNED_IN = """
SELECT person.id, person.email, person.verified_at IS NOT NULL AS verified, person.operator, session.signed_in_at
FROM session JOIN person ON person.id = session.person
WHERE session.id = $1 AND session.expires_at > $2 AND person.deleted_at IS NULL
"""


class Person(Struct, frozen=True):
    """Somebody who is signed in. `signed_in_at`: when this browser last proved it, UTC, wall time."""

    id: UUID
    email: str
    verified: bool
    operator: bool
    signed_in_at: datetime


async def find_person(session_id: str) -> Person | None:
    """Who is signed in by this cookie's value; None for a session of nobody's, over, or unknown."""
    row = await fetch_row(SIGNED_IN, hash_secret(session_id), clock.wall())
    return Person(**dict(row)) if row else None
