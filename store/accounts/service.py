"""Sessions: made when the first message must be kept, found by the hash of their id, gone after 30 days.

Only ids made here exist: an id that a visitor brings and the table does not know is never taken over (session
fixation). Cart and money are never kept here, and no write touches more than its own column, so requests
side by side cannot undo each other.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from store.kit import clock
from store.kit.db import fetch, fetch_value

LIFETIME = timedelta(days=30)
MOST_MESSAGES = 5
ID_BYTES = 32


async def keep_messages(session_id: str | None, messages: Sequence[str]) -> str:
    """Keep `messages` to be shown once; returns the session's id, a new one unless `session_id` is known."""
    now = clock.wall()
    if session_id is not None:
        known = await fetch_value(
            "UPDATE session SET flash = (flash || $2::text[])[1:$4], expires_at = $5"
            " WHERE id = $1 AND expires_at > $3 RETURNING id",
            _hash(session_id),
            list(messages),
            now,
            MOST_MESSAGES,
            now + LIFETIME,
        )
        if known is not None:
            return session_id
    fresh = secrets.token_urlsafe(ID_BYTES)
    await fetch(
        "INSERT INTO session (id, flash, expires_at) VALUES ($1, $2, $3)",
        _hash(fresh),
        list(messages)[:MOST_MESSAGES],
        now + LIFETIME,
    )
    return fresh


async def take_messages(session_id: str) -> tuple[str, ...]:
    """The kept messages, which are gone from then on; two takers at once never both get one."""
    rows = await fetch(
        "WITH kept AS (SELECT id, flash FROM session"
        " WHERE id = $1 AND expires_at > $2 AND cardinality(flash) > 0 FOR UPDATE)"
        " UPDATE session SET flash = '{}' FROM kept WHERE session.id = kept.id RETURNING kept.flash",
        _hash(session_id),
        clock.wall(),
    )
    return tuple(rows[0]["flash"]) if rows else ()


async def forget_sessions() -> int:
    """Delete the sessions whose time is over; returns how many."""
    return len(await fetch("DELETE FROM session WHERE expires_at <= $1 RETURNING id", clock.wall()))


def _hash(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
