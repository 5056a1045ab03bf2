"""Money that went back without an event reaching us: each capture is looked at from time to time, for half a year.

Hourly while one of its refunds is on its way, daily in the first month, weekly after it; a card refund can be made for
about 180 days. The verb is the same as a webhook's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from uuid import UUID

import structlog

from store.gateways.port import Gateways, Unavailable
from store.kit import clock
from store.kit.db import fetch
from store.refunds.service import follow_refunds

BATCH = 20
TAKE = """
UPDATE capture SET refunds_at = CASE
  WHEN EXISTS (SELECT FROM refund WHERE refund.capture = capture.id AND refund.status IN ('requested', 'pending'))
    THEN $1::timestamptz + interval '1 hour'
  WHEN created_at > $1::timestamptz - interval '30 days' THEN $1::timestamptz + interval '1 day'
  WHEN created_at > $1::timestamptz - interval '180 days' THEN $1::timestamptz + interval '7 days'
  END
WHERE id IN (SELECT id FROM capture WHERE refunds_at <= $1 AND provider <> ALL($3)
  ORDER BY refunds_at FOR UPDATE SKIP LOCKED LIMIT $2)
RETURNING id
"""

log = structlog.get_logger(__name__)


async def sweep_refunds(gateways: Gateways, away: Collection[str] = ()) -> int:
    """Look at every capture whose time has come; returns how many there were. None of a provider that is `away`."""
    rows = await fetch(TAKE, clock.now(), BATCH, list(away))
    await asyncio.gather(*(_look_at(gateways, row["id"]) for row in rows))
    return len(rows)


async def _look_at(gateways: Gateways, capture_id: UUID) -> None:
    try:
        await follow_refunds(gateways, capture_id)
    except Unavailable as unknown:
        log.warning("sweep_unknown", row=str(capture_id), reason=str(unknown))
    except Exception:
        # One row that cannot be worked on must not keep the others from it.
        log.exception("sweep_failed", row=str(capture_id))
