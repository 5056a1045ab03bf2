"""What sellers get, and what they give back: nothing of it waits for a person who does not know."""

from __future__ import annotations

from datetime import timedelta

from store.doctor.check import Check
from store.kit import clock
from store.kit.db import fetch

# A seller that sells covers what it owes within days; an outcome is known within minutes.
COVERED = timedelta(days=7)
KNOWN = timedelta(days=1)


async def check_transfers() -> Check:
    """No share waits because a vendor's account cannot receive it; what waits for a balance goes out by itself."""
    waiting = await fetch(
        "SELECT orders.number, part.vendor_name, transfer.hold, transfer.why FROM transfer"
        ' JOIN orders ON orders.id = transfer."order" JOIN vendor_order AS part ON part.id = transfer.vendor_order'
        " WHERE transfer.state = 'waiting' ORDER BY transfer.hold = 'balance', transfer.created_at"
    )
    if waiting and waiting[0]["hold"] != "balance":
        first = waiting[0]
        why = f"{len(waiting)} waiting, first {first['number']} for {first['vendor_name']}: {first['why']}"
        return Check("transfers", False, f"{why}; next: see with the vendor what its account needs")
    return Check("transfers", True, f"{len(waiting)} wait for our balance" if waiting else "none waits")


async def check_reversals() -> Check:
    """No part that a seller owes waits for longer than it should, or for something that does not come by itself."""
    waiting = await fetch(
        "SELECT orders.number, part.vendor_name, reversal.why, reversal.created_at,"
        " (reversal.state = 'waiting' AND (reversal.hold <> 'balance' OR reversal.created_at < $1))"
        "  OR (reversal.state = 'intended' AND reversal.created_at < $2) AS late"
        " FROM transfer_reversal AS reversal JOIN transfer ON transfer.id = reversal.transfer"
        ' JOIN orders ON orders.id = transfer."order" JOIN vendor_order AS part ON part.id = transfer.vendor_order'
        " WHERE reversal.state IN ('intended', 'waiting') ORDER BY late DESC, reversal.created_at",
        clock.now() - COVERED,
        clock.now() - KNOWN,
    )
    late = [row for row in waiting if row["late"]]
    if late:
        first = late[0]
        why = (
            f"{len(late)} waiting, first {first['number']} of {first['vendor_name']} since {first['created_at']:%d %B}"
        )
        words = first["why"] or "what became of it at the provider is not known"
        return Check("reversals", False, f"{why}: {words}; next: see with the vendor how it pays what it owes")
    return Check("reversals", True, f"{len(waiting)} wait for a seller's balance" if waiting else "none waits")
