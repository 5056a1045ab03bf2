"""Take the addresses off payouts of shops that were left alone: that they were paid stays, to whom does not."""

from __future__ import annotations

from store.kit.db import fetch

ERASED = "erased"


async def forget_receivers() -> int:
    """Forget where closed shops that nobody sits in were paid; returns how many payouts that were."""
    rows = await fetch(
        "UPDATE payout SET receiver = $1 FROM vendor WHERE vendor.id = payout.vendor AND vendor.closed_at IS NOT NULL"
        " AND receiver NOT IN ('', $1) AND NOT EXISTS (SELECT FROM membership WHERE membership.vendor = vendor.id)"
        " RETURNING payout.id",
        ERASED,
    )
    return len(rows)
