"""Passwords: Argon2id, off the event loop, a few at a time; and which passwords nobody may choose.

Checking a password costs the same whether or not there is one to check against: an address without an account is
checked against a hash that no password fits. https://www.rfc-editor.org/rfc/rfc9106
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from store.kit.errors import TryLater
from store.kit.metrics import counter

SHORTEST = 8
LONGEST = 256
# Each takes 64 MiB and a core: more at once would only slow down whatever else this process serves.
AT_ONCE = 2
MOST_WAITING = 32
# With today's costs, of 256 random bits that nobody kept.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=1$4ywx0A0IOV5o5xy2ehSg0w$pyOx5aKgizOv/HMVMAT7cTjJRhWBHSttwzPkoTaB7lc"

HASHES = counter("password_hashes", "Passwords hashed, to be kept or to be checked.")

Result = TypeVar("Result")

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1, type=Type.ID)
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
_waiting = 0


async def hash_password(password: str) -> str:
    """The text to keep. Raises TryLater when too many wait already."""
    return await run_bounded(lambda: _hasher.hash(password))


async def check_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the right one; the same work for "" and None (no such account), which no password fits.

    Raises TryLater when too many wait already.
    """
    kept = password_hash or NOBODY

    def check() -> bool:
        try:
            return _hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    return await run_bounded(check) and bool(password_hash)


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with other costs than today's."""
    return bool(password_hash) and _hasher.check_needs_rehash(password_hash)


def find_weakness(password: str, email: str = "") -> str:
    """Why this password cannot be chosen, in words; "" when it can. Length counts, not kinds of characters."""
    if len(password) < SHORTEST:
        return f"Choose a password of {SHORTEST} characters or more."
    if len(password) > LONGEST:
        return f"Choose a password of {LONGEST} characters or fewer."
    plain = password.casefold()
    if plain in _list_common() or len(set(plain)) < 3:
        return "Choose another password: many people use this one, so it is tried first."
    if plain in (email.casefold(), email.casefold().partition("@")[0]):
        return "Choose a password that is not your email address."
    return ""


async def run_bounded(work: Callable[[], Result]) -> Result:
    """Run `work` beside the event loop, `AT_ONCE` at most. Raises TryLater when `MOST_WAITING` wait already."""
    global _waiting
    if _waiting >= AT_ONCE + MOST_WAITING:
        raise TryLater("Very many people are signing in right now. Please try again in a moment.")
    _waiting += 1
    HASHES.inc()
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1


@lru_cache(1)
def _list_common() -> frozenset[str]:
    """The common passwords that zxcvbn counts, most of them from leaks. Read when the first is chosen."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
