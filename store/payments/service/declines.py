"""Cards that are declined count against who tried them, so that nobody tests stolen ones here for long.

The hosted page is the provider's: we learn of a decline by a verified event or our own look, and each one that is
learned counts once. After five in an hour no new attempt opens until one of them is forgotten; an open page
stays open. Wall time, as all rate limits.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from store.kit import limits
from store.kit.db import fetch
from store.kit.errors import TooMany
from store.payments.states import LIVE

# (declines, seconds) for one address, forgotten evenly.
DECLINES = (5, 3600)


class Payer(Struct, frozen=True):
    """Who opens an attempt: a hash of his address. `scale` multiplies how many declines he may have."""

    key: str
    scale: float

    @classmethod
    def at(cls, address: str, scale: float) -> Payer:
        """The payer at this address."""
        return cls(limits.hash_key(f"declines:{address}"), scale)


async def ask_leave(payer: Payer) -> None:
    """Let a new attempt of this payer open. Raises TooMany, in words, with the seconds to wait."""
    wait = await limits.find_wait(payer.key, *DECLINES, payer.scale)
    if wait:
        words = f"Several payments were declined. Please wait {limits.say_wait(wait)} before you try again."
        raise TooMany(f"{words} You were not charged.", wait)


async def count_decline(payment: dict[str, Any]) -> None:
    """One more declined try of this attempt's payer, in the transaction that records it."""
    if payment["payer"]:
        await limits.count(payment["payer"], *DECLINES)


async def forget_payers() -> int:
    """Nobody's address is kept, not even hashed, with an attempt that has ended; returns how many there were."""
    rows = await fetch("UPDATE payment SET payer = '' WHERE payer <> '' AND status <> ALL($1) RETURNING id", list(LIVE))
    return len(rows)
