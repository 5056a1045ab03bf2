"""Rate limits by GCRA, one UPSERT a try: exact across processes, no window edges.

`limit` uses per `per_seconds`, refilled evenly; after a pause all are there at once. Time is wall time. Framework-free:
whose tries they are is the caller's to say.
"""

from __future__ import annotations

import hashlib
import math

from store.kit import clock
from store.kit.db import engine, fetch, fetch_value
from store.kit.errors import TooMany

TAKE = """
INSERT INTO rate_limit (key, tat) VALUES ($1, $2::float8 + $3::float8)
ON CONFLICT (key) DO UPDATE SET tat = greatest(rate_limit.tat, $2::float8) + $3::float8
WHERE rate_limit.tat <= $2::float8 + $4::float8 RETURNING tat
"""
COUNT = """
INSERT INTO rate_limit (key, tat) VALUES ($1, $2::float8 + $3::float8)
ON CONFLICT (key) DO UPDATE SET tat = greatest(rate_limit.tat, $2::float8) + $3::float8
"""


def hash_key(key: str) -> str:
    """The key as it is kept: tables are looked at by people, and it shows neither address nor token."""
    return hashlib.sha256(key.encode()).hexdigest()


async def take(hashed: str, limit: float, per_seconds: float) -> None:
    """Use up one of `limit` tries of a key per `per_seconds`. Raises TooMany with the seconds to wait.

    Outside a transaction only: in one, its row lock would outlive the question and a rollback forget it.
    """
    if engine().current_transaction.get() is not None:
        raise RuntimeError("take() inside a transaction")
    now = clock.wall().timestamp()
    step = per_seconds / limit
    tolerance = max(per_seconds - step, 0.0)
    if await fetch_value(TAKE, hashed, now, step, tolerance) is None:
        tat = await fetch_value("SELECT tat FROM rate_limit WHERE key = $1", hashed) or now
        wait = max(1, math.ceil(tat - tolerance - now))
        raise TooMany(f"Too many tries. Please wait {say_wait(wait)} and try again.", wait)


async def count(hashed: str, limit: int, per_seconds: float) -> None:
    """Count something that has happened already, allowed or not; in a transaction, when that commits."""
    await fetch(COUNT, hashed, clock.wall().timestamp(), per_seconds / limit)


async def find_wait(hashed: str, limit: int, per_seconds: float, scale: float = 1.0) -> int:
    """Seconds until fewer than `limit` times `scale` of what `count` counted are left; 0 when it is so now."""
    now = clock.wall().timestamp()
    tat = await fetch_value("SELECT tat FROM rate_limit WHERE key = $1", hashed) or now
    return max(0, math.ceil(tat - now - (limit * scale - 1) * per_seconds / limit))


async def forget_limits() -> int:
    """Delete the keys that have all their tries again; returns how many."""
    rows = await fetch("DELETE FROM rate_limit WHERE tat < $1 RETURNING key", clock.wall().timestamp())
    return len(rows)


def say_wait(seconds: int) -> str:
    """A wait in words."""
    if seconds < 90:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
