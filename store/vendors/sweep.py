"""Which vendors have not been looked at for too long, and the same verb for them. Nothing is decided here.

A row is taken by moving its next look into the future in one statement, so two sweeps never work on the same one. Who
is disconnected has no next look. Ages are business time.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog

from store.gateways.port import Gateways, Unavailable
from store.kit import clock
from store.kit.db import fetch
from store.vendors.service import sync_account

log = structlog.get_logger(__name__)

BATCH = 20
# Until the next look when this one is not answered.
AGAIN = timedelta(minutes=5)
TAKE = """
UPDATE vendor SET check_at = $2
WHERE id IN (SELECT id FROM vendor WHERE check_at <= $1 ORDER BY check_at FOR UPDATE SKIP LOCKED LIMIT $3)
RETURNING id
"""


async def sweep_vendors(gateways: Gateways) -> int:
    """Look at every vendor whose time has come; returns how many there were."""
    now = clock.now()
    rows = await fetch(TAKE, now, now + AGAIN, BATCH)
    await asyncio.gather(*(_look_at(gateways, row["id"]) for row in rows))
    return len(rows)


async def _look_at(gateways: Gateways, vendor_id: UUID) -> None:
    try:
        await sync_account(gateways, vendor_id)
    except Unavailable as unknown:
        log.warning("vendor_sweep_unknown", vendor=str(vendor_id), reason=str(unknown))
    except Exception:
        # One that cannot be looked at must not keep the others from it.
        log.exception("vendor_sweep_failed", vendor=str(vendor_id))
