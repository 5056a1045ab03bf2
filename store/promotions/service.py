"""Codes of vendors, and the uses of a code: held with the order, used when it is paid, released when it is over.

Every verb runs in the caller's transaction, after cart, order, payment and stock: a promotion's row is the one that
all buyers of a campaign meet at, so it is locked last and for the shortest time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from store.kit import clock
from store.kit.db import fetch_row, fetch_value
from store.kit.errors import Conflict, NotFound
from store.kit.ids import new_id
from store.promotions.states import FundedBy, UseState

TAKE = """
UPDATE promotion SET uses = uses + 1 WHERE id = $1 AND active AND (max_uses IS NULL OR uses < max_uses)
  AND (starts_at IS NULL OR starts_at <= $2) AND (ends_at IS NULL OR $2 < ends_at) RETURNING code, per_email
"""
TAKE_AGAIN = "UPDATE promotion SET uses = uses + 1 WHERE id = $1 AND (max_uses IS NULL OR uses < max_uses) RETURNING id"
COUNT_OWN = "SELECT count(*) FROM promotion_use WHERE promotion = $1 AND email_hash = $2 AND state <> 'released'"


class CodeTaken(Conflict):
    """Somebody has this code already, in this shop or in another."""

    def __init__(self, code: str) -> None:
        super().__init__(f"There is a code {code} already. Choose another word.")


class NewCode(Struct, frozen=True):
    """A vendor's code: `percent` in basis points or `amount` in minor units of `currency`, never both."""

    code: str
    percent: int | None
    amount: int | None
    currency: str
    max_uses: int | None
    per_email: int | None
    ends_at: datetime | None


class CodeRefused(Conflict):
    """The code has no use left, for anybody or for this e-mail address; nothing was ordered."""

    title = "This code cannot be used"


async def add_code(vendor_id: UUID, new: NewCode) -> UUID:
    """A code for one vendor's goods, paid for by that vendor. Raises CodeTaken."""
    row = await fetch_row(
        "INSERT INTO promotion (id, code, percent, amount, currency, with_delivery, minimum, vendor, funded_by,"
        " max_uses, per_email, ends_at, uses, active, created_at)"
        " VALUES ($1, upper($2), $3, $4, $5, false, 0, $6, $7, $8, $9, $10, 0, true, $11)"
        " ON CONFLICT (code) DO NOTHING RETURNING id",
        *(new_id(), new.code, new.percent, new.amount, new.currency if new.amount else "", vendor_id),
        *(FundedBy.VENDOR, new.max_uses, new.per_email, new.ends_at, clock.now()),
    )
    if row is None:
        raise CodeTaken(new.code.upper())
    promotion_id: UUID = row["id"]
    return promotion_id


async def switch_code(vendor_id: UUID, promotion_id: UUID, active: bool) -> str:
    """Let a vendor's code be used, or no more; returns the code. Raises NotFound for any other vendor's."""
    code: str | None = await fetch_value(
        "UPDATE promotion SET active = $3 WHERE id = $1 AND vendor = $2 AND funded_by = $4 RETURNING code",
        *(promotion_id, vendor_id, active, FundedBy.VENDOR),
    )
    if code is None:
        raise NotFound("There is no such code in your shop.")
    return code


async def hold_use(
    promotion_id: UUID, order_id: UUID, *, code: str, email: str, holder: UUID, amount: int, currency: str
) -> None:
    """Take one use of a code for an order that is being placed; `amount` in minor units.

    Raises CodeRefused in words for the buyer; the caller's transaction must then roll back.
    """
    taken = await fetch_row(TAKE, promotion_id, clock.now())
    if taken is None:
        raise CodeRefused(f"{code} has been used as often as it may be, or has ended. Nothing was ordered.")
    email_hash = hash_email(email)
    if taken["per_email"] is not None and await fetch_value(COUNT_OWN, promotion_id, email_hash) >= taken["per_email"]:
        times = "once" if taken["per_email"] == 1 else f"{taken['per_email']} times"
        raise CodeRefused(
            f"{code} works {times} for one email address, and {email} has used it already. Nothing was ordered."
        )
    await fetch_row(
        "INSERT INTO promotion_use (id, promotion, order_ref, holder, email_hash, amount, currency, state, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new_id(),
        promotion_id,
        order_id,
        holder,
        email_hash,
        amount,
        currency,
        UseState.HELD,
        clock.now(),
    )


async def hold_use_again(order_id: UUID) -> bool:
    """Take a use again that was released when the order ended; False when none is left.

    Whatever the window says: the buyer had agreed to this price in time.
    """
    use = await fetch_row("SELECT promotion, email_hash, state FROM promotion_use WHERE order_ref = $1", order_id)
    assert use is not None
    if use["state"] == UseState.RELEASED:
        if await fetch_value(TAKE_AGAIN, use["promotion"]) is None:
            return False
        per_email = await fetch_value("SELECT per_email FROM promotion WHERE id = $1", use["promotion"])
        own = await fetch_value(COUNT_OWN, use["promotion"], use["email_hash"])
        if per_email is not None and own >= per_email:
            return False
        await fetch_row("UPDATE promotion_use SET state = $2 WHERE order_ref = $1", order_id, UseState.HELD)
    return True


async def confirm_use(order_id: UUID) -> bool:
    """The order is paid: its use counts for ever. False when it was released meanwhile and none is left."""
    if not await hold_use_again(order_id):
        return False
    await fetch_row("UPDATE promotion_use SET state = $2 WHERE order_ref = $1", order_id, UseState.USED)
    return True


async def release_use(order_id: UUID) -> None:
    """The order is over: somebody else may use the code. Released or used already, it changes nothing."""
    promotion_id = await fetch_value(
        "UPDATE promotion_use SET state = $2 WHERE order_ref = $1 AND state = 'held' RETURNING promotion",
        order_id,
        UseState.RELEASED,
    )
    if promotion_id is not None:
        await fetch_row("UPDATE promotion SET uses = uses - 1 WHERE id = $1", promotion_id)


def hash_email(email: str) -> str:
    """How an address is counted: case does not matter."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()
