"""A dispute is looked at when its event comes, and written down: a fact about its order, lines of its timeline.

Nobody here answers it yet. Money that the provider takes back for it comes as a reversal, and `refunds` books that.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import structlog

from store.disputes.states import DISPUTE, DisputeStatus
from store.disputes.tables import Dispute
from store.gateways.port import NAMES, DisputeSnapshot, Gateways, Unavailable
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, fetch_value, retrying, transaction
from store.kit.ids import new_id
from store.kit.money import Money
from store.orders import service as orders

# How a dispute ended, after "has ended at PayPal: "; buyer and seller read the same. Others are not told.
ENDED = {
    "resolved buyer favour": "it was decided for the buyer",
    "resolved buyer favor": "it was decided for the buyer",
    "resolved seller favour": "it was decided for the seller",
    "resolved seller favor": "it was decided for the seller",
    "resolved with payout": "{} paid for it out of its own protection",
    "canceled by buyer": "the buyer withdrew it",
    "accepted": "{} accepted it",
    "denied": "{} turned it down",
    "none": "it was closed undecided, since there is another one about the same payment",
}

# How often one look begins anew, since others have written down an end meanwhile.
LOOKS = 3
log = structlog.get_logger(__name__)


async def sync_dispute(gateways: Gateways, capture_id: UUID, ref: str) -> None:
    """Look at one dispute about a capture and write down where it stands; looking again changes nothing.

    An end may be appealed: only a look that began after it was written down opens the dispute again, or ends it
    otherwise.
    Raises Unavailable when the provider does not answer, or others write while we look.
    """
    capture = await fetch_row("SELECT * FROM capture WHERE id = $1", capture_id)
    assert capture is not None
    known = dict(capture)
    for _ in range(LOOKS):
        before = await _find(known["provider"], ref)
        seen = await gateways.with_capture().fetch_dispute(ref)
        if capture["capture_ref"] not in seen.capture_refs:
            log.error("dispute_of_another", dispute=ref, capture=capture["capture_ref"])
            return
        if await retrying(partial(_record, known, before, seen)):
            return
    raise Unavailable(f"dispute {ref} changes while it is looked at")


async def find_disputed(provider: str, ref: str) -> UUID | None:
    """The capture that a dispute is about of which we know; what tells of its further steps may not name it."""
    row = await _find(provider, ref)
    return row["capture"] if row else None


async def _record(capture: dict[str, Any], before: dict[str, Any] | None, seen: DisputeSnapshot) -> bool:
    """Write down what was seen. False when the look may be older than what is written down already."""
    async with transaction():
        await orders.lock_order(capture["order"])
        now = await _find(capture["provider"], seen.ref)
        if now is not None and _end_of(now) != _end_of(before):
            # Others have written the same down, or the look begins anew.
            return _end_of(now) == (
                (DisputeStatus.OPEN, "") if seen.is_open else (DisputeStatus.RESOLVED, seen.outcome)
            )
        row = await _find_or_insert(capture, seen)
        name, amount = NAMES[capture["provider"]], Money(row["amount"], row["currency"])
        reason = f" ({row['reason']})" if row["reason"] else ""
        text = f"A dispute about {amount} was opened at {name}{reason}."
        await orders.note(capture["order"], text, key=f"dispute:{seen.ref}")
        if seen.is_open:
            if await advance(Dispute, DISPUTE, row["id"], DisputeStatus.OPEN, column="status", outcome=""):
                text = f"The dispute about {amount} was opened again at {name}."
                await orders.note(capture["order"], text, key=f"dispute_again:{new_id()}")
        else:
            await _end(capture["order"], row, seen, name)
        open_now = await fetch_value(
            "SELECT coalesce(sum(amount), 0)::bigint FROM dispute WHERE \"order\" = $1 AND status = 'open'",
            capture["order"],
        )
        await orders.record_dispute(capture["order"], disputed=open_now)
        return True


async def _end(order_id: UUID, row: dict[str, Any], seen: DisputeSnapshot, name: str) -> None:
    """It has ended, or ended otherwise than was said before: a line of the timeline each time."""
    amount, outcome = Money(row["amount"], row["currency"]), ENDED.get(seen.outcome, "").format(name)
    if await advance(Dispute, DISPUTE, row["id"], DisputeStatus.RESOLVED, column="status", outcome=seen.outcome):
        text = f"The dispute about {amount} has ended at {name}{': ' if outcome else ''}{outcome}."
    elif seen.outcome and seen.outcome != row["outcome"]:
        await fetch("UPDATE dispute SET outcome = $2 WHERE id = $1", row["id"], seen.outcome)
        text = f"The end of the dispute about {amount} was changed at {name}{': ' if outcome else ''}{outcome}."
    else:
        return
    await orders.note(order_id, text, key=f"dispute_ended:{new_id()}")


def _end_of(row: dict[str, Any] | None) -> tuple[str, str] | None:
    return (row["status"], row["outcome"]) if row else None


async def _find(provider: str, ref: str) -> dict[str, Any] | None:
    row = await fetch_row("SELECT * FROM dispute WHERE provider = $1 AND dispute_ref = $2", provider, ref)
    return dict(row) if row else None


async def _find_or_insert(capture: dict[str, Any], seen: DisputeSnapshot) -> dict[str, Any]:
    row = await fetch_row(
        "UPDATE dispute SET amount = $3 WHERE provider = $1 AND dispute_ref = $2 RETURNING *",
        *(capture["provider"], seen.ref, seen.amount.amount),
    )
    if row is None:
        found = await fetch(
            'INSERT INTO dispute (id, "order", capture, provider, dispute_ref, status, reason, amount, currency,'
            " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *",
            *(new_id(), capture["order"], capture["id"], capture["provider"], seen.ref, DisputeStatus.OPEN),
            *(seen.reason, seen.amount.amount, seen.amount.currency, clock.now()),
        )
        row = found[0]
    return dict(row)
