"""Vendors: who sells, in which currency, by which charge type, for which fee."""

from piccolo.columns import UUID, BigInt, Boolean, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check
from piccolo.table import Table

from store.vendors.states import ChargeType, VendorState


class Vendor(Table, tablename="vendor"):
    """One seller. `account_ref` is the connected account (`acct_…`); `state` says who can sell.

    `version` counts changes of the settings. A shop that is closed (`closed_at`) is paused too, and nothing of it is
    on the shelves.

    `allow_promotion_codes`: the provider's payment page may take the provider's own codes for this vendor's goods.
    """

    id = UUID(primary_key=True, default=UUID4())
    slug = Text(unique=True)
    name = Text()
    about = Text()
    returns_text = Text()
    ink = Text()
    email = Text()
    country = Text()
    currency = Text()
    charge_type = Text(choices=ChargeType)
    account_ref = Text(null=True, default=None, unique=True)
    state = Text(default=VendorState.ONBOARDING, choices=VendorState)
    paused = Boolean(default=False)
    fee_basis_points = Integer(default=1000)
    fee_fixed = BigInt(default=0)
    delivery_price = BigInt(default=0)
    allow_promotion_codes = Boolean(default=False)
    closed_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=TimestamptzNow())

    vendor_closed = Check("closed_at IS NULL OR paused")
