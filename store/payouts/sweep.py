"""Which transfers and reversals look stale: unknown outcomes, and what waits for its reason to pass.

What was sent is looked at too, daily in the first month and weekly for half a year: somebody may have taken it back at
the provider. A row is taken by moving its next look into the future in one statement; the verbs are those of the
worker's outbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from uuid import UUID

import structlog

from store.gateways.port import Gateways, Unavailable
from store.kit import clock
from store.kit.db import fetch
from store.payouts.service import send_payout, send_reversal, send_transfer, sync_payout, sync_reversals

log = structlog.get_logger(__name__)

BATCH = 20
# How long until the next look, by the number of looks so far.
LOOKS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1))
TAKE = """
UPDATE {table} SET looks = looks + 1, look_at = $1::timestamptz + ($2::interval[])[least(looks + 1, $3)]
WHERE id IN (SELECT id FROM {table} WHERE state IN ('intended', 'waiting') AND look_at <= $1
  ORDER BY look_at FOR UPDATE SKIP LOCKED LIMIT $4)
RETURNING id
"""
TAKE_SENT = """
UPDATE transfer SET look_at = CASE
  WHEN created_at > $1::timestamptz - interval '30 days' THEN $1::timestamptz + interval '1 day'
  WHEN created_at > $1::timestamptz - interval '180 days' THEN $1::timestamptz + interval '7 days'
  END
WHERE id IN (SELECT id FROM transfer WHERE state = 'done' AND look_at <= $1
  ORDER BY look_at FOR UPDATE SKIP LOCKED LIMIT $2)
RETURNING "order"
"""

TAKE_PAYOUTS = """
UPDATE payout SET looks = looks + 1, look_at = $1::timestamptz + ($2::interval[])[least(looks + 1, $3)]
WHERE id IN (SELECT id FROM payout WHERE state = ANY($5) AND look_at <= $1
  ORDER BY look_at FOR UPDATE SKIP LOCKED LIMIT $4)
RETURNING id
"""
TAKE_PAID = TAKE_SENT.replace("FROM transfer", "FROM payout").replace("UPDATE transfer", "UPDATE payout")
TAKE_PAID = TAKE_PAID.replace("'done'", "'paid'").replace('RETURNING "order"', "RETURNING id")
# What nothing was made of yet, or may not have been; and what the provider works on.
DUE, UNDER_WAY = ["planned", "waiting", "intended"], ["sent", "unclaimed", "held"]


async def sweep_transfers(gateways: Gateways) -> int:
    """Look at every transfer and reversal whose time has come; returns how many there were."""
    found = 0
    # Transfers first: what a vendor gets by them pays what it owes.
    for table, verb in (("transfer", send_transfer), ("transfer_reversal", send_reversal)):
        rows = await fetch(TAKE.format(table=table), clock.now(), list(LOOKS), len(LOOKS), BATCH)
        await asyncio.gather(*(_try(row["id"], verb(gateways, row["id"])) for row in rows))
        found += len(rows)
    sent = {row["order"] for row in await fetch(TAKE_SENT, clock.now(), BATCH)}
    await asyncio.gather(*(_try(order_id, sync_reversals(gateways, order_id)) for order_id in sent))
    return found + len(sent)


async def sweep_payouts(gateways: Gateways) -> int:
    """Pay out what has become payable, and follow what was; returns how many rows that were.

    What was paid is looked at as long as transfers are: whoever got it may give it back.
    """
    found = 0
    for states, verb in ((DUE, send_payout), (UNDER_WAY, sync_payout)):
        rows = await fetch(TAKE_PAYOUTS, clock.now(), list(LOOKS), len(LOOKS), BATCH, states)
        await asyncio.gather(*(_try(row["id"], verb(gateways, row["id"])) for row in rows))
        found += len(rows)
    paid = await fetch(TAKE_PAID, clock.now(), BATCH)
    await asyncio.gather(*(_try(row["id"], sync_payout(gateways, row["id"])) for row in paid))
    return found + len(paid)


async def _try(row_id: UUID, verb: Awaitable[object]) -> None:
    try:
        await verb
    except Unavailable as unknown:
        log.warning("sweep_unknown", row=str(row_id), reason=str(unknown))
    except Exception:
        # One row that cannot be worked on must not keep the others from it.
        log.exception("sweep_failed", row=str(row_id))
