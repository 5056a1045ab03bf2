"""What a person changes of their account: the address, proved by a link that came to it, and the password.

Either ends every other session of theirs, in the same transaction, and tells the address that was theirs until then.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg

from store.accounts.service.letters import tell_changed
from store.accounts.service.links import forget_links_of, read_link, use_link
from store.accounts.service.passwords import hash_password
from store.accounts.service.persons import AddressTaken, email_key
from store.accounts.service.sessions import end_sessions
from store.accounts.states import LinkKind
from store.kit import clock
from store.kit.db import fetch, fetch_row, transaction
from store.kit.errors import NotFound

ENDED = "This link has been used already, or its time is over. Ask for a new one."


class LinkEnded(NotFound):
    """The link was used, is too old, or never was one."""

    title = "This link has ended"

    def __init__(self) -> None:
        super().__init__(ENDED)


async def verify_email(person_id: UUID, token: str, session_id: str | None) -> str:
    """Make the link's address the person's, proved; returns it. A new address ends all sessions but `session_id`.

    Raises LinkEnded, also for another person's link, and AddressTaken when somebody else has the address by now.
    """
    async with transaction():
        proof = await use_link(LinkKind.VERIFY_EMAIL, token)
        if proof is None or proof.person != person_id:
            raise LinkEnded
        before = await fetch_row("SELECT email, email_key FROM person WHERE id = $1 FOR UPDATE", person_id)
        if before is None or before["email"] is None:
            raise LinkEnded
        try:
            await fetch(
                "UPDATE person SET email = $2, email_key = $3, verified_at = $4 WHERE id = $1",
                person_id,
                proof.email,
                email_key(proof.email),
                clock.now(),
            )
        except asyncpg.UniqueViolationError:
            raise AddressTaken("There is another account with this email address by now.") from None
        if before["email_key"] != email_key(proof.email):
            await forget_links_of(person_id, LinkKind.RESET_PASSWORD)
            await end_sessions(person_id, but=session_id)
            await tell_changed("email_changed", before["email"], email=proof.email)
    return proof.email


async def reset_password(token: str, password: str) -> None:
    """Set a new password by a link of a mail, which also proves the address; every session ends. Raises LinkEnded."""
    if await read_link(LinkKind.RESET_PASSWORD, token) is None:
        raise LinkEnded
    hashed = await hash_password(password)
    async with transaction():
        proof = await use_link(LinkKind.RESET_PASSWORD, token)
        changed = proof and await fetch(
            "UPDATE person SET password_hash = $2, verified_at = coalesce(verified_at, $3)"
            " WHERE id = $1 AND email_key = $4 RETURNING id",
            proof.person,
            hashed,
            clock.now(),
            email_key(proof.email),
        )
        if proof is None or not changed:
            raise LinkEnded
        await end_sessions(proof.person)
        await tell_changed("password_changed", proof.email)


async def change_password(person_id: UUID, password: str, session_id: str | None) -> None:
    """Set a new password; all sessions but `session_id` end."""
    hashed = await hash_password(password)
    async with transaction():
        rows = await fetch(
            "UPDATE person SET password_hash = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING email",
            person_id,
            hashed,
        )
        if not rows:
            raise NotFound("This account is gone.")
        await forget_links_of(person_id, LinkKind.RESET_PASSWORD)
        await end_sessions(person_id, but=session_id)
        await tell_changed("password_changed", rows[0]["email"])
