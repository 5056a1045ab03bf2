"""Where PayPal has the money, it is told under which number the goods travel: its protection of sellers asks for it.

A step of its own after the parcel was sent, so that nobody who ships waits for PayPal.
developer.paypal.com/docs/tracking/
"""

from __future__ import annotations

from uuid import UUID

import structlog

from store.gateways.port import PAYPAL, GatewayBug, Gateways
from store.kit.db import fetch_row

PARCEL = """
SELECT part.carrier, part.tracking, capture.capture_ref, payment.provider_ref FROM vendor_order AS part
JOIN capture ON capture."order" = part."order" AND capture.kind = 'settling' AND capture.provider = $2
JOIN payment ON payment.id = capture.payment WHERE part.id = $1 AND part.tracking <> ''
"""

log = structlog.get_logger(__name__)


async def track_parcel(gateways: Gateways, part_id: UUID) -> None:
    """Tell PayPal the tracking number of one vendor's part, as it stands now.

    Raises Unavailable while PayPal does not answer. What it refuses it will refuse again: the log tells it once.
    """
    row = await fetch_row(PARCEL, part_id, PAYPAL)
    if row is None:
        return
    paypal = gateways.with_capture()
    try:
        await paypal.track(row["provider_ref"], row["capture_ref"], row["carrier"], row["tracking"])
    except GatewayBug as refused:
        log.error("tracking_refused", part=str(part_id), reason=str(refused))
