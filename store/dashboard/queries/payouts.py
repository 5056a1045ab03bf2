"""What a vendor's `/sell/payouts` shows: its shares of PayPal payments by where they stand, and the address.

Shares that were replaced by another payout are left out: the other one is shown. Amounts are minor units, times UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.gateways.transfers import Hold
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value
from store.payouts.states import PayoutState

PAGE_SIZE = 20
PAYABLE, ON_THE_WAY = (PayoutState.PLANNED,), (PayoutState.INTENDED, PayoutState.SENT)
STUCK = (PayoutState.WAITING, PayoutState.UNCLAIMED, PayoutState.HELD)
PAID = (PayoutState.PAID, PayoutState.NETTED)
# What its vendor can do about it.
NOTHING = "There is nothing you have to do."
FIRST_ADDRESS = "Confirm your PayPal address; it goes out when you have."
OTHER_ADDRESS = (
    "Confirm another PayPal address, or this one again once its account can receive money; it goes out when you have."
)
NEW_ADDRESS = f"{NOTHING} It goes to the address that you have confirmed since."
TO_DO = {
    PayoutState.UNCLAIMED: "Open a PayPal account with this address, or confirm another address: then we take it back"
    " and send it there.",
    PayoutState.HELD: f"{NOTHING} If you know more about it, write to us.",
}
TO_DO_WAITING = {Hold.CURRENCY: "Please write to us."}
# What was refused waits to its vendor, also while the outcome of an earlier try is not known.
STANDS = "CASE WHEN payout.state = 'intended' AND payout.hold <> '' THEN 'waiting' ELSE payout.state END"
LIST = f"""
SELECT payout.id, orders.number, payout.vendor_order AS part, payout.amount, payout.withheld, payout.currency,
  payout.payable_at, payout.receiver, {STANDS} AS state, payout.hold, payout.why, payout.sent_at, payout.settled_at,
  vendor.payout_email, payout.address_after IS NULL OR vendor.payout_email_at > payout.address_after AS is_new
FROM payout JOIN orders ON orders.id = payout."order" JOIN vendor ON vendor.id = payout.vendor
WHERE payout.vendor = $1 AND {STANDS} = ANY($2)
"""  # noqa: S608 - a constant


class Share(Struct, frozen=True):
    """One share: `at` is when it is payable, was sent, or was paid. `why` and `to_do` say what it waits for.

    `withheld`: what of it paid a debt instead.
    """

    number: str
    part: UUID
    amount: int
    withheld: int
    currency: str
    at: datetime | None
    receiver: str
    state: str
    why: str
    to_do: str


class Stuck(Struct, frozen=True):
    """Shares that wait for the same at the same address, `amount` together. `by_address`: another address mends it."""

    shares: tuple[Share, ...]
    amount: int
    currency: str
    receiver: str
    why: str
    to_do: str
    by_address: bool


class Total(Struct, frozen=True):
    """What is payable, on its way, paid and stuck in one currency, without what was kept for refunds."""

    currency: str
    payable: int
    on_the_way: int
    paid: int
    stuck: int


class Address(Struct, frozen=True):
    """Where the shares go: "" while none is confirmed. `asked`: one whose link was sent and not followed yet."""

    email: str
    since: datetime | None
    asked: str


class Payouts(Struct, frozen=True):
    """The page's facts; `owed` by currency is taken off the next payouts. `paid` is one page of the newest."""

    address: Address
    totals: tuple[Total, ...]
    stuck: tuple[Stuck, ...]
    payable: tuple[Share, ...]
    on_the_way: tuple[Share, ...]
    paid: tuple[Share, ...]
    owed: tuple[tuple[int, str], ...]
    page: int
    pages: int

    @property
    def empty(self) -> bool:
        """Whether this vendor never had a share of a PayPal payment."""
        return not (self.stuck or self.payable or self.on_the_way or self.paid)


