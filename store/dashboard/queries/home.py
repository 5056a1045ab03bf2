"""A vendor's home page: what to do next, what was sold lately, what waits to be sent, what is owed. Six queries.

Days are UTC days of business time. Sales are what buyers paid for this vendor's part, less what a code at the
provider's page took off; money that went back is not subtracted here, the orders show it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.orders.queries import OpenMessage, read_open_messages
from store.payouts.queries import VendorBalance, read_balance
from store.vendors.states import VendorState
from store.vendors.words import explain_requirements

DAYS = 30
WAITING = 5
SPANS = ((1, "Today"), (7, "7 days"), (DAYS, "30 days"))
STANDING = """
SELECT vendor.name, vendor.slug, vendor.state, vendor.paused, vendor.closed_at, vendor.currency, vendor.about,
  vendor.requirements,
  (SELECT count(*) FROM product WHERE vendor = vendor.id AND archived_at IS NULL) AS products,
  (SELECT count(*) FROM product WHERE vendor = vendor.id AND published) AS published,
  vendor.payout_email, share.*
FROM vendor CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE state = 'planned') AS payable,
    count(*) FILTER (WHERE state = 'unclaimed' OR state IN ('waiting', 'intended') AND hold = 'account') AS unreceived,
    count(*) FILTER (WHERE state = 'held' OR state = 'waiting' AND hold <> 'account'
      OR state = 'intended' AND hold NOT IN ('', 'account')) AS stuck
  FROM payout WHERE payout.vendor = vendor.id AND state IN ('planned', 'waiting', 'intended', 'unclaimed', 'held')
) AS share
WHERE vendor.id = $1
"""
# One index for the days, one for the parts of those orders; a vendor's older orders are never touched.
SALES = """
SELECT (orders.paid_at AT TIME ZONE 'UTC')::date AS day, count(*) AS orders,
  sum(part.total - (SELECT coalesce(sum(amount), 0) FROM order_discount WHERE vendor_order = part.id))::bigint AS amount
FROM orders JOIN vendor_order AS part ON part."order" = orders.id AND part.vendor = $1
WHERE orders.payment_state = 'paid' AND orders.paid_at >= $2 GROUP BY day
"""
TO_SHIP = f"""
SELECT part.id, orders.number, orders.paid_at, orders.full_name, count(*) OVER () AS many
FROM vendor_order AS part JOIN orders ON orders.id = part."order"
WHERE part.vendor = $1 AND part.fulfilment = 'to_ship' AND orders.payment_state = 'paid'
  AND NOT (orders.total > 0 AND orders.refunded + orders.refund_pending >= orders.total)
