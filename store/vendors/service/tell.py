"""Mails to a shop: to each of its owners, at the address that is theirs now.

A shop that nobody sits in, as the demo's others, has the address it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from store.kit.db import fetch
from store.mail.service import send_once

ADDRESSES = """
SELECT person.email FROM membership JOIN person ON person.id = membership.person
WHERE membership.vendor = $1 AND membership.role = 'owner' AND person.email IS NOT NULL
UNION ALL SELECT email FROM vendor
WHERE id = $1 AND NOT EXISTS (SELECT FROM membership WHERE membership.vendor = $1)
ORDER BY 1
"""


async def tell_shop(vendor_id: UUID, kind: str, cause: str, view: Mapping[str, Any]) -> None:
    """Put one mail for each owner into the outbox of the open transaction; it happens once for a (kind, cause)."""
    for number, row in enumerate(await fetch(ADDRESSES, vendor_id)):
        await send_once(kind, f"{cause}:{number}" if number else cause, row["email"], view)
