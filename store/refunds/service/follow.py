"""What every door but our own refund calls: look at what went back, and end calmly where we cannot see it any more."""

from __future__ import annotations

from uuid import UUID

from store.gateways.port import Disconnected, Gateways
from store.kit.db import fetch_value
from store.refunds.service.out_of_reach import stop_following
from store.refunds.service.sync import sync_refunds
from store.vendors.service import note_disconnected


async def follow_refunds(gateways: Gateways, capture_id: UUID, *, told: bool = False, refund_ref: str = "") -> bool:
    """Record what the provider shows of one capture's refunds; where its account has let us go, look no more.

    `told`: the provider has said that something went back, so a person is asked where we cannot see what; it may
    have named it (`refund_ref`). Returns whether what was named has been seen, or will be by nobody. Raises Unavailable
    when the provider does not answer.
    """
    try:
        return await sync_refunds(gateways, capture_id, refund_ref)
    except Disconnected:
        await note_disconnected(await fetch_value("SELECT account_ref FROM capture WHERE id = $1", capture_id))
        await stop_following(capture_id, told=told)
        return True
