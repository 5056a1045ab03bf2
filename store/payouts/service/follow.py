"""Follow one payout to its end: by its event or by the sweep, the provider's truth is fetched and applied once.

Money that the provider shows as sent under our id is followed from any state, whatever an earlier answer said.
What has left our balance is booked when that is certain, and booked back when it has returned. A payout that ended
without paying has one that takes its place, whose id is another; the old id is never used again.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog

from store.gateways.payouts import ItemStatus, PayoutSnapshot
from store.gateways.port import GatewayBug, Gateways, Unavailable
from store.gateways.transfers import Hold
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, fetch_value, retrying, transaction
from store.kit.money import Money
from store.ledger import journals, names
from store.ledger.service import post
from store.payouts.service.asking import next_wait, since
from store.payouts.service.forget import ERASED
from store.payouts.service.found import UNSEEN, take_on
from store.payouts.service.judge import LEFT, UNREADABLE, explain, judge
from store.payouts.service.plan import FIRST_LOOK
from store.payouts.service.shares import HOLDING, insert_payout
from store.payouts.service.tell import tell_stuck
from store.payouts.states import PAYOUT, PayoutReason, PayoutState
from store.payouts.tables import Payout

log = structlog.get_logger(__name__)

READ = """
SELECT payout.*, vendor.payout_email, vendor.payout_email_at FROM payout JOIN vendor ON vendor.id = payout.vendor
WHERE payout.id = $1 FOR UPDATE OF payout
"""
ENDED = (PayoutState.RETURNED, PayoutState.FAILED)


async def sync_payout(gateways: Gateways, payout_id: UUID, *, batch_ref: str = "", item_ref: str = "") -> None:
    """Look at one payout and write down what became of it; safe to run again, late, twice or at once.

    `batch_ref` and `item_ref`: what an event calls it, which is all that is known where the answer to sending was
    lost. Raises Unavailable while the provider does not answer.
    """
    row = await fetch_row("SELECT * FROM payout WHERE id = $1", payout_id)
    assert row is not None
    item, batch = row["item_ref"] or item_ref, row["batch_ref"] or batch_ref
    if row["state"] == PayoutState.RETURNED or not (item or batch):
        return
    paypal = gateways.with_capture()
    try:
        seen = await (paypal.fetch_payout_item(item) if item else paypal.fetch_payout(batch))
    except GatewayBug as unseen:
        raise Unavailable(f"the provider does not show the payout: {unseen}") from unseen
    await retrying(lambda: record_payout(payout_id, seen))
    await _take_back_unclaimed(gateways, payout_id)


async def find_payout_row(*refs: str) -> UUID | None:
    """The payout with one of these names: our id before all, or the provider's batch or item."""
    found: UUID | None = await fetch_value(
        "SELECT id FROM payout WHERE id::text = ANY($1) OR batch_ref = ANY($1) OR item_ref = ANY($1)"
        " ORDER BY id::text = ANY($1) DESC LIMIT 1",
        [ref for ref in refs if ref],
    )
    return found


async def record_payout(payout_id: UUID, seen: PayoutSnapshot) -> None:
    """Write down where the provider shows one payout to stand, with its journals; once for each."""
    async with transaction():
        row = await fetch_row(READ, payout_id)
        assert row is not None
        to = judge(seen)
        if row["state"] == PayoutState.RETURNED or not _may_be_news(row, to):
            return
        if _is_other_try(row, seen):
            row = await take_on(dict(row), seen)
        if row["state"] in UNSEEN:
            log.error("payout_of_another", payout=str(payout_id), batch=seen.batch_ref, status=str(seen.item))
            return
        if not _is_ours(row, seen):
            await _hold(dict(row), f"{UNREADABLE} ({seen.batch_ref} is not what was asked for)", seen)
            return
        if (to in LEFT) and not seen.item_ref:
            to = PayoutState.HELD
        if row["state"] == to:
            await fetch(
                "UPDATE payout SET why = $2, item_ref = coalesce(item_ref, $3) WHERE id = $1",
                *(payout_id, explain(seen, to), seen.item_ref or None),
            )
        elif to == PayoutState.FAILED and row["booked"]:
            # It had left our balance, and now shall never have: nobody is paid again for that, however often told.
            await _hold(dict(row), UNREADABLE, seen)
        elif PAYOUT.allows(row["state"], to):
            await _move(dict(row), to, seen)
        # Else an older answer.


