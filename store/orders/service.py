"""Place an order and record what became of it. Every verb runs in the caller's transaction.

An order holds its stock from the moment it is placed until its payment is confirmed or seen to be over; it knows that
it is paid, never by whom. The words of the timeline are handed in by the caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from store.cart.queries import CheckoutGroup, GroupVendor
from store.cart.service import remove_bought
from store.catalogue.service import SoldOut, hold_stock, release_stock, sell_stock
from store.kit import clock
from store.kit.db import advance, fetch, fetch_row, savepoint
from store.kit.ids import new_id, new_readable, new_token
from store.kit.money import basis_points
from store.mail.service import send_once
from store.orders.mails import mail_view
from store.orders.states import OPEN, ORDER, PAYABLE, PaymentState
from store.orders.tables import Order, OrderLine, VendorOrder

NUMBER_LENGTH = 5
NUMBER_TRIES = 5


class Contact(Struct, frozen=True):
    """Who buys and where it goes."""

    email: str
    full_name: str
    address_line1: str
    address_line2: str
    city: str
    region: str
    postcode: str
    country: str


def hash_snapshot(group: CheckoutGroup, contact: Contact) -> str:
    """One hash over everything the order would freeze: same hash, same order."""
    facts = (group.key, group.goods_hash, *(getattr(contact, name) for name in contact.__struct_fields__))
    return hashlib.sha256(repr(facts).encode()).hexdigest()


async def place_order(
    group: CheckoutGroup, contact: Contact, *, cart_id: UUID, form_id: str, hold_until: datetime
) -> dict[str, Any]:
    """Freeze lines, prices, shares, fee and address; hold the stock. Returns the order's row.

    Raises SoldOut when something is short by now, ValueError for a blocked or empty group.
    """
    if group.blocked or not group.total:
        raise ValueError(f"group {group.key} cannot be ordered: {group.blocked or 'it is empty'}")
    shares = [(vendor, _fee(vendor)) for vendor in group.vendors]
    row = await _insert_order(
        id=new_id(),
        token=new_token(),
        cart_id=cart_id,
        form_id=form_id,
        group_key=group.key,
        goods_hash=group.goods_hash,
        snapshot_hash=hash_snapshot(group, contact),
        charge_type=group.charge_type,
        currency=group.currency,
        subtotal=group.subtotal,
        delivery=group.delivery,
        total=group.total,
        fee=sum(fee for _, fee in shares),
        hold_until=hold_until,
        placed_at=clock.now(),
        **{name: getattr(contact, name) for name in contact.__struct_fields__},
    )
    for vendor, fee in shares:
        part = VendorOrder(
            order=row["id"],
            vendor=vendor.id,
            vendor_name=vendor.name,
            account_ref=vendor.account_ref or "",
            subtotal=vendor.subtotal,
            delivery=vendor.delivery,
            total=vendor.total,
            fee=fee,
            share=vendor.total - fee,
        )
        await VendorOrder.insert(part)
        await OrderLine.insert(
            *(
                OrderLine(
                    order=row["id"],
                    vendor_order=part.id,
                    variant=line.variant_id,
                    product_slug=line.product_slug,
                    title=line.title,
                    variant_label=line.variant_label,
                    art=line.art,
                    unit_price=line.unit_price,
                    quantity=line.quantity,
                    total=line.total,
                )
                for line in vendor.lines
            )
        )
    lines = [(line.variant_id, line.quantity) for vendor in group.vendors for line in vendor.lines]
    await hold_stock(lines, hold_ref(row["id"], 1), cart_id)
    await note(row["id"], "Order placed; the items are held for you.", key="placed")
    return row


async def find_open_order(cart_id: UUID, group_key: str) -> dict[str, Any] | None:
    """The unpaid order of this cart and group, locked for the rest of the transaction."""
    row = await fetch_row(
        "SELECT * FROM orders WHERE cart_id = $1 AND group_key = $2 AND payment_state = ANY($3) FOR UPDATE",
        cart_id,
        group_key,
        list(OPEN),
    )
    return dict(row) if row else None


async def lock_order(order_id: UUID) -> dict[str, Any]:
    """The order's row, locked for the rest of the transaction; its cart first, as placing an order locks them."""
    await fetch("SELECT 1 FROM cart WHERE id = (SELECT cart_id FROM orders WHERE id = $1) FOR UPDATE", order_id)
    row = await fetch_row("SELECT * FROM orders WHERE id = $1 FOR UPDATE", order_id)
    assert row is not None
    return dict(row)


async def request_cancel(order_id: UUID) -> bool:
    """Remember that the buyer wants out, before the provider is asked; False when the order is not payable."""
    rows = await fetch(
        "UPDATE orders SET cancel_requested = true, version = version + 1"
        " WHERE id = $1 AND payment_state = ANY($2) RETURNING id",
        order_id,
        list(PAYABLE),
    )
    return bool(rows)