ORDER BY orders.paid_at LIMIT {WAITING}
"""  # noqa: S608 - a constant


class Step(Struct, frozen=True):
    """One thing to do before a shop sells; `href` is where, "" while something else comes first."""

    words: str
    why: str
    href: str
    done: bool


class Day(Struct, frozen=True):
    """One day's sales; `amount` in minor units. `height` is the bar's, of 100."""

    day: date
    orders: int
    amount: int
    height: int


class Span(Struct, frozen=True):
    """Sales of the last so many days, today included."""

    words: str
    orders: int
    amount: int


class Waiting(Struct, frozen=True):
    """One order that should be sent."""

    id: UUID
    number: str
    paid_at: datetime
    full_name: str


class Shares(Struct, frozen=True):
    """What becomes of shares of PayPal sales, in a sentence, and the words of the link that leads to them.

    `wrong`: they do not go out by themselves.
    """

    sentence: str
    link: str
    wrong: bool


class Home(Struct, frozen=True):
    """The whole page. `balances`: one per currency, earned and not yet paid out. `shares`: None when none waits.

    `due` is what the provider still wants of an account that works, and by when; "" when it wants nothing.
    """

    name: str
    slug: str
    currency: str
    state: str
    due: str
    paused: bool
    closed: bool
    steps: tuple[Step, ...]
    spans: tuple[Span, ...]
    days: tuple[Day, ...]
    waiting: tuple[Waiting, ...]
    to_ship: int
    balances: tuple[VendorBalance, ...]
    shares: Shares | None
    messages: tuple[OpenMessage, ...]

    @property
    def is_set_up(self) -> bool:
        """Whether nothing is left of the checklist."""
        return all(step.done for step in self.steps)

    @property
    def best(self) -> Day:
        """The day with the highest sales."""
        return max(self.days, key=lambda day: day.amount)


async def read_home(vendor_id: UUID) -> Home:
    """Everything on the page, in six queries however much was sold. Raises LookupError for an unknown vendor."""
    vendor = await fetch_row(STANDING, vendor_id)
    if vendor is None:
        raise LookupError(f"no vendor {vendor_id}")
    today = clock.now().date()
    since = today - timedelta(days=DAYS - 1)
    begin = datetime.combine(since, datetime.min.time(), clock.now().tzinfo)
    sold = {row["day"]: (row["orders"], row["amount"]) for row in await fetch(SALES, vendor_id, begin)}
    days = _fill(since, sold)
    waiting = await fetch(TO_SHIP, vendor_id)
    return Home(
        name=vendor["name"],
        slug=vendor["slug"],
        currency=vendor["currency"],
        state=vendor["state"],
        due=explain_requirements(vendor["requirements"]).sentence if vendor["state"] == VendorState.ACTIVE else "",
        paused=vendor["paused"],
        closed=vendor["closed_at"] is not None,
        steps=_list_steps(vendor["state"], bool(vendor["about"]), vendor["products"], vendor["published"]),
        spans=tuple(
            Span(words, sum(day.orders for day in days[-span:]), sum(day.amount for day in days[-span:]))
            for span, words in SPANS
        ),
        days=days,
        waiting=tuple(Waiting(row["id"], row["number"], row["paid_at"], row["full_name"]) for row in waiting),
        to_ship=waiting[0]["many"] if waiting else 0,
        balances=await read_balance(vendor_id),
        shares=_say_shares(vendor),
        messages=await read_open_messages(vendor_id),
    )


def _say_shares(row: Any) -> Shares | None:
    """The worst of what there is to say of PayPal shares that are not on their way; None when there is none."""
    payable, unreceived, stuck = row["payable"], row["unreceived"], row["stuck"]
    if not row["payout_email"] and payable + unreceived:
        many = _count(payable + unreceived)
        words = f"{many} of PayPal sales cannot be paid out: no PayPal address of yours is confirmed."
        return Shares(words, "Confirm your PayPal address", wrong=True)
    if unreceived:
        words = f"{_count(unreceived)} of PayPal sales could not be paid out to your PayPal address."
        return Shares(words, "See what to do", wrong=True)
    if stuck:
        return Shares(f"{_count(stuck)} of PayPal sales {'is' if stuck == 1 else 'are'} stuck.", "See why", wrong=True)
    if payable:
        go = "goes" if payable == 1 else "go"
        return Shares(f"{_count(payable)} of PayPal sales {go} to your PayPal account.", "See when", wrong=False)
    return None


def _count(shares: int) -> str:
    return f"{shares} {'share' if shares == 1 else 'shares'}"


def _fill(since: date, sold: dict[date, tuple[int, int]]) -> tuple[Day, ...]:
    most = max((amount for _, amount in sold.values()), default=0)
    days = []
    for number in range(DAYS):
        day = since + timedelta(days=number)
        orders, amount = sold.get(day, (0, 0))
        # Something sold is never drawn as nothing.
        height = max(1, round(amount * 100 / most)) if amount and most else 0
        days.append(Day(day, orders, amount, height))
    return tuple(days)


def _list_steps(state: str, described: bool, products: int, published: int) -> tuple[Step, ...]:
    return (
        Step("Say who you are", "Buyers read it on your shop’s page.", "/sell/settings", described),
        Step(
            "Set up payouts with Stripe",
            "Without it nobody can buy from you.",
            "/sell/onboarding",
            state == VendorState.ACTIVE,
        ),
        Step("Add your first product", "It stays a draft until you publish it.", "/sell/products/new", products > 0),
        Step(
            "Put a product on the shelf",
            "Then buyers can see it.",
            "/sell/products?show=draft" if products else "",
            published > 0,
        ),
    )
