"""Money that goes back: one row per refund, ours or one made at the provider, with the same journal either way."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from store.orders.tables import Order
from store.payments.tables import Capture
from store.refunds.states import RefundStatus


class Refund(Table, tablename="refund"):
    """One refund of one capture, minor units. `refund_ref` is the provider's (`re_…`), null until it is known.

    `gives_back_all`: transfer reversed and application fee returned with it, as our own races require. `shared_out`:
    who gives what of it (JSON of `entries.GivenBack`), decided when the provider first shows it.
    """

    id = UUID(primary_key=True, default=UUID4())
    capture = ForeignKey(Capture, null=False)
    order = ForeignKey(Order, null=False)
    provider = Text(default="stripe")
    refund_ref = Text(null=True, default=None)
    amount = BigInt()
    currency = Text()
    reason = Text()
    ours = Boolean(default=False)
    gives_back_all = Boolean(default=False)
    status = Text(default=RefundStatus.REQUESTED, choices=RefundStatus)
    shared_out = Text(default="")
    posted = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())
    settled_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)

    refund_one_ref = Unique(["provider", "refund_ref"])
    positive = Check("amount > 0")
