"""The port's part for one attempt to pay: what is asked for, and what the provider then has.

Amounts are minor units, currencies ISO 4217 in upper case, times UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SnapshotStatus(StrEnum):
    """A payment by the provider's word. `unclear`: a combination that must not be read as paid or unpaid.

    `approved`: the buyer has agreed and nothing has moved until we capture it.
    """

    OPEN = "open"
    APPROVED = "approved"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    UNCLEAR = "unclear"


class WaitsFor(StrEnum):
    """Who has the word while a payment is `processing`: `review` is the provider's, `provider` has not said why."""

    BANK = "bank"
    REVIEW = "review"
    PROVIDER = "provider"


@dataclass(frozen=True)
class CheckoutItem:
    """One line of the hosted page. `delivery`: what it costs to bring the goods, no goods themselves."""

    name: str
    unit_price: int
    quantity: int
    delivery: bool = False


@dataclass(frozen=True)
class ShipTo:
    """Where the goods go; `country` is its ISO 3166-1 alpha-2 code."""

    full_name: str
    address_line1: str
    address_line2: str
    city: str
    region: str
    postcode: str
    country: str


@dataclass(frozen=True)
class CheckoutRequest:
    """What the buyer is to pay. `account_ref`: direct: the charged account; destination: the receiving one.

    `on_behalf_of`: the account that settles a charge of the platform's, where it is in another country.
    total = what the items add up to, less `discount`, our own, shown as `discount_name`. `allow_codes`: the page may
    take the provider's own promotion codes; never together with a discount. `attempt`: how many there were of this
    order, this one among them. `ship_to`: None where nothing is sent.
    """

    payment_id: str
    order_id: str
    order_number: str
    charge_type: str
    account_ref: str
    currency: str
    total: int
    fee: int
    items: Sequence[CheckoutItem]
    email: str
    success_url: str
    cancel_url: str
    descriptor_suffix: str
    expires_at: datetime
    on_behalf_of: str = ""
    discount: int = 0
    discount_name: str = ""
    allow_codes: bool = False
    attempt: int = 1
    ship_to: ShipTo | None = None


@dataclass(frozen=True)
class OpenedCheckout:
    """An open session at the provider. `payee_ref`: who gets the money, where the provider says so."""

    ref: str
    redirect_url: str
    payee_ref: str = ""


@dataclass(frozen=True)
class Failure:
    """Why the last try inside a session failed; `ref` names the try."""

    ref: str
    message: str


@dataclass(frozen=True)
class PaymentSnapshot:
    """One payment as the provider has it now. `capture_ref` is the charge, or the session where nothing was due.

    `destination` and `on_behalf_of` are accounts, "" when there is none, and known once the buyer has tried to pay.

    amount = subtotal + shipping + tax - discount; `discount` is ours and that of a code the buyer typed there (`code`).
    `payee_ref`: who gets the money, where the provider says so. `waits_for` counts while it is processing.
    """

    ref: str
    status: SnapshotStatus
    amount: int
    currency: str
    payment_id: str
    order_id: str
    account_ref: str
    destination: str
    fee: int
    livemode: bool
    on_behalf_of: str = ""
    capture_ref: str = ""
    method: str = ""
    redirect_url: str = ""
    failure: Failure | None = None
    remark: str = ""
    subtotal: int = -1
    shipping: int = 0
    tax: int = 0
    discount: int = 0
    code: str = ""
    payee_ref: str = ""
    waits_for: WaitsFor = WaitsFor.BANK
