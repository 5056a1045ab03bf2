"""Orders: what the buyer pays (`orders`), what each vendor ships and earns (`vendor_order`), lines and timeline.

Everything a payment depends on is frozen when the order is placed (I30, a trigger): lines, prices, shares, fee,
address. Amounts are minor units of `currency`. `token` opens the order page; it is 128 random bits.
"""

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check
from piccolo.table import Table

from store.catalogue.tables import Variant
from store.orders.states import Fulfilment, PaymentState
from store.vendors.tables import Vendor


class Order(Table, tablename="orders"):
    """One checkout group, placed. `version` counts every change a page could show; ETags are made of it."""

    id = UUID(primary_key=True, default=UUID4())
    number = Text(unique=True)
    token = Text(unique=True)
    cart_id = UUID(null=True, default=None, index=True)
    form_id = Text(index=True)
    group_key = Text()
    goods_hash = Text()
    snapshot_hash = Text()
    charge_type = Text()
    email = Text()
    full_name = Text()
    address_line1 = Text()
    address_line2 = Text()
    city = Text()
    region = Text()
    postcode = Text()
    country = Text()
    currency = Text()
    subtotal = BigInt()
    delivery = BigInt()
    total = BigInt()
    fee = BigInt()
    descriptor = Text()
    placed_at = Timestamptz(default=TimestamptzNow())

    payment_state = Text(default=PaymentState.AWAITING_PAYMENT, choices=PaymentState, index=True)
    provider = Text(default="Stripe")
    method = Text(default="")
    failure_reason = Text(default="")
    review_reason = Text(default="")
    refund_pending = BigInt(default=0)
    refunded = BigInt(default=0)
    refunded_at = Timestamptz(null=True, default=None)
    hold_no = Integer(default=1)
    holds_stock = Boolean(default=True)
    hold_until = Timestamptz()
    cancel_requested = Boolean(default=False)
    paid_at = Timestamptz(null=True, default=None)
    checked_at = Timestamptz(null=True, default=None)
    returned_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)

    adds_up = Check("total = subtotal + delivery AND subtotal >= 0 AND delivery >= 0 AND fee BETWEEN 0 AND total")
    refunds_within = Check("refunded >= 0 AND refund_pending >= 0")


class VendorOrder(Table, tablename="vendor_order"):
    """One vendor's part: `share` is what the vendor earns, `fee` what the platform keeps; share + fee = total."""

    id = UUID(primary_key=True, default=UUID4())
    order = ForeignKey(Order, null=False)
    vendor = ForeignKey(Vendor, null=False)
    vendor_name = Text()
    account_ref = Text()
    subtotal = BigInt()
    delivery = BigInt()
    total = BigInt()
    fee = BigInt()
    share = BigInt()
    fulfilment = Text(default=Fulfilment.TO_SHIP, choices=Fulfilment)

    adds_up = Check("total = subtotal + delivery AND total = fee + share AND fee >= 0 AND share >= 0")


class OrderLine(Table, tablename="order_line"):
    """One variant of one vendor's part, with the title and price the buyer agreed to."""

    id = UUID(primary_key=True, default=UUID4())
    order = ForeignKey(Order, null=False)
    vendor_order = ForeignKey(VendorOrder, null=False)
    variant = ForeignKey(Variant, null=False)
    product_slug = Text()
    title = Text()
    variant_label = Text()
    art = Text()
    unit_price = BigInt()
    quantity = Integer()
    total = BigInt()

    adds_up = Check("quantity > 0 AND total = unit_price * quantity")


class OrderEvent(Table, tablename="order_event"):
    """One line of the timeline: what happened, when and by which door, in words handed in by the calling slice."""

    id = BigSerial(primary_key=True)
    order = ForeignKey(Order, null=False)
    at = Timestamptz(default=TimestamptzNow())
    text = Text()
    door = Text(default="")
    key = Text(default="")
