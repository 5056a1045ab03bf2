"""What the provider shows under our id although we believed that nothing had gone out: it is followed again.

A refusal speaks of one request only: an earlier one, whose answer was lost, may have taken effect. What went out by it
counts from now on; where the share had been made smaller, canceled or paid anew meanwhile, the vendor owes the rest.
"""

from __future__ import annotations

from typing import Any

import structlog

from store.gateways.payouts import PayoutSnapshot
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row
from store.kit.ids import new_id
from store.ledger import names
from store.ledger.journals import Entry
from store.ledger.service import post
from store.payouts.service.forget import ERASED
from store.payouts.service.plan import FIRST_LOOK
from store.payouts.states import COUNTED, PAYOUT, PayoutState
from store.payouts.tables import Payout

log = structlog.get_logger(__name__)

# By our books nothing of it is on its way.
UNSEEN = (PayoutState.PLANNED, PayoutState.WAITING, PayoutState.CANCELED, PayoutState.NETTED, PayoutState.FAILED)
STANDS = """
SELECT part.share, (SELECT coalesce(sum(amount + withheld), 0)::bigint FROM payout
    WHERE vendor_order = part.id AND state = ANY($2)) AS given,
  (SELECT coalesce(sum(amount), 0)::bigint FROM payout_debt WHERE vendor_order = part.id) AS owed
FROM vendor_order AS part WHERE part.id = $1 FOR UPDATE
"""
OWE = """
INSERT INTO payout_debt (id, vendor_order, vendor, provider, cause, amount, currency, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (vendor_order, cause) DO UPDATE SET amount = payout_debt.amount + excluded.amount RETURNING id
"""


async def take_on(row: dict[str, Any], seen: PayoutSnapshot) -> dict[str, Any]:
    """The payout with the amount and receiver that went out, its outcome open, in the caller's transaction.

    The row as it was when this cannot be one of its tries: another currency, or more than the vendor's share.
    """
    receiver = row["receiver"] if row["receiver"] == ERASED else seen.receiver or row["receiver"]
    stands = await fetch_row(STANDS, row["vendor_order"], [str(state) for state in COUNTED])
    assert stands is not None
    amount = seen.amount.amount
    more = amount - (row["amount"] if row["state"] in COUNTED else 0)
    if not receiver or seen.amount.currency != row["currency"] or more < 0 or amount > stands["share"]:
        return row
    # As much of the debt as is covered already, then what went out, then the rest: neither is ever beyond its bounds.
    first = min(more, stands["given"] - stands["owed"])
    await _owe(row, first)
    if row["state"] == PayoutState.INTENDED:
        await advance(Payout, PAYOUT, row["id"], PayoutState.WAITING, column="state")
    taken = await advance(
        Payout,
        PAYOUT,
        row["id"],
        PayoutState.INTENDED,
        column="state",
        amount=amount,
        receiver=receiver,
        hold="",
        why="",
        sent_at=row["sent_at"] or clock.now(),
        look_at=clock.now() + FIRST_LOOK,
        looks=0,
        settled_at=None,
    )
    assert taken is not None
    await _owe(row, more - first)
    if more:
        entries = (
            Entry(names.receivable(str(row["vendor"])), row["currency"], more),
            Entry(names.payable(str(row["vendor"])), row["currency"], -more),
        )
        await post("overprint", "debt_found", f"{row['id']}:{seen.batch_ref}", entries, order_ref=str(row["order"]))
    log.error("payout_found", payout=str(row["id"]), was=row["state"], batch=seen.batch_ref, owed=more)
    return {**row, **taken}


async def _owe(row: dict[str, Any], amount: int) -> None:
    if amount:
        values = (row["vendor_order"], row["vendor"], row["provider"], str(row["id"]), amount, row["currency"])
        await fetch(OWE, new_id(), *values, clock.now())
