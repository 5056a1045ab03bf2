"""An order is paid, once: stock sold, code used, cart cleared, timeline, ledger, mails, in the caller's transaction.

It knows that it is paid, never by whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from msgspec import Struct

from store.cart.service import remove_bought
from store.catalogue.service import SoldOut, hold_stock, sell_stock
from store.kit import clock
from store.kit.db import advance, fetch, savepoint
from store.kit.ids import new_id
from store.ledger import journals
from store.ledger.service import post
from store.orders.mails import mail_view
from store.orders.service.record import hold_ref, lock_order, note, read_lines, tell_buyer
from store.orders.states import OPEN, ORDER, PaymentState
from store.orders.tables import Order
from store.promotions.discounts import spread_page_discount
from store.promotions.service import confirm_use, hold_use_again
from store.promotions.states import FundedBy
from store.vendors.service import tell_shop

# Why an order that ran out of time cannot be had any more; each follows "Not charged:".
ENDED = "the order had ended"
GONE = "the goods went to somebody else in the meantime"
NEWER = "you have begun another order of the same goods"


class PageDiscount(Struct, frozen=True):
    """What a code took off at the provider's page: `amount` in minor units, `source` the session it was given in."""

    amount: int
    code: str
    funded_by: FundedBy
    source: str


class _Gone(Exception):
    """Stock or code of an ended order went to somebody else."""


async def mark_paid(order_id: UUID, *, text: str, door: str, method: str, discount: PageDiscount | None = None) -> bool:
    """Make the order paid, once: stock sold, code used, cart cleared, timeline, mail to buyer and vendors.

    An order that has ended already takes its stock and its use of a code again. Returns False, with nothing changed,
    when it is paid already or one of the two is gone. `discount` is recorded beside the frozen order.
    """
    order = await lock_order(order_id)
    if order["payment_state"] == PaymentState.PAID:
        return False
    lines = await read_lines(order_id)
    try:
        async with savepoint():
            hold_no = await _take_again(order, lines)
    except _Gone:
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
    # Every state but `paid` leads to it, and the order is locked: returning here would leave a hold behind.
    assert paid is not None
    await sell_stock(hold_ref(order_id, hold_no))
    if order["cart_id"] is not None:
        await remove_bought(order["cart_id"], lines, order["promo_code"])
    if order["discount"] or discount:
        await _book_discount(paid, discount)
    await note(order_id, text, door=door, key="paid")
    await _tell_paid(paid)
    return True


async def reopen(order_id: UUID, until: datetime) -> str:
    """Make an order that ran out of time payable again: stock and code are held anew, until `until` (UTC) at least.

    Returns why not, in words and with nothing changed: one of the two is gone, the buyer wanted out, or has begun
    another order of the same goods.
    """
    order = await lock_order(order_id)
    newer = await fetch(
        "SELECT 1 FROM orders WHERE cart_id = $1 AND group_key = $2 AND payment_state = ANY($3)",
        order["cart_id"],
        order["group_key"],
        list(OPEN),
    )
    if order["payment_state"] != PaymentState.EXPIRED or order["cancel_requested"]:
        return ENDED
    if newer:
        return NEWER
    state = PaymentState.AWAITING_PAYMENT
    try:
        async with savepoint():
            hold_no = await _hold_again(order, await read_lines(order_id))
            if order["promo_code"] and not await hold_use_again(order_id):
                raise _Gone
            moved = await advance(
                Order,
                ORDER,
                order_id,
                state,
                column="payment_state",
                holds_stock=True,
                hold_no=hold_no,
                hold_until=until,
            )
    except _Gone:
        return GONE
    except UniqueViolationError:
        # Begun at this very moment.
        return NEWER
    assert moved is not None, "the order is locked, and every expired one may be reopened"
    return ""


async def _take_again(order: dict[str, Any], lines: list[tuple[UUID, int]]) -> int:
    """The number of the hold to sell; an order that had ended takes a new one. Raises _Gone, the savepoint undoes."""
    hold_no = await _hold_again(order, lines)
    if order["promo_code"] and not await confirm_use(order["id"]):
        raise _Gone
    return hold_no


async def _hold_again(order: dict[str, Any], lines: list[tuple[UUID, int]]) -> int:
    """The number of the order's hold, a new one where it had ended. Raises _Gone."""
    hold_no: int = order["hold_no"]
    if not order["holds_stock"]:
        hold_no += 1
        try:
            await hold_stock(lines, hold_ref(order["id"], hold_no), order["cart_id"])
        except SoldOut:
            raise _Gone from None
    return hold_no


async def _book_discount(order: dict[str, Any], given: PageDiscount | None) -> None:
    """Record what the provider's page took off, and what we owe vendors for discounts of ours beyond our fee."""
    parts = await fetch(
        'SELECT id, vendor, total, fee, owed FROM vendor_order WHERE "order" = $1 ORDER BY id', order["id"]
    )
    cuts = spread_page_discount(parts, given.amount if given else 0, order["charge_type"])
    for part, cut in zip(parts, cuts, strict=True):
        if given and cut.amount:
            await fetch(
                'INSERT INTO order_discount (id, "order", vendor_order, funded_by, code, amount, off_fee, off_share,'
                " owed, source, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                new_id(),
                order["id"],
                part["id"],
                given.funded_by,
                given.code,
                *(cut.amount, cut.off_fee, cut.off_share, cut.owed),
                given.source,
                clock.now(),
            )
    owed = {str(part["vendor"]): part["owed"] + cut.owed for part, cut in zip(parts, cuts, strict=True)}
    entries = journals.promotion(order["currency"], owed)
    await post("overprint", "promotion", str(order["id"]), entries, order_ref=str(order["id"]))


async def _tell_paid(order: dict[str, Any]) -> None:
    await tell_buyer("order_confirmed", str(order["id"]), order)
    parts: Sequence[Any] = await fetch(
        "SELECT part.id, part.vendor, part.share - (SELECT coalesce(sum(off_share), 0)::bigint"
        "  FROM order_discount WHERE vendor_order = part.id) AS share"
        ' FROM vendor_order AS part WHERE part."order" = $1',
        order["id"],
    )
    for part in parts:
        view = await mail_view(order, only_part=part["id"])
        await tell_shop(part["vendor"], "sold", str(part["id"]), {**view, "share": part["share"]})
