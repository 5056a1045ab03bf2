"""Tell a shop by mail that a share waits for something that its owner can mend: an address, or another one.

Once for each address that does not accept, or while there is none, however many shares wait for it and however often
they are tried; the page says the rest. What goes out anew by itself, since an address was confirmed meanwhile, is not
told.
"""

from __future__ import annotations

from typing import Any

from store.kit.db import fetch_row
from store.payouts.service.forget import ERASED
from store.payouts.states import PayoutState
from store.vendors.service import tell_shop


async def tell_stuck(row: dict[str, Any], why: str) -> None:
    """Mail the owners that this payout waits for them, in the caller's transaction; `why` in words."""
    about = await fetch_row(
        "SELECT vendor.name, vendor.payout_email, vendor.payout_email_at, orders.number FROM vendor, orders"
        " WHERE vendor.id = $1 AND orders.id = $2",
        *(row["vendor"], row["order"]),
    )
    assert about is not None
    since, unclaimed = about["payout_email_at"], row["state"] == PayoutState.UNCLAIMED
    same = about["payout_email"].casefold() == row["receiver"].casefold()
    if since and row["sent_at"] and since > row["sent_at"] and not (unclaimed and same):
        return
    words = {"shop": about["name"], "number": about["number"], "why": why, "path": "/sell/payouts"}
    email = "" if row["receiver"] == ERASED else row["receiver"]
    view = {**words, "email": email, "unclaimed": unclaimed, "amount": row["amount"], "currency": row["currency"]}
    # The address is not in the key, which is kept for ever.
    await tell_shop(row["vendor"], "payout_waits", f"{row['vendor']}:{since.isoformat() if since else 'none'}", view)
