"""Rate limits by GCRA, one UPSERT a request: exact across processes, no window edges.

`limit` uses per `per_seconds`, refilled evenly; after a pause all are there at once. Time is wall time. The
peer's address is what the connection says; a forwarded header counts only when the installation names it.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from litestar import Request

from store.kit import clock
from store.kit.db import engine, fetch, fetch_value
from store.kit.errors import TooMany

TAKE = """
INSERT INTO rate_limit (key, tat) VALUES ($1, $2::float8 + $3::float8)
ON CONFLICT (key) DO UPDATE SET tat = greatest(rate_limit.tat, $2::float8) + $3::float8
WHERE rate_limit.tat <= $2::float8 + $4::float8 RETURNING tat
"""


@dataclass(frozen=True)
class RateLimits:
    """One installation's limits. `scale` multiplies each; `forwarded_header` is its own proxy's."""

    scale: float = 1.0
    forwarded_header: str | None = None

    async def take(self, key: str, limit: int, per_seconds: float) -> None:
        """Use up one of `limit` tries of `key` per `per_seconds`. Raises TooMany with the seconds to wait.

        Outside a transaction only: in one, its row lock would outlive the question and a rollback forget it.
        """
        if engine().current_transaction.get() is not None:
            raise RuntimeError("take() inside a transaction")
        # Tables are looked at by people: a key shows neither address nor token.
        hashed = hashlib.sha256(key.encode()).hexdigest()
        now = clock.wall().timestamp()
        step = per_seconds / (limit * self.scale)
        tolerance = max(per_seconds - step, 0.0)
        if await fetch_value(TAKE, hashed, now, step, tolerance) is None:
            tat = await fetch_value("SELECT tat FROM rate_limit WHERE key = $1", hashed) or now
            wait = max(1, math.ceil(tat - tolerance - now))
            raise TooMany(f"Too many tries. Please wait {_words(wait)} and try again.", wait)

    def client(self, request: Request[Any, Any, Any]) -> str:
        """The address to count by; one home's IPv6 network counts as one address."""
        peer = request.scope["client"]
        address = peer[0] if peer else ""
        if self.forwarded_header is not None:
            # The last entry is the one our own proxy wrote, in the client's line or in one of its own (HAProxy);
            # those before it are whatever the client sent.
            sent = request.headers.getall(self.forwarded_header, [""])
            address = sent[-1].rpartition(",")[2].strip() or address
        try:
            parsed = ip_address(address)
        except ValueError:
            return address
        if parsed.version == 6 and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return str(parsed) if parsed.version == 4 else str(ip_network(f"{parsed}/64", strict=False))


async def forget_limits() -> int:
    """Delete the keys that have all their tries again; returns how many."""
    rows = await fetch("DELETE FROM rate_limit WHERE tat < $1 RETURNING key", clock.wall().timestamp())
    return len(rows)


def _words(seconds: int) -> str:
    if seconds < 90:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
