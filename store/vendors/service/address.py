"""At which address a shop is known, and to which a place in one is offered: none that is no use any more is kept."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from store.accounts.service import email_key
from store.kit import clock
from store.kit.db import fetch

# How long an invitation whose mail cannot be sent stays open, wall time; once sent it says itself until when.
UNSENT_FOR = timedelta(days=30)
OPEN = "accepted_at IS NULL AND withdrawn_at IS NULL"
# What an invitation that has ended keeps: who asked for which role, and when it ended.
FORGET = f"""
UPDATE invitation SET email = '', email_key = '', token_hash = NULL,
  withdrawn_at = CASE WHEN {OPEN} THEN $1 ELSE withdrawn_at END
"""  # noqa: S608 - constants


async def readdress_shop(vendor_id: UUID) -> None:
    """Somebody has left: the shop is known by the address of the owner who is there for longest; by none, if none is.

    In the caller's transaction.
    """
    await fetch(
        "UPDATE vendor SET email = coalesce((SELECT person.email FROM membership"
        " JOIN person ON person.id = membership.person WHERE membership.vendor = $1 AND membership.role = 'owner'"
        " AND person.email IS NOT NULL ORDER BY membership.created_at, membership.id LIMIT 1), '') WHERE id = $1",
        vendor_id,
    )


async def forget_offers_to(email: str) -> None:
    """Withdraw every open invitation to this address, and forget the address in all of them."""
    await fetch(f"{FORGET} WHERE email_key = $2", clock.wall(), email_key(email))


async def forget_offers_of(vendor_id: UUID) -> None:
    """Withdraw every open invitation to this shop, and forget to whom they went."""
    await fetch(f"{FORGET} WHERE vendor = $2", clock.wall(), vendor_id)


async def forget_offers() -> int:
    """Forget the addresses of invitations that have ended; returns how many."""
    rows = await fetch(
        f"{FORGET} WHERE email_key <> '' AND (NOT ({OPEN}) OR coalesce(expires_at, created_at + $2) <= $1)"
        " RETURNING id",
        clock.wall(),
        UNSENT_FOR,
    )
    return len(rows)
