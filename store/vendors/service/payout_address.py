"""Where a shop's shares of PayPal sales go: an address counts once the link that came to it was followed.

The one before stays until then, and both addresses are told of the change. A link is made while its mail is sent, is
good for one use, and asking again ends the one before. Whoever follows it must be signed in as the shop's owner.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.accounts.service import email_key
from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.kit.errors import NotFound
from store.kit.ids import hash_secret, new_id, new_secret
from store.mail.service import Prepare, send_once

VERIFY_PAYOUT = "verify_payout_address"
CHANGED = "payout_address_changed"
PAYOUT_LINK_FOR = timedelta(hours=24)
# How long one whose mail cannot be sent is kept, wall time.
UNSENT_FOR = timedelta(days=30)


class PayoutLinkEnded(NotFound):
    """The link of a payout address that is unknown, over, replaced or used."""

    title = "This link has ended"

    def __init__(self) -> None:
        super().__init__(
            "It was used, replaced or too old. If your address is not confirmed yet, enter it again and follow the"
            " link of that mail."
        )


class PayoutOffer(Struct, frozen=True):
    """What the link of a mail would prove: this address for this shop."""

    vendor_id: UUID
    email: str


async def ask_for_payout_address(vendor_id: UUID, email: str) -> None:
    """Have a link sent that proves `email`, inside the caller's transaction; nothing changes before it is followed."""
    await fetch("SELECT FROM vendor WHERE id = $1 FOR NO KEY UPDATE", vendor_id)
    await forget_payout_offers_of(vendor_id)
    offer_id = new_id()
    await fetch(
        "INSERT INTO payout_address (id, vendor, email, created_at) VALUES ($1, $2, $3, $4)",
        *(offer_id, vendor_id, email, clock.wall()),
    )
    await send_once(VERIFY_PAYOUT, str(offer_id), email, {"offer": str(offer_id)})


async def find_payout_offer(token: str) -> PayoutOffer | None:
    """What this link would prove, without using it up; None when it proves nothing."""
    row = await fetch_row(
        "SELECT vendor AS vendor_id, email FROM payout_address"
        " WHERE token_hash = $1 AND expires_at > $2 AND ended_at IS NULL",
        *(hash_secret(token), clock.wall()),
    )
    return PayoutOffer(**dict(row)) if row else None


async def verify_payout_address(vendor_id: UUID, token: str) -> str:
    """Make the link's address the shop's, inside the caller's transaction; returns it. Both addresses are told.

    Raises PayoutLinkEnded, also for the link of another shop.
    """
    # Its key stays free: a payout written down meanwhile refers to the shop, and this will wait for that payout.
    vendor = await fetch_row("SELECT name, payout_email FROM vendor WHERE id = $1 FOR NO KEY UPDATE", vendor_id)
    offer = await fetch_row(
        "SELECT id, email FROM payout_address WHERE token_hash = $1 AND expires_at > $2 AND ended_at IS NULL"
        " AND vendor = $3 FOR UPDATE",
        *(hash_secret(token), clock.wall(), vendor_id),
    )
    if offer is None or vendor is None:
        raise PayoutLinkEnded
    await forget_payout_offers_of(vendor_id)
    await fetch(
        "UPDATE vendor SET payout_email = $2, payout_email_at = $3, version = version + 1 WHERE id = $1",
        *(vendor_id, offer["email"], clock.now()),
    )
    same = email_key(vendor["payout_email"]) == email_key(offer["email"])
    before = "" if same else vendor["payout_email"]
    view = {"shop": vendor["name"], "email": offer["email"], "before": before, "path": "/sell/payouts"}
    await send_once(CHANGED, f"{offer['id']}:new", offer["email"], view)
    await send_once(CHANGED, f"{offer['id']}:before", before, view)
    return str(offer["email"])


async def forget_payout_offers_of(vendor_id: UUID) -> None:
    """End the open link of this shop, and forget the address it went to."""
    await fetch(
        "UPDATE payout_address SET ended_at = $2, email = '', token_hash = NULL WHERE vendor = $1 AND ended_at IS NULL",
        *(vendor_id, clock.wall()),
    )


async def forget_payout_address(vendor_id: UUID) -> None:
    """Nobody is left in this shop: it is paid nowhere any more. In the caller's transaction."""
    await forget_payout_offers_of(vendor_id)
    await fetch("UPDATE vendor SET payout_email = '', payout_email_at = NULL WHERE id = $1", vendor_id)


async def forget_payout_offers() -> int:
    """Forget the addresses whose link is over; returns how many."""
    rows = await fetch(
        "UPDATE payout_address SET ended_at = $1, email = '', token_hash = NULL"
        " WHERE ended_at IS NULL AND coalesce(expires_at, created_at + $2) <= $1 RETURNING id",
        *(clock.wall(), UNSENT_FOR),
    )
    return len(rows)


async def prepare_payout_link(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The link of one mail, made while it is sent; None when another address was entered meanwhile."""
    token = new_secret()
    found = await fetch_row(
        "UPDATE payout_address SET token_hash = $2, expires_at = $3 FROM vendor"
        " WHERE payout_address.id = $1 AND ended_at IS NULL AND vendor.id = payout_address.vendor"
        " RETURNING vendor.name AS shop",
        *(UUID(json.loads(row["view"])["offer"]), hash_secret(token), clock.wall() + PAYOUT_LINK_FOR),
    )
    return {"shop": found["shop"], "path": f"/sell/payouts/verify/{token}"} if found else None


PAYOUT_LETTERS: Mapping[str, Prepare] = {VERIFY_PAYOUT: prepare_payout_link}
