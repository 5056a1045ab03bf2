"""Pay one share out: the row was written before, the provider is called under its id, the answer recorded once.

Debts of the vendor in this currency are paid first, when the amount is fixed. What the provider refuses waits with the
reason in words. A time-out is unknown: the same id again under the same key, which the provider answers with the first
payout; after the id's life nothing is sent under it any more. A refusal ends the key, since the next try may ask for
less; the id stays, so that no share is paid twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from store.gateways.payouts import PayoutRequest, PayoutSnapshot
from store.gateways.port import GatewayBug, Gateways
from store.gateways.transfers import Hold
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, retrying, transaction
from store.kit.queue import notify
from store.ledger import names
from store.ledger.journals import Entry
from store.ledger.service import post
from store.payouts.service.asking import key_of, next_wait, reason_of, since
from store.payouts.service.follow import record_payout
from store.payouts.service.plan import FIRST_LOOK
from store.payouts.service.tell import tell_stuck
from store.payouts.states import PAYOUT, UNSENT, PayoutState
from store.payouts.tables import Payout

log = structlog.get_logger(__name__)

# Follows developer.paypal.com/docs/api/payments.payouts-batch/v1/#payouts_post: an id is known for 30 days.
ID_LIFE = timedelta(days=30)
# What a row says of itself when it was asked for before, and nobody knows what came of that.
UNKNOWN = "unknown"
NO_ADDRESS = "There is no verified PayPal address to send it to."
LOST = "What became of it at PayPal is not known, and too long ago to ask again. We are looking into it."
WORDS = {
    Hold.ACCOUNT: "The PayPal account with this address cannot receive it.",
    Hold.BALANCE: "Overprint’s PayPal balance does not cover it yet. It goes out by itself when it does.",
    Hold.CURRENCY: "This currency cannot be paid out to a PayPal account.",
}
READ = """
SELECT payout.*, orders.number, vendor.payout_email, vendor.payout_email_at FROM payout
JOIN orders ON orders.id = payout."order" JOIN vendor ON vendor.id = payout.vendor
WHERE payout.id = $1 FOR UPDATE OF payout
"""
OWED = """
SELECT id, cause, amount - paid AS due FROM payout_debt
WHERE vendor = $1 AND currency = $2 AND provider = $3 AND amount > paid ORDER BY created_at, id FOR UPDATE
"""


async def send_payout(gateways: Gateways, payout_id: UUID) -> None:
    """Pay one share out, or let it wait with a reason; safe to run again, late, twice or at once.

    Raises Unavailable while the provider does not answer: nothing is known then, and the caller tries again.
    """
    row = await retrying(lambda: _intend(payout_id))
    if row is None:
        return
    if row["sent_at"] < clock.now() - ID_LIFE:
        await retrying(lambda: _give_up(row))
        return
    try:
        made = await _ask(gateways, row)
    except GatewayBug as refused:
        reason = refused
        await retrying(lambda: _hold(row, reason))
    else:
        await retrying(lambda: record_payout(payout_id, made))


async def wake_payouts(vendor_id: UUID) -> None:
    """The vendor has verified an address: look at once at what waits for one, or lies unclaimed at another.

    In the caller's transaction.
    """
    woken = await fetch(
        "UPDATE payout SET look_at = $2 WHERE vendor = $1 AND (state = 'unclaimed'"
        " OR state IN ('waiting', 'intended') AND hold = $3) RETURNING id",
        *(vendor_id, clock.now(), str(Hold.ACCOUNT)),
    )
    if woken:
        await notify()


async def _intend(payout_id: UUID) -> dict[str, Any] | None:
    """The payout as it is sent, receiver and amount fixed from now on; None when there is nothing to send."""
    async with transaction():
        row = await fetch_row(READ, payout_id)
        assert row is not None
        if row["state"] == PayoutState.INTENDED and row["batch_ref"] is None:
            return {**await _turn_to_new_address(dict(row)), UNKNOWN: True}
        if row["state"] not in UNSENT or row["payable_at"] > clock.now():
            return None
        if missing := _find_missing(row):
            await _wait_for_address(row, missing)
            return None
        if not await _pay_debts(dict(row)):
            return None
        await fetch("UPDATE payout SET receiver = $2 WHERE id = $1", payout_id, row["payout_email"])
        sent = await advance(
            Payout,
            PAYOUT,
            payout_id,
            PayoutState.INTENDED,
            column="state",
            sent_at=clock.now(),
            look_at=clock.now() + FIRST_LOOK,
        )
        return {**dict(row), **sent} if sent else None


async def _turn_to_new_address(row: dict[str, Any]) -> dict[str, Any]:
    """Refused for its receiver, and another address has been verified: that one, under the same id.

    Should an earlier try have taken effect, the provider answers with that one, and nobody is paid twice.
    """
    if row["hold"] != Hold.ACCOUNT or _find_missing(row):
        return row
    await advance(Payout, PAYOUT, row["id"], PayoutState.WAITING, column="state")
    turned = await advance(
        Payout,
        PAYOUT,
        row["id"],
        PayoutState.INTENDED,
        column="state",
        receiver=row["payout_email"],
        attempt=row["attempt"] + 1,
        hold="",
        why="",
        address_after=clock.now(),
    )
    return {**row, **(turned or {})}


def _find_missing(row: Any) -> str:
    """Why there is no address to send it to, "" when there is one."""
    if not row["payout_email"]:
        return NO_ADDRESS
    if row["address_after"] and row["payout_email_at"] <= row["address_after"]:
        return str(row["why"])
    return ""


async def _wait_for_address(row: Any, why: str) -> None:
    """Whoever verifies one wakes it."""
    if row["state"] == PayoutState.PLANNED:
        await advance(Payout, PAYOUT, row["id"], PayoutState.WAITING, column="state", hold=str(Hold.ACCOUNT), why=why)
        await tell_stuck(dict(row), why)
    await fetch("UPDATE payout SET look_at = $2 WHERE id = $1", row["id"], clock.now() + next_wait(row))


async def _pay_debts(row: dict[str, Any]) -> int:
    """Withhold what the vendor owes in this currency, the oldest debt first; returns what is left to be sent."""
    left = int(row["amount"])
    vendor, currency = str(row["vendor"]), row["currency"]
    for debt in await fetch(OWED, row["vendor"], currency, row["provider"]):
        part = min(left, debt["due"])
        if not part:
            break
        left -= part
        await fetch("UPDATE payout_debt SET paid = paid + $2 WHERE id = $1", debt["id"], part)
        entries = (Entry(names.payable(vendor), currency, part), Entry(names.receivable(vendor), currency, -part))
        await post("overprint", "debt_netted", f"{debt['id']}:{row['id']}", entries, order_ref=str(row["order"]))
    withheld = row["withheld"] + row["amount"] - left
    if not left:
        await advance(
            Payout,
            PAYOUT,
            row["id"],
            PayoutState.NETTED,
            column="state",
            amount=0,
            withheld=withheld,
            hold="",
            why="",
            look_at=None,
            settled_at=clock.now(),
        )
    elif left < row["amount"]:
        await fetch(
            "UPDATE payout SET amount = $2, withheld = $3, version = version + 1 WHERE id = $1",
            *(row["id"], left, withheld),
        )
    return left


async def _ask(gateways: Gateways, row: dict[str, Any]) -> PayoutSnapshot:
    request = PayoutRequest(
        payout_id=str(row["id"]),
        receiver=row["receiver"],
        amount=row["amount"],
        currency=row["currency"],
        note=f"Your share of order {row['number']}",
    )
    return await gateways.with_capture().send_payout(request, key_of(row))


async def _hold(row: dict[str, Any], refused: GatewayBug) -> None:
    """It waits with the reason. Nothing moved by this try; what became of one before it, this does not say.

    So it stays `intended` while that is unknown, and is asked for again as it was: nobody lowers or cancels it.
    """
    hold = reason_of(refused)
    async with transaction():
        now = await fetch_row("SELECT state, attempt FROM payout WHERE id = $1 FOR UPDATE", row["id"])
        assert now is not None
        if (now["state"], now["attempt"]) != (PayoutState.INTENDED, row["attempt"]):
            # A late answer to an older key, while another try may be under way.
            return
        why = WORDS.get(hold, str(refused))
        # Only another address, or the same one verified again, can mend that.
        after = since(row) if hold == Hold.ACCOUNT else None
        await fetch(
            "UPDATE payout SET hold = $2, why = $3, attempt = attempt + 1, look_at = $4, address_after = $5,"
            " version = version + 1 WHERE id = $1",
            *(row["id"], str(hold), why, clock.now() + next_wait(row), after),
        )
        if UNKNOWN not in row:
            await advance(Payout, PAYOUT, row["id"], PayoutState.WAITING, column="state")
        if hold == Hold.ACCOUNT:
            await tell_stuck(row, WORDS[hold])
    log.warning("payout_waits", payout=str(row["id"]), hold=hold, reason=str(refused))


async def _give_up(row: dict[str, Any]) -> None:
    """Nobody may send under an id that the provider has forgotten: a person finds out what became of it."""
    if await advance(Payout, PAYOUT, row["id"], PayoutState.HELD, column="state", why=LOST, look_at=None):
        log.error("payout_lost", payout=str(row["id"]))
