"""Attempts to pay, and the money that arrived.

A `payment` row is written before the provider is called; its id is the idempotency key and `request` the whole body,
resent byte for byte, and erased with its order when the buyer's account is deleted. A `capture` is money: unique per
provider reference, at most one `settling` per order (I2).
"""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from store.orders.tables import Order
from store.payments.states import CaptureKind, PaymentStatus


class Payment(Table, tablename="payment"):
    """One attempt. `account_ref`: the connected account it lives on, empty for the platform. Minor units.

    `merchant_ref`: the account that settles a platform's charge because it is in another country.
    amount = subtotal - coupon, all frozen: what the provider adds up, and our own discount, which travels as a coupon.
    `discount` is what a code of the provider's page took off besides, known when it was paid. `payer` is the key of a
    rate limit while the attempt is live.

    `superseded`: the buyer went on with another way to pay; where we capture, it is never captured then. There
    `payee_ref` is who gets the money, `capture_no` counts the captures we asked for by their definite answers, and
    `claimed_at` says when the last one was asked for (wall time).
    """

    id = UUID(primary_key=True, default=UUID4())
    order = ForeignKey(Order, null=False)
    token = Text(unique=True)
    attempt = Integer(default=1)
    provider = Text(default="stripe")
    charge_type = Text()
    account_ref = Text(default="")
    destination_ref = Text(default="")
    merchant_ref = Text(default="")
    amount = BigInt()
    currency = Text()
    fee = BigInt(default=0)
    subtotal = BigInt(default=0)
    coupon = BigInt(default=0)
    coupon_request = Text(default="")
    allows_codes = Boolean(default=False)
    discount = BigInt(default=0)
    request = Text()
    status = Text(default=PaymentStatus.CREATED, choices=PaymentStatus, index=True)
    provider_ref = Text(null=True, default=None)
    redirect_url = Text(default="")
    expires_at = Timestamptz()
    check_at = Timestamptz(null=True, default=None, index=True)
    checks = Integer(default=0)
    failure_reason = Text(default="")
    failure_ref = Text(default="")
    review_reason = Text(default="")
    payer = Text(default="")
    payee_ref = Text(default="")
    capture_no = Integer(default=1)
    consent_no = Integer(default=1)
    declines = Integer(default=0)
    claimed_at = Timestamptz(null=True, default=None)
    superseded = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())
    version = Integer(default=1)

    payment_one_ref = Unique(["provider", "provider_ref"])
    payment_one_attempt = Unique(["order", "attempt"])
    payment_adds_up = Check(
        "amount = subtotal - coupon AND least(amount, coupon, discount) >= 0 AND discount <= amount"
        " AND (coupon > 0 OR coupon_request = '') AND (coupon = 0 OR coupon_request <> '' OR provider = 'paypal')"
        " AND (discount = 0 OR allows_codes)"
    )
    payment_superseded_is_over = Check(
        "NOT superseded OR provider <> 'paypal' OR status NOT IN ('created', 'pending', 'capturing')"
    )


class Capture(Table, tablename="capture"):
    """Money that arrived. `capture_ref` is the charge (`ch_…`), or the session where nothing had to be paid.

    `settled` and the refs before it are filled when the provider has settled the charge: with asynchronous capture
    that is seconds after success. `kept_ref`: where the provider says what it kept (`txn_…`). `refunds_at`: when to
    look next for what went back.
    """

    id = UUID(primary_key=True, default=UUID4())
    payment = ForeignKey(Payment, null=False)
    order = ForeignKey(Order, null=False)
    provider = Text(default="stripe")
    capture_ref = Text()
    account_ref = Text(default="")
    kind = Text(choices=CaptureKind)
    amount = BigInt()
    currency = Text()
    refunded = BigInt(default=0)
    charge_type = Text()
    transfer_ref = Text(default="")
    transferred = BigInt(default=0)
    fee_ref = Text(default="")
    kept_ref = Text(default="")
    settled = Boolean(default=False)
    settle_at = Timestamptz(null=True, default=None, index=True)
    settle_tries = Integer(default=0)
    refunds_at = Timestamptz(null=True, default=None, index=True)
    created_at = Timestamptz(default=TimestamptzNow())

    capture_one_ref = Unique(["provider", "capture_ref"])
    refunds_within = Check("refunded BETWEEN 0 AND amount")
