"""Vendors: who sells, in which currency, by which charge type, for which fee, and who sits in whose shop.

A connected account is written down before it is asked for: the row's id is the key, so an account is opened once.
"""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check
from piccolo.table import Table

from store.accounts.tables import Person
from store.vendors.states import ChargeType, Role, VendorState


class Vendor(Table, tablename="vendor"):
    """One seller. `account_ref` is the connected account (`acct_…`); `state` says who can sell.

    `version` counts moves and changes. A shop that is closed (`closed_at`) is paused too, and nothing of it is
    on the shelves.

    From `charges_enabled` to `requirements` (JSON) stands what the provider said at `synced_at`. `asked` counts the
    looks at it and `answered` is the newest that was written, so an older answer never overwrites a newer one.
    `check_at`: when the sweep looks next. `link_tries`: links made since the vendor pressed the button.
    `payout_email`: where PayPal's share of its sales goes, "" while no address is verified (`payout_email_at`).
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
    state = Text(default=VendorState.NOT_STARTED, choices=VendorState)
    paused = Boolean(default=False)
    fee_basis_points = Integer(default=1000)
    fee_fixed = BigInt(default=0)
    delivery_price = BigInt(default=0)
    allow_promotion_codes = Boolean(default=False)
    charges_enabled = Boolean(default=False)
    payouts_enabled = Boolean(default=False)
    details_submitted = Boolean(default=False)
    card_payments = Text(default="")
    transfers = Text(default="")
    requirements = Text(default="{}")
    synced_at = Timestamptz(null=True, default=None)
    asked = BigInt(default=0)
    answered = BigInt(default=0)
    check_at = Timestamptz(null=True, default=None, index=True)
    link_tries = Integer(default=0)
    payout_email = Text(default="")
    payout_email_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=TimestamptzNow())

    vendor_closed = Check("closed_at IS NULL OR paused")
    vendor_has_account = Check("state = 'not_started' OR account_ref IS NOT NULL")


class ConnectedAccount(Table, tablename="connected_account"):
    """An account we mean to open: `id` is the key and stands in the account's metadata, `request` is the whole body.

    `account_ref` is known once the provider has answered, and `request` is "" from then on; `closed_at` once it let us
    go. A vendor has one that is open.
    """

    id = UUID(primary_key=True, default=UUID4())
    vendor = ForeignKey(Vendor, null=False)
    request = Text()
    account_ref = Text(null=True, default=None, unique=True)
    created_at = Timestamptz(default=TimestamptzNow())
    closed_at = Timestamptz(null=True, default=None)


class Membership(Table, tablename="membership"):
    """A person's place in a shop, one shop at most; `role` says what may be done there."""

    id = UUID(primary_key=True, default=UUID4())
    person = ForeignKey(Person, null=False, unique=True)
    vendor = ForeignKey(Vendor, null=False, index=True)
    role = Text(default=Role.OWNER, choices=Role)
    created_at = Timestamptz(default=TimestamptzNow())


class Invitation(Table, tablename="invitation"):
    """A place in a shop that is offered to an address. `token_hash` is set while its mail is sent, and nowhere else.

    It is open until it is accepted, withdrawn, or over (`expires_at`, wall time); then it forgets the address.
    """

    id = UUID(primary_key=True, default=UUID4())
    vendor = ForeignKey(Vendor, null=False, index=True)
    email = Text()
    email_key = Text()
    role = Text(default=Role.STAFF, choices=Role)
    invited_by = ForeignKey(Person, null=False)
    token_hash = Text(null=True, default=None, unique=True)
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(null=True, default=None)
    accepted_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)

    invitation_ends_once = Check("accepted_at IS NULL OR withdrawn_at IS NULL")


class PayoutAddress(Table, tablename="payout_address"):
    """An address a vendor wants to be paid at. `token_hash` is set while its mail is sent, and nowhere else.

    It is open until it is verified, replaced (`ended_at`), or over (`expires_at`, wall time); then it forgets the
    address.
    """

    id = UUID(primary_key=True, default=UUID4())
    vendor = ForeignKey(Vendor, null=False, index=True)
    email = Text()
    token_hash = Text(null=True, default=None, unique=True)
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
