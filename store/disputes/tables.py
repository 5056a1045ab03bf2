"""Disputes that buyers opened at the provider, as a fact about an order. What is paid for them is a refund's matter."""

from piccolo.columns import UUID, BigInt, ForeignKey, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from store.disputes.states import DisputeStatus
from store.orders.tables import Order
from store.payments.tables import Capture


class Dispute(Table, tablename="dispute"):
    """One dispute. `amount` in minor units; `reason` and `outcome` are the provider's words, in lower case."""

    id = UUID(primary_key=True, default=UUID4())
    order = ForeignKey(Order, null=False)
    capture = ForeignKey(Capture, null=False)
    provider = Text()
    dispute_ref = Text()
    status = Text(default=DisputeStatus.OPEN, choices=DisputeStatus)
    reason = Text(default="")
    outcome = Text(default="")
    amount = BigInt()
    currency = Text()
    created_at = Timestamptz(default=TimestamptzNow())

    dispute_one_ref = Unique(["provider", "dispute_ref"])