def _may_be_news(row: Any, to: PayoutState) -> bool:
    """Whether it says something of a payout that has ended by our books: that it has left our balance all the same."""
    if row["state"] in (PayoutState.CANCELED, PayoutState.NETTED):
        return to != PayoutState.FAILED
    return row["state"] != PayoutState.FAILED or (to in LEFT and to not in ENDED and not row["booked"])


def _is_other_try(row: Any, seen: PayoutSnapshot) -> bool:
    """Whether an earlier try took effect, of which we believed that it had not: it may differ from the last one."""
    if seen.payout_id != str(row["id"]):
        return False
    asked_otherwise = row["batch_ref"] is None and row["attempt"] > 1 and not _is_ours(row, seen)
    return row["state"] in UNSEEN or (row["state"] in (PayoutState.INTENDED, PayoutState.HELD) and asked_otherwise)


def _is_ours(row: Any, seen: PayoutSnapshot) -> bool:
    """Whether it is what was asked for. An item that is not shown yet has no receiver, and may not name its batch."""
    known = seen.payout_id == str(row["id"]) or (not seen.payout_id and row["batch_ref"] == seen.batch_ref)
    same = not seen.receiver or row["receiver"] == ERASED or seen.receiver.casefold() == row["receiver"].casefold()
    return known and same and seen.amount == Money(row["amount"], row["currency"])


async def _move(row: dict[str, Any], to: PayoutState, seen: PayoutSnapshot) -> None:
    final = to in ENDED
    moved = await advance(
        Payout,
        PAYOUT,
        row["id"],
        to,
        column="state",
        hold=str(seen.hold) if final else "",
        why=explain(seen, to),
        batch_ref=row["batch_ref"] or seen.batch_ref,
        item_ref=row["item_ref"] or seen.item_ref or None,
        look_at=None if final else clock.now() + FIRST_LOOK,
        looks=0,
        settled_at=clock.now() if final or to == PayoutState.PAID else None,
        sources=(row["state"],),
    )
    if moved is None:
        return
    if to == PayoutState.HELD:
        log.error("payout_held", payout=str(row["id"]), status=str(seen.item), reason=seen.reason)
    await _book(moved, to, seen)
    if to == PayoutState.UNCLAIMED:
        await tell_stuck(moved, moved["why"])
    if final:
        await _replace({**row, **moved}, to, seen)


async def _hold(row: dict[str, Any], why: str, seen: PayoutSnapshot) -> None:
    """What is shown cannot be: a person looks, and so does the sweep. A name that is another payout's is not taken."""
    await fetch("UPDATE payout SET why = $2 WHERE id = $1", row["id"], why)
    if row["state"] != PayoutState.HELD:
        ours = row["batch_ref"] or (seen.batch_ref if seen.payout_id == str(row["id"]) else None)
        await advance(Payout, PAYOUT, row["id"], PayoutState.HELD, column="state", batch_ref=ours)
        log.error("payout_held", payout=str(row["id"]), batch=seen.batch_ref, status=str(seen.item), reason=seen.reason)


