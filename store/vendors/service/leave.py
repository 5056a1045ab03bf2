"""Leave a shop, because the account ends. A shop that still sells is not left alone: its owner closes it first.

Of a shop that is left alone stays what its buyers bought from: its name, its orders and its books.
"""

from __future__ import annotations

from uuid import UUID

from store.accounts.service import end_sessions
from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.kit.errors import Conflict
from store.vendors.service.address import forget_offers_of, readdress_shop
from store.vendors.states import Role


class ShopStillOpen(Conflict):
    """The person owns a shop that was not closed; nothing was changed."""

    title = "Close your shop first"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is yours and still open. Close the shop, then delete the account.")


async def leave_shop(person_id: UUID) -> UUID | None:
    """Give up the person's place, if any, inside the caller's transaction. Raises ShopStillOpen.

    Whoever is the last owner of a closed shop takes its staff along: nobody is left who could deal with it. Returns
    that shop, whose PayPal address the caller forgets once it is finished; None when somebody else still owns it, or
    there was none.
    """
    place = await fetch_row(
        "SELECT membership.id, membership.role, membership.vendor, vendor.name, vendor.closed_at FROM membership"
        " JOIN vendor ON vendor.id = membership.vendor WHERE membership.person = $1 FOR UPDATE",
        person_id,
    )
    if place is None:
        return None
    last = place["role"] == Role.OWNER and not await fetch(
        "SELECT FROM membership WHERE vendor = $1 AND role = 'owner' AND id <> $2", place["vendor"], place["id"]
    )
    if last:
        if place["closed_at"] is None:
            raise ShopStillOpen(place["name"])
        staff = await fetch(
            "DELETE FROM membership WHERE vendor = $1 AND id <> $2 RETURNING person", place["vendor"], place["id"]
        )
        for row in staff:
            await end_sessions(row["person"])
        await forget_offers_of(place["vendor"])
        # Nobody will ask the provider again; an account that it did open has no owner here.
        await fetch(
            "UPDATE connected_account SET closed_at = $2, request = ''"
            " WHERE vendor = $1 AND account_ref IS NULL AND closed_at IS NULL",
            place["vendor"],
            clock.now(),
        )
    await fetch("DELETE FROM membership WHERE id = $1", place["id"])
    await readdress_shop(place["vendor"])
    return place["vendor"] if last else None