async def mark_paid(order_id: UUID, *, text: str, door: str, method: str) -> bool:
    """Make the order paid, once: stock sold, cart cleared, timeline, mail to buyer and vendors.

    An order that has ended already takes its stock again. Returns False, with nothing changed, when it is paid
    already or the stock is gone.
    """
    order = await lock_order(order_id)
    if order["payment_state"] == PaymentState.PAID:
        return False
    hold_no = order["hold_no"]
    lines = await read_lines(order_id)
    if not order["holds_stock"]:
        hold_no += 1
        try:
            await hold_stock(lines, hold_ref(order_id, hold_no), order["cart_id"])
        except SoldOut:
            return False
    paid = await advance(
        Order,
        ORDER,
        order_id,
        PaymentState.PAID,
        column="payment_state",
        paid_at=clock.now(),
        method=method,
        failure_reason="",
        review_reason="",
        holds_stock=False,
        hold_no=hold_no,
    )
    if paid is None:
        return False
    await sell_stock(hold_ref(order_id, hold_no))
    if order["cart_id"] is not None:
        await remove_bought(order["cart_id"], lines)
    await note(order_id, text, door=door, key="paid")
    await _tell_paid(paid)
    return True


async def hold_until(order_id: UUID, moment: datetime) -> None:
    """Keep the stock at least until `moment` (business time, UTC): an attempt lasts that long."""
    await fetch("UPDATE orders SET hold_until = $2 WHERE id = $1 AND hold_until < $2", order_id, moment)


async def mark_processing(order_id: UUID, *, text: str, door: str) -> bool:
    """The buyer is done, the bank is not."""
    moved = await advance(Order, ORDER, order_id, PaymentState.PROCESSING, column="payment_state", failure_reason="")
    if moved:
        await note(order_id, text, door=door)
    return moved is not None


async def mark_failed(order_id: UUID, *, reason: str, text: str, door: str) -> bool:
    """The bank said no for good; the order stays payable and keeps its stock until its deadline."""
    moved = await advance(Order, ORDER, order_id, PaymentState.FAILED, column="payment_state", failure_reason=reason)
    if moved:
        await note(order_id, text, door=door)
        await tell_buyer("payment_failed", f"{order_id}:failed:{moved['version']}", moved, reason=reason)
    return moved is not None


async def mark_payable(order_id: UUID) -> bool:
    """A new attempt opens after a failed one."""
    moved = await advance(
        Order, ORDER, order_id, PaymentState.AWAITING_PAYMENT, column="payment_state", failure_reason=""
    )
    return moved is not None


async def mark_over(order_id: UUID, *, text: str, door: str) -> bool:
    """The provider said that the attempt is over: expired, or canceled where the buyer had asked for it.

    Gives the stock back. A buyer whose card had been declined is told by mail.
    """
    order = await lock_order(order_id)
    to = PaymentState.CANCELED if order["cancel_requested"] else PaymentState.EXPIRED
    moved = await advance(Order, ORDER, order_id, to, column="payment_state", holds_stock=False)
    if moved is None:
        return False
    if order["holds_stock"]:
        await release_stock(hold_ref(order_id, order["hold_no"]))
    await note(order_id, text, door=door)
    declined = order["payment_state"] == PaymentState.AWAITING_PAYMENT and order["failure_reason"]
    if to == PaymentState.EXPIRED and declined:
        await tell_buyer("payment_failed", f"{order_id}:expired", moved, reason=order["failure_reason"])
    return True


async def mark_review(order_id: UUID, *, reason: str, door: str) -> bool:
    """What the provider says does not fit: stop here, with the difference in words, until a person has looked.

    A paid order stays paid: only the words are kept.
    """
    moved = await advance(
        Order, ORDER, order_id, PaymentState.NEEDS_REVIEW, column="payment_state", review_reason=reason
    )
    if moved is None:
        await fetch(
            "UPDATE orders SET review_reason = $2, version = version + 1 WHERE id = $1 AND payment_state = 'paid'",
            order_id,
            reason,
        )
    await note(order_id, "The payment needs a look by a person.", door=door, key=f"review:{_short(reason)}")
    return moved is not None


async def record_decline(order_id: UUID, *, reason: str, text: str, door: str, ref: str) -> None:
    """A try inside the open session failed; the order stays payable. `ref` names the try: told once."""
    if await note(order_id, text, door=door, key=f"decline:{ref}"):
        await fetch(
            "UPDATE orders SET failure_reason = $2, version = version + 1 WHERE id = $1 AND payment_state = ANY($3)",
            order_id,
            reason,
            list(PAYABLE),
        )


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


async def _insert_order(**values: Any) -> dict[str, Any]:
    for _ in range(NUMBER_TRIES):
        number = f"OP-{new_readable(NUMBER_LENGTH)}"
        try:
            async with savepoint():
                order = Order(**values, number=number, descriptor=number)
                rows = await Order.insert(order).returning(*Order.all_columns())
        except asyncpg.UniqueViolationError as taken:
            if taken.constraint_name and "number" not in taken.constraint_name:
                raise
        else:
            return dict(rows[0])
    raise RuntimeError("no free order number in five tries: lengthen NUMBER_LENGTH")


async def _tell_paid(order: dict[str, Any]) -> None:
    await tell_buyer("order_confirmed", str(order["id"]), order)
    parts: Sequence[Any] = await fetch(
        "SELECT part.*, vendor.email AS vendor_email FROM vendor_order AS part JOIN vendor ON vendor.id = part.vendor"
        ' WHERE part."order" = $1',
        order["id"],
    )
    for part in parts:
        view = await mail_view(order, only_part=part["id"])
        await send_once("sold", str(part["id"]), part["vendor_email"], {**view, "share": part["share"]})


def _fee(vendor: GroupVendor) -> int:
    """The platform's fee, minor units: basis points of the goods plus the fixed part, never more than the goods."""
    return min(basis_points(vendor.subtotal, vendor.fee_basis_points) + vendor.fee_fixed, vendor.subtotal)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
