"""Rate limits of one installation, and whose tries a request counts among.

The peer's address is what the connection says; a forwarded header counts only when the installation names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from litestar import Request

from store.kit import limits


@dataclass(frozen=True)
class RateLimits:
    """One installation's limits. `scale` multiplies each; `forwarded_header` is its own proxy's."""

    scale: float = 1.0
    forwarded_header: str | None = None

    async def take(self, key: str, limit: int, per_seconds: float) -> None:
        """Use up one of `limit` tries of `key` per `per_seconds`, outside a transaction.

        Raises TooMany with the seconds to wait.
        """
        await limits.take(limits.hash_key(key), limit * self.scale, per_seconds)

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
