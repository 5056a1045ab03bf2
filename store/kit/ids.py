"""Ids and tokens: row ids, unguessable tokens for the public, short readable numbers for people."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4

# No vowels, no look-alikes: a number is read over the telephone and never spells a word.
READABLE = "2346789BCDFGHJKMNPQRTVWX"


def new_id() -> UUID:
    """A new row id."""
    return uuid4()


def new_token() -> str:
    """A new 128-bit random token, 22 URL-safe characters."""
    return secrets.token_urlsafe(16)


def new_readable(length: int) -> str:
    """`length` random readable characters, the first a letter; they do not count anything."""
    letters = [c for c in READABLE if c.isalpha()]
    return secrets.choice(letters) + "".join(secrets.choice(READABLE) for _ in range(length - 1))
