"""Codes that take something off, and each use of one.

`uses` counts the uses that are held or used; it changes by a guarded UPDATE only, and the database refuses more uses
than a code has, in all and per e-mail address (I23: `guards/55_promotions.sql`). Amounts are minor units.
"""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from store.catalogue.tables import Category
from store.promotions.states import FundedBy, UseState
from store.vendors.tables import Vendor


class Promotion(Table, tablename="promotion"):
    """One code. `percent` is in basis points; `minimum` is what the goods it is for must be worth, in `currency`.

    `with_delivery`: it covers delivery as well. None means without a limit, a start, an end, a seller, a category.
    """

    id = UUID(primary_key=True, default=UUID4())
    code = Text(unique=True)
    percent = Integer(null=True, default=None)
    amount = BigInt(null=True, default=None)
    currency = Text(default="")
    with_delivery = Boolean(default=False)
    minimum = BigInt(default=0)
    vendor = ForeignKey(Vendor, null=True, default=None)
    category = ForeignKey(Category, null=True, default=None)
    funded_by = Text(choices=FundedBy)
    max_uses = Integer(null=True, default=None)
    per_email = Integer(null=True, default=None)
    starts_at = Timestamptz(null=True, default=None)
    ends_at = Timestamptz(null=True, default=None)
    uses = Integer(default=0)
    active = Boolean(default=True)
    created_at = Timestamptz(default=TimestamptzNow())

    promotion_code = Check("code = upper(code) AND code <> ''")
    promotion_takes_off = Check(
        "(percent IS NULL) <> (amount IS NULL) AND coalesce(percent BETWEEN 1 AND 10000, amount > 0)"
    )
    promotion_currency = Check("minimum >= 0 AND (currency <> '' OR (amount IS NULL AND minimum = 0))")
    promotion_uses = Check("uses BETWEEN 0 AND coalesce(max_uses, uses)")


class PromotionUse(Table, tablename="promotion_use"):
    """One order's use of a code. `holder` is the cart it came from, `email_hash` who is counted by `per_email`."""

    id = UUID(primary_key=True, default=UUID4())
    promotion = ForeignKey(Promotion, null=False)
    order_ref = UUID()
    holder = UUID(null=True, default=None, index=True)
    email_hash = Text()
    amount = BigInt()
    currency = Text()
    state = Text(default=UseState.HELD, choices=UseState)
    created_at = Timestamptz(default=TimestamptzNow())

    promotion_use_once = Unique(["order_ref"])
    promotion_use_takes_off = Check("amount > 0")