async def _book(row: dict[str, Any], to: PayoutState, seen: PayoutSnapshot) -> None:
    """What left our balance with its fee, and what came back; each under the item's name."""
    if to not in LEFT:
        return
    source, order_ref = row["provider"], str(row["order"])
    amount = Money(row["amount"], row["currency"])
    ours = names.provider(source)
    if not row["booked"]:
        fee = seen.fee.amount if seen.fee else 0
        await post(
            source, "payout", row["item_ref"], journals.payout(ours, str(row["vendor"]), amount), order_ref=order_ref
        )
        if seen.fee and fee:
            entries = journals.platform_provider_fee(ours, seen.fee)
            await post(source, "payout_fee", row["item_ref"], entries, order_ref=order_ref)
        await fetch("UPDATE payout SET booked = true, fee = $2 WHERE id = $1", row["id"], fee)
        row = {**row, "fee": fee}
    if to == PayoutState.RETURNED:
        back = journals.reverse(journals.payout(ours, str(row["vendor"]), amount))
        await post(source, "payout_returned", row["item_ref"], back, order_ref=order_ref)
        if row["fee"] and seen.fee is not None and not seen.fee.amount:
            entries = journals.reverse(journals.platform_provider_fee(ours, Money(row["fee"], seen.fee.currency)))
            await post(source, "payout_fee_returned", row["item_ref"], entries, order_ref=order_ref)


async def _replace(row: dict[str, Any], to: PayoutState, seen: PayoutSnapshot) -> None:
    """The share is payable again, by a payout of its own.

    What somebody sent back is not sent again at once. What nobody took, or could not be received, waits for an address
    that was verified after it was sent, unless the one there is now is another one. Anything else is tried again by
    itself, later each time.
    """
    part = {"order": row["order"], "id": row["vendor_order"], "vendor": row["vendor"], "currency": row["currency"]}
    now, attempt = clock.now(), row["attempt"] + 1
    values: dict[str, Any] = {"replaces": row["id"], "withheld": row["withheld"], "attempt": attempt}
    given_back = seen.item in (ItemStatus.REFUNDED, ItemStatus.REVERSED)
    unreceived = seen.item == ItemStatus.RETURNED or seen.hold == Hold.ACCOUNT
    if unreceived and not _has_other_address(row):
        values["address_after"] = since(row)
    payable_at = now + HOLDING if given_back else now
    again = await insert_payout(part, PayoutReason(row["reason"]), str(row["id"]), row["amount"], payable_at, **values)
    if again and not given_back:
        await advance(
            Payout,
            PAYOUT,
            again,
            PayoutState.WAITING,
            column="state",
            hold=str(Hold.ACCOUNT if unreceived else seen.hold),
            why=row["why"],
            look_at=now if unreceived else now + next_wait(row),
        )
        if "address_after" in values:
            await tell_stuck(row, row["why"])
    log.warning("payout_again", payout=str(row["id"]), state=to, reason=seen.reason)


def _has_other_address(row: dict[str, Any]) -> bool:
    """Whether its vendor is paid elsewhere than this one was sent to: an earlier try may be all that took effect."""
    return bool(row["payout_email"]) and row["payout_email"].casefold() != row["receiver"].casefold()


async def _take_back_unclaimed(gateways: Gateways, payout_id: UUID) -> None:
    """Unclaimed at an address that is not the vendor's any more: cancel it, and see that it has returned."""
    row = await fetch_row(
        "SELECT payout.item_ref FROM payout JOIN vendor ON vendor.id = payout.vendor"
        " WHERE payout.id = $1 AND payout.state = 'unclaimed' AND vendor.payout_email <> ''"
        " AND lower(vendor.payout_email) <> lower(payout.receiver)",
        payout_id,
    )
    if row is None:
        return
    paypal = gateways.with_capture()
    try:
        await paypal.cancel_payout_item(row["item_ref"])
    except GatewayBug as refused:
        # It may have been taken meanwhile, or have been canceled already: the next look says so.
        log.warning("payout_not_canceled", payout=str(payout_id), reason=str(refused))
    seen = await paypal.fetch_payout_item(row["item_ref"])
    await retrying(lambda: record_payout(payout_id, seen))
