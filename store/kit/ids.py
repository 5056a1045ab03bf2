"""Ids and tokens: row ids, unguessable tokens for the public, short readable numbers for people."""

from __future__ import annotations

import hashlib
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


def new_secret() -> str:
    """A new 256-bit secret for a cookie or a mail's link, 43 URL-safe characters; kept as `hash_secret` only."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """How such a secret is kept: sha256 in hex. Random as it is, no salt or slow hash could add anything."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_readable(length: int) -> str:
    """`length` random readable characters, the first a letter; they do not count anything."""
    letters = [c for c in READABLE if c.isalpha()]
    return secrets.choice(letters) + "".join(secrets.choice(READABLE) for _ in range(length - 1))
