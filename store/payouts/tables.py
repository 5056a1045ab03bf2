"""What vendors get out of a platform's charge: one row per transfer, written before the provider is asked.

One transfer per order, vendor, reason and cause (I13); what all of them pass on, less what was taken back, is never
more than the vendor's share, and no reversal takes more than was sent (I14): guards/75_payouts.sql. What is paid out to
an address is a row of its own for each try that came to an end, under the same rule: guards/82_address_payouts.sql.
Minor units.
"""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from store.orders.tables import Order, VendorOrder
from store.payouts.states import PayoutReason, PayoutState, TransferReason, TransferState
from store.vendors.tables import Vendor


class Transfer(Table, tablename="transfer"):
    """One transfer to one vendor, out of the charge `source_ref`, or "" out of our balance.

    `cause` is the capture it passes on (the order where nothing was paid), or the failed refund for which it `restores`
    what had been taken back. `sent_at`: since when its outcome is not known. `attempt` counts the keys; the first is
    the row's id. `reversed` is what was taken back. `look_at`: when the sweep looks next, for
    its outcome, or once it is done for what was taken back of it at the provider.
    """

    id = UUID(primary_key=True, default=UUID4())
    order = ForeignKey(Order, null=False)
    vendor_order = ForeignKey(VendorOrder, null=False)
    vendor = ForeignKey(Vendor, null=False)
    provider = Text(default="stripe")
    account_ref = Text()
    reason = Text(choices=TransferReason)
    cause = Text()
    restores = Boolean(default=False)
    amount = BigInt()
    currency = Text()
    source_ref = Text(default="")
    transfer_group = Text()
    state = Text(default=TransferState.INTENDED, choices=TransferState)
    hold = Text(default="")
    why = Text(default="")
    attempt = Integer(default=1)
    sent_at = Timestamptz(null=True, default=None)
    look_at = Timestamptz(null=True, default=None, index=True)
    looks = Integer(default=0)
    transfer_ref = Text(null=True, default=None)
    landed = BigInt(default=0)
    landed_currency = Text(default="")
    reversed = BigInt(default=0)
    created_at = Timestamptz(default=TimestamptzNow())
    version = Integer(default=1)

    transfer_once = Unique(["order", "vendor", "reason", "cause"])
    transfer_one_ref = Unique(["provider", "transfer_ref"])
    transfer_positive = Check("amount > 0 AND reversed BETWEEN 0 AND amount")
    transfer_done_is_known = Check("(state = 'done') = (transfer_ref IS NOT NULL)")


class TransferReversal(Table, tablename="transfer_reversal"):
    """A part of a transfer that is taken back, since the buyer got it back by the refund `cause` (`re_…`).

    One that somebody made at the provider is its own cause (`trr_…`).
    """

    id = UUID(primary_key=True, default=UUID4())
    transfer = ForeignKey(Transfer, null=False)
    cause = Text()
    amount = BigInt()
    currency = Text()
    state = Text(default=TransferState.INTENDED, choices=TransferState)
    hold = Text(default="")
    why = Text(default="")
    attempt = Integer(default=1)
    sent_at = Timestamptz(null=True, default=None)
    look_at = Timestamptz(null=True, default=None, index=True)
    looks = Integer(default=0)
    reversal_ref = Text(null=True, default=None, unique=True)
    created_at = Timestamptz(default=TimestamptzNow())
    version = Integer(default=1)

    transfer_reversal_once = Unique(["transfer", "cause"])
    transfer_reversal_positive = Check("amount > 0")
    transfer_reversal_done_is_known = Check("(state = 'done') = (reversal_ref IS NOT NULL)")


class Payout(Table, tablename="payout"):
    """One payment to the address a vendor has verified; its id is the provider's `sender_batch_id`, used once.

    `cause` is the capture whose share it is, the refund that did not arrive, or the payout that it `replaces`.
    `amount` goes out; `withheld` is what of the share paid debts instead. `payable_at`: not before. `receiver` is the
    address it was sent to, "" before. `sent_at`: when it was asked for, of tries whose outcome is not known the first.
    `address_after`: it waits for an
    address that was verified after that. `booked`: it has left our balance by the books. `look_at`: when the sweep
    looks next.
    """

    id = UUID(primary_key=True, default=UUID4())
    order = ForeignKey(Order, null=False)
    vendor_order = ForeignKey(VendorOrder, null=False, index=True)
    vendor = ForeignKey(Vendor, null=False, index=True)
    provider = Text(default="paypal")
    reason = Text(choices=PayoutReason)
    cause = Text()
    replaces: ForeignKey["Payout"] = ForeignKey("self", null=True, default=None, unique=True)
    amount = BigInt()
    withheld = BigInt(default=0)
    currency = Text()
    payable_at = Timestamptz()
    receiver = Text(default="")
    state = Text(default=PayoutState.PLANNED, choices=PayoutState)
    hold = Text(default="")
    why = Text(default="")
    address_after = Timestamptz(null=True, default=None)
    attempt = Integer(default=1)
    sent_at = Timestamptz(null=True, default=None)
    look_at = Timestamptz(null=True, default=None, index=True)
    looks = Integer(default=0)
    batch_ref = Text(null=True, default=None)
    item_ref = Text(null=True, default=None)
    fee = BigInt(default=0)
    booked = Boolean(default=False)
    settled_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    version = Integer(default=1)

    payout_once = Unique(["vendor_order", "reason", "cause"])
    payout_one_batch = Unique(["provider", "batch_ref"])
    payout_one_item = Unique(["provider", "item_ref"])
    payout_positive = Check("amount >= 0 AND withheld >= 0 AND fee >= 0 AND (amount > 0 OR state = 'netted')")
    payout_sent_to_somebody = Check("receiver <> '' OR state IN ('planned', 'waiting', 'canceled', 'netted')")
    payout_done_is_known = Check("item_ref IS NOT NULL OR state NOT IN ('paid', 'unclaimed', 'returned')")


class PayoutDebt(Table, tablename="payout_debt"):
    """What a vendor owes us because a buyer got back, by the refund `cause`, what had been paid out already.

    `paid` is what later payouts withheld for it, `restored` what of that was given back since the refund did not
    arrive.
    """

    id = UUID(primary_key=True, default=UUID4())
    vendor_order = ForeignKey(VendorOrder, null=False, index=True)
    vendor = ForeignKey(Vendor, null=False, index=True)
    provider = Text(default="paypal")
    cause = Text()
    amount = BigInt()
    currency = Text()
    paid = BigInt(default=0)
    restored = BigInt(default=0)
    created_at = Timestamptz(default=TimestamptzNow())

    payout_debt_once = Unique(["vendor_order", "cause"])
    payout_debt_within = Check("amount >= 0 AND paid BETWEEN 0 AND amount AND restored BETWEEN 0 AND paid")
