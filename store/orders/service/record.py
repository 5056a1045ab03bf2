"""What is written of an order without moving it: locks, holds, declines, refunds, visits, timeline and mails.

The words of the timeline are handed in by the caller.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.mail.service import send_once
from store.orders.mails import mail_view
from store.orders.states import PAYABLE, STOPPED


async def lock_order(order_id: UUID) -> dict[str, Any]:
    """The order's row, locked for the rest of the transaction; its cart first, as placing an order locks them."""
    await fetch("SELECT 1 FROM cart WHERE id = (SELECT cart_id FROM orders WHERE id = $1) FOR UPDATE", order_id)
    row = await fetch_row("SELECT * FROM orders WHERE id = $1 FOR UPDATE", order_id)
    assert row is not None
    return dict(row)


async def hold_until(order_id: UUID, moment: datetime) -> None:
    """Keep the stock at least until `moment` (business time, UTC): an attempt lasts that long."""
    await fetch("UPDATE orders SET hold_until = $2 WHERE id = $1 AND hold_until < $2", order_id, moment)


async def name_provider(order_id: UUID, name: str) -> None:
    """Remember at which provider the buyer pays, as people call it, for the words of the page."""
    await fetch(
        "UPDATE orders SET provider = $2, version = version + 1 WHERE id = $1 AND provider <> $2", order_id, name
    )


async def record_decline(order_id: UUID, *, reason: str, text: str, door: str, ref: str) -> None:
    """A try inside the open session failed; the order stays payable. `ref` names the try: told once."""
    if await note(order_id, text, door=door, key=f"decline:{ref}"):
        await _keep_reason(order_id, reason)


async def ask_back(order_id: UUID, *, reason: str, door: str, ref: str) -> None:
    """Nothing was declined, but nothing comes of it until the buyer is there once more. `ref` names the try."""
    if await note(order_id, f"{reason}.", door=door, key=f"wanted:{ref}"):
        await _keep_reason(order_id, reason)


async def record_refund(order_id: UUID, *, pending: int, refunded: int) -> dict[str, Any]:
    """Set what is on its way back and what has gone back, in minor units; returns the order's row."""
    row = await fetch_row(
        "UPDATE orders SET refund_pending = $2, refunded = $3, refunded_at = CASE WHEN $3 > refunded THEN $4"
        " ELSE refunded_at END, version = version + 1 WHERE id = $1"
        " AND (refund_pending, refunded) IS DISTINCT FROM ($2, $3) RETURNING *",
        order_id,
        pending,
        refunded,
        clock.now(),
    )
    return dict(row) if row else await lock_order(order_id)


async def mark_confirming(order_id: UUID) -> None:
    """The money has been asked for, outcome unknown: what was declined before is no word about it."""
    await fetch(
        "UPDATE orders SET confirming = true, failure_reason = '', version = version + 1"
        " WHERE id = $1 AND (NOT confirming OR failure_reason <> '')",
        order_id,
    )


async def mark_answered(order_id: UUID) -> None:
    """The provider has said a definite no: the order can be paid as before."""
    await fetch("UPDATE orders SET confirming = false, version = version + 1 WHERE id = $1 AND confirming", order_id)


async def record_dispute(order_id: UUID, *, disputed: int) -> None:
    """Set what open disputes are about, in minor units; 0 when there is none."""
    await fetch(
        "UPDATE orders SET disputed = $2, version = version + 1 WHERE id = $1 AND disputed <> $2", order_id, disputed
    )


async def note_visit(order_id: UUID) -> None:
    """The buyer is looking: polls start from here again."""
    await fetch(
        "UPDATE orders SET returned_at = $2, checked_at = $2, version = version + 1 WHERE id = $1",
        order_id,
        clock.now(),
    )


async def claim_check(order_id: UUID, seconds: int) -> bool:
    """Whether the provider may be asked now: at most once in `seconds` for one order, whoever asks."""
    row = await fetch_row(
        "UPDATE orders SET checked_at = $2 WHERE id = $1 AND (checked_at IS NULL OR checked_at <= $3) RETURNING id",
        order_id,
        clock.now(),
        clock.now() - timedelta(seconds=seconds),
    )
    return row is not None


async def note(order_id: UUID, text: str, *, door: str = "", key: str = "") -> bool:
    """Write one line of the timeline; with a `key` once only. Returns whether it was written."""
    row = await fetch_row(
        'INSERT INTO order_event ("order", at, text, door, key) VALUES ($1, $2, $3, $4, $5)'
        " ON CONFLICT (\"order\", key) WHERE key <> '' DO NOTHING RETURNING id",
        order_id,
        clock.now(),
        text,
        door,
        key,
    )
    if row is None:
        return False
    await fetch("UPDATE orders SET version = version + 1 WHERE id = $1", order_id)
    return True


async def note_stopped(order_id: UUID, seller: str, door: str = "") -> None:
    """Write down, once, that this seller may not be charged any more: it is why the order ends unpaid."""
    await note(order_id, f"{seller} cannot take payments any more.", door=door, key=STOPPED)


async def tell_buyer(kind: str, ref: str, order: dict[str, Any], **words: Any) -> None:
    """Put one mail to the buyer into the outbox; (kind, ref) once."""
    view = await mail_view(order)
    await send_once(kind, ref, order["email"], {**view, **words})


async def read_lines(order_id: UUID) -> list[tuple[UUID, int]]:
    """The order's lines as (variant, quantity)."""
    rows = await fetch('SELECT variant, quantity FROM order_line WHERE "order" = $1', order_id)
    return [(row["variant"], row["quantity"]) for row in rows]


def hold_ref(order_id: UUID, hold_no: int) -> str:
    """The name of one hold of one order; an order that takes its stock again gets a new one."""
    return f"order:{order_id}:{hold_no}"


async def _keep_reason(order_id: UUID, reason: str) -> None:
    await fetch(
        "UPDATE orders SET failure_reason = $2, version = version + 1 WHERE id = $1 AND payment_state = ANY($3)",
        order_id,
        reason,
        list(PAYABLE),
    )
