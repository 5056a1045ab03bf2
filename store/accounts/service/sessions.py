"""Sessions: made when the first message must be kept or somebody signs in, found by the hash of their id.

Only ids made here exist: an id that a visitor brings and the table does not know is never taken over, and whoever signs
in or out leaves with another id than they came with (session fixation). Cart and money are never kept here, and no
write touches more than its own column, so requests side by side cannot undo each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from store.kit.ids import hash_secret, new_secret

# From the last message, or from the moment somebody signed in: nobody stays signed in for longer.
LIFETIME = timedelta(days=30)
MOST_MESSAGES = 5
LONGEST_DEVICE = 80


async def keep_messages(session_id: str | None, messages: Sequence[str]) -> str:
    """Keep `messages` to be shown once; returns the session's id, a new one unless `session_id` is known."""
    now = clock.wall()
    if session_id is not None:
        known = await fetch_value(
            "UPDATE session SET flash = (flash || $2::text[])[1:$4],"
            " expires_at = CASE WHEN person IS NULL THEN $5 ELSE expires_at END"
            " WHERE id = $1 AND expires_at > $3 RETURNING id",
            hash_secret(session_id),
            list(messages),
            now,
            MOST_MESSAGES,
            now + LIFETIME,
        )
        if known is not None:
            return session_id
    fresh = new_secret()
    await fetch(
        "INSERT INTO session (id, flash, expires_at) VALUES ($1, $2, $3)",
        hash_secret(fresh),
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
        hash_secret(session_id),
        clock.wall(),
    )
    return tuple(rows[0]["flash"]) if rows else ()


async def forget_in_messages(text: str) -> None:
    """Drop what waits to be shown in any browser and has this text in it, an address that is somebody's no more."""
    await fetch("UPDATE session SET flash = '{}' WHERE strpos(lower(array_to_string(flash, ' ')), lower($1)) > 0", text)


async def sign_in(
    person_id: UUID, session_id: str | None, device: str, *, password_hash: str | None = None
) -> str | None:
    """Sign a person in: a new session, whose id it returns. The one brought ends; what it had to say moves over.

    None, and nothing is changed, when the account is gone or `password_hash`, which was proved, is not the person's any
    more. The row is locked: whoever changes the password ends this session too, or comes before it and is seen.
    """
    fresh = new_secret()
    now = clock.wall()
    async with transaction():
        if not await fetch(
            "SELECT id FROM person WHERE id = $1 AND deleted_at IS NULL AND password_hash = coalesce($2, password_hash)"
            " FOR SHARE",
            person_id,
            password_hash,
        ):
            return None
        waiting = await _end(session_id)
        await fetch(
            "INSERT INTO session (id, flash, expires_at, person, signed_in_at, device) VALUES ($1, $2, $3, $4, $5, $6)",
            hash_secret(fresh),
            waiting,
            now + LIFETIME,
            person_id,
            now,
            device[:LONGEST_DEVICE],
        )
    return fresh


async def sign_out(session_id: str) -> None:
    """End this session: its id opens nothing any more."""
    await _end(session_id)


async def rotate(session_id: str) -> str | None:
    """The same session under a new id, when what its person may do has changed; None when it is over or unknown."""
    fresh = new_secret()
    known = await fetch_value(
        "UPDATE session SET id = $2 WHERE id = $1 AND expires_at > $3 RETURNING id",
        hash_secret(session_id),
        hash_secret(fresh),
        clock.wall(),
    )
    return fresh if known is not None else None


async def end_session(person_id: UUID, key: str) -> bool:
    """End one of a person's own sessions by the key its list shows; False when it is not theirs or over."""
    return bool(await fetch("DELETE FROM session WHERE id = $1 AND person = $2 RETURNING id", key, person_id))


async def end_sessions(person_id: UUID, but: str | None = None) -> int:
    """End all sessions of a person, `but` the one with this id; returns how many. For whatever changes their rights."""
    kept = hash_secret(but) if but is not None else ""
    return len(await fetch("DELETE FROM session WHERE person = $1 AND id <> $2 RETURNING id", person_id, kept))


async def forget_sessions() -> int:
    """Delete the sessions whose time is over; returns how many."""
    return len(await fetch("DELETE FROM session WHERE expires_at <= $1 RETURNING id", clock.wall()))


async def _end(session_id: str | None) -> list[str]:
    if session_id is None:
        return []
    rows = await fetch("DELETE FROM session WHERE id = $1 RETURNING flash", hash_secret(session_id))
    return list(rows[0]["flash"]) if rows else []
