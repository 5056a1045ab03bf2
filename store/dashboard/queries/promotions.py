"""A vendor's own promotion codes, newest first, with how often each was used."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit import clock
from store.kit.db import fetch
from store.kit.money import Money

MOST = 100
CODES = f"""
SELECT id, code, percent, amount, currency, max_uses, per_email, ends_at, uses, active, created_at FROM promotion
WHERE vendor = $1 AND funded_by = 'vendor' ORDER BY created_at DESC, code LIMIT {MOST}
"""  # noqa: S608 - a constant


class OwnCode(Struct, frozen=True):
    """One code in words; `state` is on, off, over or used up."""

    id: UUID
    code: str
    takes_off: str
    uses: int
    max_uses: int | None
    ends_at: datetime | None
    active: bool
    state: str


async def list_codes(vendor_id: UUID) -> tuple[OwnCode, ...]:
    """Every code of this vendor's, 100 at most."""
    now = clock.now()
    return tuple(
        OwnCode(
            id=row["id"],
            code=row["code"],
            takes_off=_say(row["percent"], row["amount"], row["currency"]),
            uses=row["uses"],
            max_uses=row["max_uses"],
            ends_at=row["ends_at"],
            active=row["active"],
            state="off"
            if not row["active"]
            else "over"
            if row["ends_at"] and row["ends_at"] <= now
            else "used up"
            if row["max_uses"] is not None and row["uses"] >= row["max_uses"]
            else "on",
        )
        for row in await fetch(CODES, vendor_id)
    )


def _say(percent: int | None, amount: int | None, currency: str) -> str:
    if percent is not None:
        return f"{percent // 100}%" if percent % 100 == 0 else f"{percent / 100:.2f}%"
    return str(Money(amount or 0, currency))
