"""Vera's new shop, without an account yet, beside the demo's vendors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.facts import one
from tests.shelves import make_vendor


async def make_newcomer(slug: str = "newcomer", **values: Any) -> UUID:
    """A vendor who has not started."""
    nothing = dict.fromkeys(("charges_enabled", "payouts_enabled", "details_submitted"), False)
    facts = {**nothing, "card_payments": "", "transfers": "", "account_ref": None, "state": "not_started"}
    return await make_vendor(slug, **{**facts, **values})


async def the_vendor(vendor_id: UUID) -> dict[str, Any]:
    """The vendor's row."""
    return dict(await one("SELECT * FROM vendor WHERE id = $1", vendor_id))
