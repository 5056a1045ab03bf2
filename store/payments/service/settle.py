"""What the provider keeps and passes on, booked when it says so.

With asynchronous capture the balance transaction, the transfer and the application fee are empty at success and
filled seconds later; `charge.updated` or the sweep brings them. Each is a journal of its own under its own id, so
looking again posts nothing twice. What lies on an account that has let us go is never seen: the looking ends there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from store.gateways.port import PAYPAL, CaptureSnapshot, Disconnected, Gateways, Moved
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value, retrying, transaction
from store.kit.money import Money
from store.ledger import journals, names
from store.ledger.service import post
from store.orders import service as orders
from store.payments.states import CaptureKind
from store.payouts.service import plan_payouts, plan_transfers
from store.vendors.service import note_disconnected
from store.vendors.states import ChargeType

log = structlog.get_logger(__name__)

FIRST_LOOK = timedelta(seconds=15)
# When the sweep first looks for money that went back without anybody telling us.
REFUNDS_FROM = timedelta(days=1)
# How long our fee on a charge that we cannot see any more may take to land with us.
FEE_LANDS = timedelta(days=1)
# Long after that it is looked for still, rarely: a person knows of it by then.
FEE_MAY_LAND = timedelta(days=30)
LATER = timedelta(days=1)
UNSEEN = (
    "the seller has disconnected the Stripe account before Stripe said what it kept of this payment, so we can neither"
    " see nor refund it: ask the seller, and send the money back another way if the buyer wants it"
)


async def sync_capture(gateways: Gateways, capture_id: UUID) -> bool:
    """Book provider fee, transfer and application fee of one capture; returns whether nothing is waited for.

    Where the vendor has disconnected the account it lies on, our own fee is all that is seen, and a person is told.
    Raises Unavailable when the provider does not answer.
    """
    capture = await fetch_row("SELECT * FROM capture WHERE id = $1", capture_id)
    assert capture is not None
    if capture["settled"] or capture["settle_at"] is None:
        return True
    try:
        rail = gateways.rail(capture["provider"])
        snapshot = await rail.fetch_capture(capture["capture_ref"], capture["account_ref"])
    except Disconnected:
        await note_disconnected(capture["account_ref"])
        taken = await gateways.stripe.find_application_fee(capture["capture_ref"])
        due = await fetch_value("SELECT fee FROM payment WHERE id = $1", capture["payment"])
        age = clock.now() - capture["created_at"]
        if taken is None and due and age < FEE_LANDS:
            return False
        missing = due if taken is None else 0
        await retrying(lambda: _stop_looking(dict(capture), taken, missing, look_again=age < FEE_MAY_LAND))
        return True
    if not snapshot.settled:
        return False
    await retrying(lambda: _book(dict(capture), snapshot))
    return True


async def find_capture(provider: str, ref: str) -> UUID | None:
    """The id of the capture with the provider's `ref`."""
    found: UUID | None = await fetch_value(
        "SELECT id FROM capture WHERE provider = $1 AND capture_ref = $2", provider, ref
    )
    return found


async def first_vendor(order_id: UUID) -> dict[str, Any]:
    """The one vendor's part of a direct or destination order."""
    row = await fetch_row('SELECT vendor, account_ref FROM vendor_order WHERE "order" = $1 LIMIT 1', order_id)
    assert row is not None
    return dict(row)


async def plan_shares(capture: dict[str, Any]) -> None:
    """Have what is the vendors' passed on, once, where this payment is what pays for their goods."""
    if capture["kind"] != CaptureKind.SETTLING:
        return
    if capture["provider"] == PAYPAL:
        await plan_payouts(capture["order"], capture["capture_ref"])
    else:
        await plan_transfers(capture["order"], capture["capture_ref"] if capture["amount"] else "")


async def _stop_looking(capture: dict[str, Any], taken: Moved | None, missing: int, *, look_again: bool) -> None:
    """Book our fee and look no more, or rarely while it is `missing` (minor units); a person is told once.

    Money that should go back is told of by the refund; here it is the sale's.
    """
    source, order_id = capture["provider"], capture["order"]
    words = f"{capture['capture_ref']}: {UNSEEN}"
    if missing:
        words += f"; our fee of {Money(missing, capture['currency'])} has not come to us yet"
    async with transaction():
        order = await orders.lock_order(order_id)
        if taken:
            vendors_account = names.provider(source, capture["account_ref"])
            entries = journals.application_fee(vendors_account, names.provider(source), taken.amount, taken.landed)
            await post(source, "application_fee", taken.ref, entries, order_ref=str(order_id))
        await fetch(
            "UPDATE capture SET settle_at = $3, fee_ref = $2 WHERE id = $1 AND NOT settled",
            capture["id"],
            taken.ref if taken else "",
            clock.now() + LATER if missing and look_again else None,
        )
        log.error("capture_out_of_reach", order=str(order_id), capture=capture["capture_ref"])
        if capture["kind"] == CaptureKind.SETTLING and not order["review_reason"]:
            await orders.mark_review(order_id, reason=words, door="", once=f"unseen:{capture['id']}")


async def _book(capture: dict[str, Any], snapshot: CaptureSnapshot) -> None:
    source, order_ref = capture["provider"], str(capture["order"])
    part = await first_vendor(capture["order"])
    platform = names.provider(source)
    vendors_account = names.provider(source, part["account_ref"])
    direct = capture["charge_type"] == ChargeType.DIRECT
    async with transaction():
        if fee := snapshot.provider_fee:
            entries = (
                journals.direct_provider_fee(vendors_account, str(part["vendor"]), fee.amount)
                if direct
                else journals.platform_provider_fee(platform, fee.amount)
            )
            await post(source, "provider_fee", fee.ref, entries, order_ref=order_ref)
        if moved := snapshot.transfer:
            entries = journals.transfer(platform, vendors_account, moved.amount, moved.landed)
            await post(source, "transfer", moved.ref, entries, order_ref=order_ref)
        if taken := snapshot.application_fee:
            entries = journals.application_fee(vendors_account, platform, taken.amount, taken.landed)
            await post(source, "application_fee", taken.ref, entries, order_ref=order_ref)
        await plan_shares(capture)
        await fetch(
            "UPDATE capture SET settled = true, settle_at = NULL, transfer_ref = $2, transferred = $3, fee_ref = $4,"
            " kept_ref = $5 WHERE id = $1",
            capture["id"],
            snapshot.transfer.ref if snapshot.transfer else "",
            snapshot.transfer.amount.amount if snapshot.transfer else 0,
            snapshot.application_fee.ref if snapshot.application_fee else "",
            snapshot.provider_fee.ref if snapshot.provider_fee else "",
        )
