"""Orders: what the buyer pays (`orders`), what each vendor ships and earns (`vendor_order`), lines and timeline.

Everything a payment depends on is frozen when the order is placed (I30, a trigger): lines, prices, shares, fee,
address. Amounts are minor units of `currency`; total = subtotal + delivery - discount. `token` opens the order page; it
is 128 random bits.
"""

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from store.accounts.tables import Person
from store.catalogue.tables import Variant
from store.orders.states import Fulfilment, MessageKind, PaymentState, RefundReason
from store.promotions.states import FundedBy
from store.vendors.tables import Vendor


class Order(Table, tablename="orders"):
    """One checkout group, placed. `version` counts every change a page could show; ETags are made of it.

    `disputed` is what open disputes at the provider are about, minor units.

    `person` is who was signed in while it was placed. When that person's account is deleted, name, address and e-mail
    become "" and the rest stays.
    """

    id = UUID(primary_key=True, default=UUID4())
    number = Text(unique=True)
    token = Text(unique=True)
    cart_id = UUID(null=True, default=None, index=True)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict)
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
    discount = BigInt(default=0)
    promo_code = Text(default="")
    total = BigInt()
    fee = BigInt()
    descriptor = Text()
    placed_at = Timestamptz(default=TimestamptzNow())

    payment_state = Text(default=PaymentState.AWAITING_PAYMENT, choices=PaymentState, index=True)
    provider = Text(default="Stripe")
    method = Text(default="")
    failure_reason = Text(default="")
    confirming = Boolean(default=False)
    review_reason = Text(default="")
    refund_pending = BigInt(default=0)
    refunded = BigInt(default=0)
    refunded_at = Timestamptz(null=True, default=None)
    disputed = BigInt(default=0)
    hold_no = Integer(default=1)
    holds_stock = Boolean(default=True)
    hold_until = Timestamptz()
    cancel_requested = Boolean(default=False)
    paid_at = Timestamptz(null=True, default=None)
    checked_at = Timestamptz(null=True, default=None)
    returned_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)

    order_adds_up = Check(
        "total = subtotal + delivery - discount AND least(subtotal, delivery, discount, total) >= 0"
        " AND fee BETWEEN 0 AND total AND (discount = 0) = (promo_code = '')"
    )
    refunds_within = Check("refunded >= 0 AND refund_pending >= 0")


class VendorOrder(Table, tablename="vendor_order"):
    """One vendor's part: `share` is what the vendor earns, `fee` what the platform keeps.

    share + fee = total + owed: `owed` is what a discount of ours takes off beyond our fee. The vendor gets it from us,
    not from this payment.
    """

    id = UUID(primary_key=True, default=UUID4())
    order = ForeignKey(Order, null=False)
    vendor = ForeignKey(Vendor, null=False)
    vendor_name = Text()
    account_ref = Text()
    subtotal = BigInt()
    delivery = BigInt()
    discount = BigInt(default=0)
    total = BigInt()
    fee = BigInt()
    share = BigInt()
    owed = BigInt(default=0)
    fulfilment = Text(default=Fulfilment.TO_SHIP, choices=Fulfilment)
    carrier = Text(default="")
    tracking = Text(default="")
    shipped_at = Timestamptz(null=True, default=None)
    delivered_at = Timestamptz(null=True, default=None)

    vendor_order_adds_up = Check(
        "total = subtotal + delivery - discount AND total + owed = fee + share"
        " AND least(discount, total, fee, share) >= 0 AND owed BETWEEN 0 AND discount"
    )


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


class OrderDiscount(Table, tablename="order_discount"):
    """What a code at the provider's page took off one vendor's part; the frozen order itself never changes.

    `amount` = `off_fee` (our fee is less) + `off_share` (the vendor earns less) + `owed` (we owe it to the vendor);
    `funded_by` is the code's owner, `source` the session it was given in.
    """

    id = UUID(primary_key=True, default=UUID4())
    order = ForeignKey(Order, null=False)
    vendor_order = ForeignKey(VendorOrder, null=False)
    funded_by = Text(choices=FundedBy)
    code = Text()
    amount = BigInt()
    off_fee = BigInt()
    off_share = BigInt()
    owed = BigInt()
    source = Text()
    created_at = Timestamptz(default=TimestamptzNow())

    order_discount_once = Unique(["vendor_order", "source"])
    order_discount_adds_up = Check("amount = off_fee + off_share + owed AND least(off_fee, off_share, owed) >= 0")
    order_discount_takes_off = Check("amount > 0")


class OrderEvent(Table, tablename="order_event"):
    """One line of the timeline: what happened, when and by which door, in words handed in by the calling slice."""

    id = BigSerial(primary_key=True)
    order = ForeignKey(Order, null=False)
    at = Timestamptz(default=TimestamptzNow())
    text = Text()
    door = Text(default="")
    key = Text(default="")


class OrderMessage(Table, tablename="order_message"):
    """What the buyer wrote to one seller: a task of that seller until `done_at`.

    `kind` says what it is about, `reason` why money is wanted back ("" for a question). `form_id` is the form's own:
    the same form sent twice is one message.
    """

    id = UUID(primary_key=True, default=UUID4())
    vendor_order = ForeignKey(VendorOrder, null=False)
    form_id = Text()
    kind = Text(choices=MessageKind)
    reason = Text(default="", choices=RefundReason)
    text = Text()
    created_at = Timestamptz(default=TimestamptzNow())
    done_at = Timestamptz(null=True, default=None)

    order_message_once = Unique(["vendor_order", "form_id"])
    order_message_says_why = Check("(kind = 'refund') = (reason <> '') AND text <> ''")
