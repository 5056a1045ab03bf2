"""What the provider shows of one capture now, and in which order it is to be recorded, whichever way it is listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from store.gateways.port import PAYPAL, CaptureSnapshot, Gateways, RefundOutcome, RefundSnapshot

GONE = (RefundOutcome.FAILED, RefundOutcome.CANCELED)


async def look(gateways: Gateways, capture: dict[str, Any], refund_ref: str = "") -> CaptureSnapshot:
    """The capture with all that went back of it; the refund of this reference too where the list lacks it (yet)."""
    rail, ref, account = gateways.rail(capture["provider"]), capture["capture_ref"], capture["account_ref"]
    snapshot = await rail.fetch_capture(ref, account)
    if not snapshot.refunds:
        # A charge whose only refund failed shows nothing refunded any more.
        snapshot = replace(snapshot, refunds=tuple(await rail.find_refunds(ref, account)))
    if refund_ref and capture["provider"] == PAYPAL and not shows(snapshot, refund_ref):
        told = await gateways.with_capture().fetch_refund(refund_ref, ref)
        if told is not None:
            snapshot = replace(snapshot, refunds=(*snapshot.refunds, told))
    return snapshot


def shows(snapshot: CaptureSnapshot, refund_ref: str) -> bool:
    """Whether this refund is among what the provider shows."""
    return any(refund.ref == refund_ref for refund in snapshot.refunds)


def put_in_order(refunds: Iterable[RefundSnapshot]) -> list[RefundSnapshot]:
    """What came to nothing first, since another refund may give back just that money; then ours, then anybody's."""
    return sorted(refunds, key=lambda one: (one.outcome not in GONE, not one.refund_id, one.ref))
