"""Links of mails: good for one use of one kind, for a short time, kept as hashes.

A link is made while its mail is sent, so its token is never written anywhere but into that mail. A use takes all links
of that kind with it. Times are wall time: nobody's mailbox moves with the demo's clock.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from store.accounts.states import LinkKind
from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.kit.ids import hash_secret, new_secret

VERIFY_FOR = timedelta(hours=24)
RESET_FOR = timedelta(minutes=30)


class Proof(Struct, frozen=True):
    """Whose link it is, and the address whose mailbox it was opened from."""

    person: UUID
    email: str


async def issue_link(kind: LinkKind, person_id: UUID, email: str) -> str:
    """A new link's token, for the mail that is being sent to `email`."""
    token = new_secret()
    now = clock.wall()
    await fetch(
        "INSERT INTO link (id, person, kind, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        hash_secret(token),
        person_id,
        kind,
        email,
        now,
        now + (VERIFY_FOR if kind == LinkKind.VERIFY_EMAIL else RESET_FOR),
    )
    return token


async def read_link(kind: LinkKind, token: str) -> Proof | None:
    """What this link would prove, without using it up; None when it is unknown, used or over."""
    row = await fetch_row(
        "SELECT person, email FROM link WHERE id = $1 AND kind = $2 AND expires_at > $3",
        hash_secret(token),
        kind,
        clock.wall(),
    )
    return Proof(**dict(row)) if row else None


async def use_link(kind: LinkKind, token: str) -> Proof | None:
    """Use it up, inside the transaction of what it is used for; of two who try at once one gets None."""
    row = await fetch_row(
        "DELETE FROM link WHERE id = $1 AND kind = $2 AND expires_at > $3 RETURNING person, email",
        hash_secret(token),
        kind,
        clock.wall(),
    )
    if row is None:
        return None
    await forget_links_of(row["person"], kind)
    return Proof(**dict(row))


async def forget_links_of(person_id: UUID, kind: LinkKind) -> None:
    """End a person's links of this kind."""
    await fetch("DELETE FROM link WHERE person = $1 AND kind = $2", person_id, kind)


async def forget_links() -> int:
    """Delete the links whose time is over; returns how many."""
    return len(await fetch("DELETE FROM link WHERE expires_at <= $1 RETURNING id", clock.wall()))
