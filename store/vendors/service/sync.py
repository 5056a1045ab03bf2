"""One verb, three doors: return visit, webhook and sweep all call `sync_account`.

It reads the provider's truth with no transaction open, then applies it once. Looks are numbered: an answer that was
asked for earlier than the newest one written is dropped and asked for anew, so events may come in any order.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from store.gateways.accounts import AccountSnapshot
from store.gateways.port import Disconnected, Gateways
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, retrying, transaction
from store.operations.service import enqueue
from store.vendors.service.tell import tell_shop
from store.vendors.states import VENDOR, VendorState, derive_state, settles_itself
from store.vendors.tables import Vendor
from store.vendors.words import explain_requirements

log = structlog.get_logger(__name__)

ROUNDS = 3
# When the sweep looks next at a vendor in this state; one who is disconnected is never asked for again.
NEXT_LOOK = {
    VendorState.ONBOARDING: timedelta(minutes=30),
    VendorState.UNDER_REVIEW: timedelta(minutes=1),
    VendorState.ACTIVE: timedelta(hours=12),
    VendorState.RESTRICTED: timedelta(minutes=30),
    VendorState.REJECTED: timedelta(hours=24),
}


async def sync_account(gateways: Gateways, vendor_id: UUID) -> str:
    """Fetch what the provider says about a vendor's account and apply it once; returns the state after it.

    An account that has let us go disconnects its vendor. Raises Unavailable when the provider does not answer: nothing
    has changed then, and another door will come.
    """
    for _ in range(ROUNDS):
        asked = await fetch_row(
            "UPDATE vendor SET asked = asked + 1 WHERE id = $1 AND account_ref IS NOT NULL AND state <> $2"
            " RETURNING asked, account_ref",
            vendor_id,
            VendorState.DISCONNECTED,
        )
        if asked is None:
            break
        try:
            account = await gateways.stripe.fetch_account(asked["account_ref"])
        except Disconnected as gone:
            log.warning("account_disconnected", vendor=str(vendor_id), reason=str(gone))
            await note_disconnected(asked["account_ref"])
            break
        if await _apply_once(vendor_id, asked["asked"], account, gateways.platform_country):
            break
    row = await fetch_row("SELECT state FROM vendor WHERE id = $1", vendor_id)
    if row is None:
        raise LookupError(f"no vendor {vendor_id}")
    return str(row["state"])


async def note_disconnected(account_ref: str) -> bool:
    """The provider has said that this account is out of our reach; returns whether its vendor was connected until now.

    Nobody asks for it from then on. Anyone who got that answer, whatever the question was, may say so.
    """
    return await retrying(lambda: _disconnect(account_ref))


async def _disconnect(account_ref: str) -> bool:
    async with transaction():
        vendor = await fetch_row("SELECT * FROM vendor WHERE account_ref = $1 FOR UPDATE", account_ref)
        if vendor is None or vendor["state"] == VendorState.DISCONNECTED:
            return False
        await fetch(
            "UPDATE connected_account SET closed_at = $2 WHERE account_ref = $1 AND closed_at IS NULL",
            account_ref,
            clock.now(),
        )
        switched_off = {"charges_enabled": False, "payouts_enabled": False, "card_payments": "", "transfers": ""}
        await _move(dict(vendor), VendorState.DISCONNECTED, {**switched_off, "requirements": "{}", "check_at": None})
        return True


async def _apply_once(vendor_id: UUID, ticket: int, account: AccountSnapshot, home: str) -> bool:
    return await retrying(lambda: _apply(vendor_id, ticket, account, home))


async def _apply(vendor_id: UUID, ticket: int, account: AccountSnapshot, home: str) -> bool:
    """One transaction; False when a later look has been written already."""
    async with transaction():
        vendor = await fetch_row("SELECT * FROM vendor WHERE id = $1 FOR UPDATE", vendor_id)
        assert vendor is not None
        if vendor["answered"] >= ticket:
            return False
        if vendor["account_ref"] != account.ref or vendor["state"] == VendorState.DISCONNECTED:
            return True
        on_behalf = settles_itself(vendor["charge_type"], vendor["country"], home)
        state = derive_state(account, vendor["charge_type"], vendor["state"], on_behalf_of=on_behalf)
        told = {
            "charges_enabled": account.charges_enabled,
            "payouts_enabled": account.payouts_enabled,
            "details_submitted": account.details_submitted,
            "card_payments": account.card_payments,
            "transfers": account.transfers,
            "requirements": msgspec.json.encode(account.requirements).decode(),
            "answered": ticket,
            "synced_at": clock.now(),
            "check_at": clock.now() + NEXT_LOOK[state],
        }
        await _move(dict(vendor), state, told)
        return True


async def _move(vendor: dict[str, Any], to: VendorState, told: dict[str, Any]) -> None:
    """Write what was told, move the state, and start what it sets off: open pages closed, the shop told by mail."""
    if vendor["state"] == to:
        changes: dict[Any, Any] = {getattr(Vendor, name): value for name, value in told.items()}
        await Vendor.update(changes).where(Vendor.id == vendor["id"])
        return
    moved = await advance(Vendor, VENDOR, vendor["id"], to, column="state", sources=(vendor["state"],), **told)
    assert moved is not None, "the row is locked"
    log.info("vendor_moved", vendor=vendor["slug"], before=vendor["state"], after=to)
    cause = f"{vendor['id']}:{moved['version']}"
    if vendor["state"] == VendorState.ACTIVE:
        await enqueue("stop_paying", cause, {"vendor_id": str(vendor["id"])})
    if not vendor["paused"] and (vendor["state"], to) == (VendorState.UNDER_REVIEW, VendorState.ACTIVE):
        await tell_shop(vendor["id"], "approved", cause, {"shop": vendor["name"], "path": "/sell/home"})
    if to in (VendorState.RESTRICTED, VendorState.REJECTED, VendorState.DISCONNECTED):
        wants = explain_requirements(moved["requirements"])
        view = {"shop": vendor["name"], "state": to, "wants": wants.sentence, "why": wants.why}
        await tell_shop(vendor["id"], "restricted", cause, {**view, "path": "/sell/onboarding"})
