"""Who is signed in, as every page and guard reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.kit import clock
from store.kit.db import fetch, fetch_row
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


async def read_person(person_id: UUID) -> dict[str, Any]:
    """What is kept of a person, but for the password: for whoever asks what is known of them."""
    row = await fetch_row("SELECT email, verified_at, operator, created_at FROM person WHERE id = $1", person_id)
    return dict(row) if row else {}


class OpenSession(Struct, frozen=True):
    """One browser in which somebody is signed in. `key` ends it and is no use as a cookie; `here`: the one asking."""

    key: str
    device: str
    signed_in_at: datetime
    here: bool


async def list_sessions(person_id: UUID, session_id: str) -> tuple[OpenSession, ...]:
    """Where this person is signed in, this browser first, then by when, newest first."""
    rows = await fetch(
        "SELECT id AS key, device, signed_in_at, id = $2 AS here FROM session"
        " WHERE person = $1 AND expires_at > $3 ORDER BY id = $2 DESC, signed_in_at DESC, id",
        person_id,
        hash_secret(session_id),
        clock.wall(),
    )
    return tuple(OpenSession(**dict(row)) for row in rows)
