"""Persons: who has an account, and under which address.

An address belongs to one person, by its key: NFC and casefolded, so that nobody is somebody else by a capital letter.
"""

from __future__ import annotations

import unicodedata
from uuid import UUID

import asyncpg
from msgspec import Struct

from store.accounts.service.passwords import check_password, hash_password, needs_rehash
from store.accounts.service.sessions import end_sessions, forget_in_messages
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value, savepoint, transaction
from store.kit.errors import Conflict, NotFound
from store.kit.ids import new_id
from store.mail.service import forget_address

# The mails of accounts; those about orders are the orders' to forget.
KINDS = ("verify_email", "reset_password", "email_changed", "password_changed")


class Proved(Struct, frozen=True):
    """Whose password it was, and the hash it was checked against: a sign-in counts while that is still theirs."""

    person_id: UUID
    password_hash: str


class AddressTaken(Conflict):
    """There is an account with this address already; nothing was written."""


def email_key(email: str) -> str:
    """Which person an address belongs to."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).casefold())


async def create_person(email: str, password_hash: str) -> UUID:
    """Write a person, not verified yet, inside the caller's transaction. Raises AddressTaken."""
    person_id = new_id()
    try:
        async with savepoint():
            await fetch(
                "INSERT INTO person (id, email, email_key, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
                person_id,
                email,
                email_key(email),
                password_hash,
                clock.now(),
            )
    except asyncpg.UniqueViolationError:
        raise AddressTaken("There is an account with this email address already.") from None
    return person_id


async def prove(email: str, password: str) -> Proved | None:
    """Who this address and password are, or None. Address unknown or password wrong: the same work, the same answer."""
    row = await fetch_row("SELECT id, password_hash FROM person WHERE email_key = $1", email_key(email))
    if not await check_password(row["password_hash"] if row else None, password):
        return None
    assert row is not None
    proved = Proved(row["id"], row["password_hash"])
    if needs_rehash(proved.password_hash):
        renewed = await hash_password(password)
        if await fetch(
            "UPDATE person SET password_hash = $2 WHERE id = $1 AND password_hash = $3 RETURNING id",
            proved.person_id,
            renewed,
            proved.password_hash,
        ):
            return Proved(proved.person_id, renewed)
    return proved


async def find_by_email(email: str) -> UUID | None:
    """Whose address it is."""
    found: UUID | None = await fetch_value("SELECT id FROM person WHERE email_key = $1", email_key(email))
    return found


async def has_password(person_id: UUID) -> bool:
    """Whether there is one at all; the demo's people have none."""
    return bool(await fetch_value("SELECT password_hash FROM person WHERE id = $1", person_id))


async def is_password_of(person_id: UUID, password: str) -> bool:
    """Whether it is this person's."""
    return await check_password(
        await fetch_value("SELECT password_hash FROM person WHERE id = $1", person_id), password
    )


async def set_operator(email: str, operator: bool) -> None:
    """Let the person with this verified address run the market, or no longer; every session of theirs ends.

    What somebody may do is thus never changed under a session that was made before. Raises NotFound.
    """
    async with transaction():
        person_id = await fetch_value(
            "UPDATE person SET operator = $2 WHERE email_key = $1 AND verified_at IS NOT NULL RETURNING id",
            email_key(email),
            operator,
        )
        if person_id is None:
            raise NotFound("Nobody has an account with this address and has confirmed it.")
        await end_sessions(person_id)


async def lock_person(person_id: UUID) -> None:
    """Keep this person's account as it is until the caller's transaction ends. Raises NotFound when it has ended."""
    if not await fetch("SELECT FROM person WHERE id = $1 AND deleted_at IS NULL FOR UPDATE", person_id):
        raise NotFound("This account was deleted.")


async def delete_person(person_id: UUID) -> None:
    """Make a person nobody, inside the caller's transaction: no address, password or right, signed out everywhere.

    The row stays, for what points at it. Mails to the address and messages that wait to be shown forget it too.
    """
    email = await fetch_value("SELECT email FROM person WHERE id = $1 FOR UPDATE", person_id)
    if email is None:
        return
    await fetch(
        "UPDATE person SET email = NULL, email_key = NULL, password_hash = '', verified_at = NULL, operator = false,"
        " deleted_at = $2 WHERE id = $1",
        person_id,
        clock.now(),
    )
    await fetch("DELETE FROM session WHERE person = $1", person_id)
    await fetch("DELETE FROM link WHERE person = $1", person_id)
    await forget_address(email, KINDS)
    await forget_in_messages(email)