async def read_payouts(vendor_id: UUID, page: int = 1) -> Payouts:
    """Everything of one vendor; what was paid by pages of PAGE_SIZE."""
    sums = await fetch(
        f"SELECT {STANDS} AS state, currency, count(*)::int AS many, sum(amount)::bigint AS amount"  # noqa: S608
        " FROM payout WHERE vendor = $1 GROUP BY 1, currency ORDER BY currency",
        vendor_id,
    )
    pages = max(1, -(-sum(row["many"] for row in sums if row["state"] in PAID) // PAGE_SIZE))
    page = page if page <= pages else 1
    newest = (
        f"ORDER BY payout.settled_at DESC NULLS LAST, payout.id DESC LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}"
    )
    owed = await fetch(
        "SELECT sum(amount - paid)::bigint AS amount, currency FROM payout_debt WHERE vendor = $1 AND amount > paid"
        " GROUP BY currency ORDER BY currency",
        vendor_id,
    )
    return Payouts(
        address=await read_address(vendor_id),
        totals=_sum_up(sums),
        stuck=_group(await _list(vendor_id, STUCK)),
        payable=await _list(vendor_id, PAYABLE),
        on_the_way=await _list(vendor_id, ON_THE_WAY),
        paid=await _list(vendor_id, PAID, newest),
        owed=tuple((row["amount"], row["currency"]) for row in owed),
        page=page,
        pages=pages,
    )


async def read_address(vendor_id: UUID) -> Address:
    """The vendor's address, and the one that waits to be confirmed."""
    row = await fetch_row("SELECT payout_email, payout_email_at FROM vendor WHERE id = $1", vendor_id)
    assert row is not None
    asked = await fetch_value(
        "SELECT email FROM payout_address WHERE vendor = $1 AND ended_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > $2)",
        *(vendor_id, clock.wall()),
    )
    return Address(row["payout_email"], row["payout_email_at"], asked or "")


async def _list(
    vendor_id: UUID, states: tuple[PayoutState, ...], order: str = "ORDER BY payout.payable_at, payout.id"
) -> tuple[Share, ...]:
    return tuple(_make_share(row) for row in await fetch(f"{LIST} {order}", vendor_id, _names(states)))


def _sum_up(sums: Sequence[Any]) -> tuple[Total, ...]:
    def add(currency: str, states: tuple[PayoutState, ...]) -> int:
        return sum(row["amount"] for row in sums if row["currency"] == currency and row["state"] in states)

    currencies = dict.fromkeys(row["currency"] for row in sums)
    kinds = (PAYABLE, ON_THE_WAY, PAID, STUCK)
    return tuple(Total(one, *(add(one, states) for states in kinds)) for one in currencies)


def _group(shares: tuple[Share, ...]) -> tuple[Stuck, ...]:
    """The same reason is told once, whatever it holds up; in the order of the first share that it does."""
    groups: dict[tuple[str, ...], list[Share]] = {}
    for share in shares:
        groups.setdefault((share.currency, share.receiver, share.why, share.to_do), []).append(share)
    return tuple(
        Stuck(
            shares=tuple(found),
            amount=sum(share.amount for share in found),
            currency=currency,
            receiver=receiver,
            why=why,
            to_do=to_do,
            by_address=to_do in (FIRST_ADDRESS, OTHER_ADDRESS, TO_DO[PayoutState.UNCLAIMED]),
        )
        for (currency, receiver, why, to_do), found in groups.items()
    )


def _make_share(row: Any) -> Share:
    state = PayoutState(row["state"])
    to_do, receiver = "", row["receiver"]
    if state == PayoutState.WAITING:
        to_do, receiver = _say_what_helps(row)
    elif state in STUCK:
        to_do = TO_DO[state]
    at = {PayoutState.PLANNED: row["payable_at"], PayoutState.WAITING: row["payable_at"]}.get(state, row["sent_at"])
    return Share(
        number=row["number"],
        part=row["part"],
        amount=row["amount"],
        withheld=row["withheld"],
        currency=row["currency"],
        at=row["settled_at"] if state in PAID else at,
        receiver=receiver,
        state=state,
        why=row["why"],
        to_do=to_do,
    )


def _say_what_helps(row: Any) -> tuple[str, str]:
    """What the vendor can do about a share that waits to be sent, and the address that this is about ("": none).

    It goes to whatever address is confirmed then; one that was confirmed before it came back is the one that failed.
    """
    if row["hold"] != Hold.ACCOUNT:
        return TO_DO_WAITING.get(row["hold"], NOTHING), ""
    if not row["payout_email"]:
        return FIRST_ADDRESS, ""
    return (NEW_ADDRESS, "") if row["is_new"] else (OTHER_ADDRESS, row["payout_email"])


def _names(states: tuple[PayoutState, ...]) -> list[str]:
    return [str(state) for state in states]
