"""Give back what our own race took: the row first, the provider called under the row's id, then one look at it all.

At most one refund of ours per capture is on its way; a refund that somebody made at the provider meanwhile is
subtracted, never paid again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from store.gateways.port import Disconnected, GatewayBug, Gateways, RefundRequest, RefundSnapshot, StoredFailure
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, fetch_value, retrying, transaction
from store.kit.ids import new_id
from store.orders import service as orders
from store.refunds.service.out_of_reach import hand_over
from store.refunds.service.sync import TOO_LATE, TWICE, sync_refunds
from store.refunds.states import REFUND, RefundStatus
from store.refunds.tables import Refund
from store.vendors.service import note_disconnected

# Longer than one call to the provider may take: until then a list may lack what another process is asking for.
UNDER_WAY = timedelta(seconds=30)
# Follows docs.stripe.com/api/idempotent_requests: keys are kept for at least 24 hours.
KEY_LIFE = timedelta(hours=24)
GIVEN = (RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.SUCCEEDED)


async def give_back(gateways: Gateways, capture_id: UUID) -> None:
    """Refund what is left of one capture because our own race took it: transfer and application fee come with it.

    Safe to run again at any point. Raises Unavailable while the provider does not answer (the caller tries again)
    and GatewayBug when it refuses although nobody else gave the money back. Where the vendor has disconnected the
    account it lies on, a person takes over.
    """
    try:
        await _give_back(gateways, capture_id)
    except Disconnected:
        await note_disconnected(await fetch_value("SELECT account_ref FROM capture WHERE id = $1", capture_id))
        await hand_over(capture_id)


async def _give_back(gateways: Gateways, capture_id: UUID) -> None:
    refund = await retrying(lambda: _intend(capture_id))
    if refund is not None and refund["status"] == RefundStatus.REQUESTED:
        made = await _look_or_ask(gateways, refund)
        if made is None:
            await sync_refunds(gateways, capture_id)
            await _give_back(gateways, capture_id)
            return
        await retrying(lambda: _record(capture_id, made))
    await sync_refunds(gateways, capture_id)


async def _intend(capture_id: UUID) -> dict[str, Any] | None:
    """Our refund of this capture, with what the request needs of the capture; None when nothing is left to refund."""
    async with transaction():
        order_id = await fetch_value('SELECT "order" FROM capture WHERE id = $1', capture_id)
        await orders.lock_order(order_id)
        capture = await fetch_row(
            "SELECT capture.*, payment.fee FROM capture JOIN payment ON payment.id = capture.payment"
            " WHERE capture.id = $1 FOR UPDATE OF capture",
            capture_id,
        )
        assert capture is not None
        request = {name: capture[name] for name in ("provider", "capture_ref", "account_ref", "charge_type", "fee")}
        ours = await fetch_row("SELECT * FROM refund WHERE capture = $1 AND ours AND status <> 'canceled'", capture_id)
        if ours is not None:
            return {**ours, **request}
        left = capture["amount"] - await _given_back(capture_id)
        if not left:
            return None
        paid = await fetch_value("SELECT payment_state = 'paid' FROM orders WHERE id = $1", order_id)
        refund = Refund(
            id=new_id(),
            capture=capture_id,
            order=capture["order"],
            provider=capture["provider"],
            amount=left,
            currency=capture["currency"],
            reason=TWICE if paid else TOO_LATE,
            ours=True,
            gives_back_all=True,
            created_at=clock.now(),
        )
        rows = await Refund.insert(refund).returning(*Refund.all_columns())
        return {**rows[0], **request}


async def _look_or_ask(gateways: Gateways, refund: dict[str, Any]) -> RefundSnapshot | None:
    """A refund that may still be under way is asked for again under its key; any other is looked for first.

    The provider answers a key with its first result for a day, a stored 500 too. A refund that its whole list lacks
    after that time was never made: its row ends and the money is asked for under a new one (None).
    """
    age = clock.now() - refund["created_at"]
    if age > UNDER_WAY:
        _, ours = await _find(gateways, refund)
        if ours is not None:
            return ours
        if age > KEY_LIFE:
            await _cancel(refund)
            return None
    return await _ask(gateways, refund)


async def _ask(gateways: Gateways, refund: dict[str, Any]) -> RefundSnapshot | None:
    """The refund as the provider made it; None when somebody else gave money back meanwhile: look and count again."""
    request = RefundRequest(
        refund_id=str(refund["id"]),
        order_id=str(refund["order"]),
        capture_ref=refund["capture_ref"],
        account_ref=refund["account_ref"],
        charge_type=refund["charge_type"],
        amount=refund["amount"],
        currency=refund["currency"],
        fee_taken=refund["fee"] > 0,
        give_back_all=True,
    )
    try:
        return await gateways.rail(refund["provider"]).refund(request)
    except StoredFailure:
        # This key will say the same as long as it lives: what the list lacks is asked for under a new one, next time.
        _, ours = await _find(gateways, refund)
        if ours is None:
            await _cancel(refund)
            raise
        return ours
    except GatewayBug:
        # A key that outlived its memory at the provider, or a refund made there by hand: look before giving up.
        found, ours = await _find(gateways, refund)
        if ours is not None:
            return ours
        known = await fetch("SELECT refund_ref FROM refund WHERE capture = $1", refund["capture"])
        if {made.ref for made in found} <= {row["refund_ref"] for row in known}:
            raise
        await _cancel(refund)
        return None


async def _find(gateways: Gateways, refund: dict[str, Any]) -> tuple[Sequence[RefundSnapshot], RefundSnapshot | None]:
    """Every refund that the provider has of this money, and ours among them."""
    rail = gateways.rail(refund["provider"])
    found = await rail.find_refunds(refund["capture_ref"], refund["account_ref"])
    return found, next((made for made in found if made.refund_id == str(refund["id"])), None)


async def _cancel(refund: dict[str, Any]) -> None:
    """This request led to nothing, as the provider's own list shows."""
    await advance(Refund, REFUND, refund["id"], RefundStatus.CANCELED, column="status", settled_at=clock.now())


async def _given_back(capture_id: UUID) -> int:
    """What of one capture is on its way back or has gone back, minor units."""
    return int(
        await fetch_value(
            "SELECT coalesce(sum(amount), 0) FROM refund WHERE capture = $1 AND status = ANY($2)",
            capture_id,
            [str(status) for status in GIVEN],
        )
    )


async def _record(capture_id: UUID, snapshot: RefundSnapshot) -> None:
    """Write the provider's reference into our own row, before anything else can mistake it for a foreign refund."""
    async with transaction():
        await fetch(
            "UPDATE refund SET refund_ref = $2, version = version + 1"
            " WHERE id = $1::uuid AND capture = $3 AND refund_ref IS NULL",
            snapshot.refund_id,
            snapshot.ref,
            capture_id,
        )
