"""Open a vendor's account once: the row first, then the call under the row's id, then the answer.

A request whose answer was lost is looked for before it is sent again, since a key is forgotten after a day; the row
says since when. A request that the provider refuses for good is closed, so that a corrected one gets a new key. What
was asked for, with the owner's address in it, is kept only until it is answered.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from store.gateways.accounts import AccountRequest, AccountSnapshot
from store.gateways.port import Declined, GatewayBug, Gateways, StoredFailure, Unavailable
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, transaction
from store.kit.ids import new_id
from store.vendors.states import VENDOR, VendorState
from store.vendors.tables import Vendor

log = structlog.get_logger(__name__)

# Longer than one call to the provider may take: until then a list may lack what another process is asking for.
UNDER_WAY = timedelta(seconds=30)
# Our clock and the provider's may differ by ten minutes.
CLOCK_SLACK = timedelta(minutes=15)


async def open_account(gateways: Gateways, vendor_id: UUID, *, prefill: bool = False) -> str:
    """The vendor's account (`acct_…`), opened now when there is none or the last one was disconnected.

    `prefill`: with the provider's test values. Raises Declined or GatewayBug (refused for good: the next call asks
    anew) or Unavailable (outcome unknown: the next call goes on with the same request).
    """
    meant = await _intend(gateways, vendor_id, prefill)
    if meant["account_ref"]:
        return str(meant["account_ref"])
    found = None
    if clock.now() - meant["created_at"] > UNDER_WAY:
        found = await _look_for(gateways, meant)
    if found is None:
        try:
            found = await gateways.stripe.open_account(meant["request"], str(meant["id"]))
        except StoredFailure:
            # This key will say the same as long as it lives, whatever became of its first call.
            found = await _look_before_closing(gateways, meant)
            if found is None:
                raise
        except Unavailable:
            raise
        except (Declined, GatewayBug):
            found = await _look_before_closing(gateways, meant)
            if found is None:
                raise
    return await _record(meant, found)


async def _intend(gateways: Gateways, vendor_id: UUID, prefill: bool) -> dict[str, Any]:
    """The row of the account that is open or about to be; the vendor's lock is where two tabs meet."""
    async with transaction():
        vendor = await fetch_row("SELECT * FROM vendor WHERE id = $1 FOR UPDATE", vendor_id)
        if vendor is None:
            raise LookupError(f"no vendor {vendor_id}")
        known = await fetch_row("SELECT * FROM connected_account WHERE vendor = $1 AND closed_at IS NULL", vendor_id)
        if known is not None:
            return dict(known)
        row_id = new_id()
        request = AccountRequest(
            account_id=str(row_id),
            vendor_id=str(vendor_id),
            prefill=prefill,
            **{name: vendor[name] for name in ("name", "email", "country", "currency", "charge_type")},
        )
        made = await fetch_row(
            "INSERT INTO connected_account (id, vendor, request, created_at) VALUES ($1, $2, $3, $4) RETURNING *",
            row_id,
            vendor_id,
            gateways.stripe.freeze_account(request),
            clock.now(),
        )
        assert made is not None
        return dict(made)


async def _look_for(gateways: Gateways, meant: dict[str, Any]) -> AccountSnapshot | None:
    found = await gateways.stripe.find_account(str(meant["id"]), meant["created_at"] - CLOCK_SLACK)
    if found is not None:
        log.error("lost_account_found", vendor=str(meant["vendor"]), ref=found.ref)
    return found


async def _look_before_closing(gateways: Gateways, meant: dict[str, Any]) -> AccountSnapshot | None:
    """A refusal speaks of one request only: an earlier one may have taken effect. None: none has; the row is closed."""
    found = await _look_for(gateways, meant)
    if found is None:
        await fetch(
            "UPDATE connected_account SET closed_at = $2, request = '' WHERE id = $1 AND account_ref IS NULL",
            meant["id"],
            clock.now(),
        )
    return found


async def _record(meant: dict[str, Any], account: AccountSnapshot) -> str:
    """Write the account down; whoever was first has written the same one, since both used the same key."""
    async with transaction():
        await fetch("SELECT FROM vendor WHERE id = $1 FOR UPDATE", meant["vendor"])
        won = await fetch_row(
            "UPDATE connected_account SET account_ref = $2, request = '' WHERE id = $1 AND account_ref IS NULL"
            " RETURNING id",
            meant["id"],
            account.ref,
        )
        if won is not None:
            await fetch("UPDATE vendor SET account_ref = $2 WHERE id = $1", meant["vendor"], account.ref)
            await advance(Vendor, VENDOR, meant["vendor"], VendorState.ONBOARDING, column="state", check_at=clock.now())
    return account.ref
