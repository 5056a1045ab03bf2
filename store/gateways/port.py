"""What a payment provider is to the shop: protocols, frozen values, and three errors with a meaning.

Amounts are minor units, currencies ISO 4217 in upper case, times UTC. What a provider cannot do is absent from its
type. Nothing of a provider's SDK passes this file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from store.gateways.accounts import ConnectGateway
from store.gateways.transfers import Hold, TransferGateway
from store.kit.money import Money


class GatewayError(Exception):
    """A provider did not do what was asked."""


class Declined(GatewayError):
    """The buyer's: the provider refused in a way a person can act on; the text may be shown."""


class Unavailable(GatewayError):
    """Outcome unknown: time-out, connection lost, 429 or 5xx. Leave things pending; a sweep will look."""


class StoredFailure(Unavailable):
    """What the first call under this key got, and every other call with it will: look, and only then use a new key."""


class GatewayBug(GatewayError):
    """Ours: the request was wrong. Nothing happened at the provider."""


class Disconnected(GatewayBug):
    """The account has let us go, or never was ours: nothing happened, and no request in its name will again."""


class TransferHeld(GatewayBug):
    """The provider refuses this movement as things are, and may do it later; nothing moved."""

    def __init__(self, hold: Hold, words: str) -> None:
        super().__init__(words)
        self.hold = hold


class SnapshotStatus(StrEnum):
    """A payment by the provider's word. `unclear`: a combination that must not be read as paid or unpaid."""

    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class CheckoutItem:
    """One line of the hosted page."""

    name: str
    unit_price: int
    quantity: int


@dataclass(frozen=True)
class CheckoutRequest:
    """What the buyer is to pay. `account_ref`: direct: the charged account; destination: the receiving one.

    `on_behalf_of`: the account that settles a charge of the platform's, where it is in another country.
    total = what the items add up to, less `discount`, our own, shown as `discount_name`. `allow_codes`: the page may
    take the provider's own promotion codes; never together with a discount.
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


@dataclass(frozen=True)
class OpenedCheckout:
    """An open session at the provider."""

    ref: str
    redirect_url: str


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


@dataclass(frozen=True)
class Moved:
    """One movement of money with its own provider id; `landed` differs in currency when it was exchanged.

    `refund_ref`: the refund with which a transfer was reversed, "" where it was reversed by itself.
    """

    ref: str
    amount: Money
    landed: Money
    refund_ref: str = ""


class RefundOutcome(StrEnum):
    """A refund by the provider's word."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True)
class RefundRequest:
    """Give money back. `give_back_all`: take the vendor's transfer and the application fee back with it."""

    refund_id: str
    order_id: str
    capture_ref: str
    account_ref: str
    charge_type: str
    amount: int
    currency: str
    fee_taken: bool
    give_back_all: bool


@dataclass(frozen=True)
class RefundSnapshot:
    """One refund as the provider has it now; `refund_id` is ours, empty when it was made at the provider.

    `taken`: the money has left the balance; `came_back`: it has returned there, since the refund failed.
    """

    ref: str
    refund_id: str
    capture_ref: str
    amount: Money
    outcome: RefundOutcome
    reason: str = ""
    taken: bool = True
    came_back: bool = False


@dataclass(frozen=True)
class CaptureSnapshot:
    """Everything that moved around one charge so far.

    `settled` is False while the provider has not said yet what it keeps and what it passed on: asynchronous capture
    leaves balance transaction, transfer and application fee empty at success.
    """

    ref: str
    settled: bool
    provider_fee: Moved | None = None
    transfer: Moved | None = None
    application_fee: Moved | None = None
    transfer_reversals: tuple[Moved, ...] = ()
    fee_refunds: tuple[Moved, ...] = ()
    refunds: tuple[RefundSnapshot, ...] = ()


@dataclass(frozen=True)
class Notice:
    """A verified event: a hint to look, nothing more. `payment_id` is ours where the object carries it."""

    event_id: str
    type: str
    account: str
    livemode: bool
    resource: str
    created: datetime
    payment_ref: str = ""
    payment_id: str = ""
    capture_ref: str = ""


@dataclass(frozen=True)
class ListedEvent:
    """An event read from the provider's own list; `body` is one that `read_event` reads as this notice."""

    notice: Notice
    body: bytes


@dataclass(frozen=True)
class EndpointSnapshot:
    """An address to which the provider delivers events, or has stopped to."""

    url: str
    enabled: bool


class BadSignature(GatewayError):
    """The delivery is not the provider's, or too old; it must not be stored."""


class CheckoutGateway(Protocol):
    """Hosted checkout, confirmation and refunds: what every rail has."""

    def freeze_checkout(self, request: CheckoutRequest) -> str:
        """The provider's whole request body as text, to be stored and resent byte for byte. Calls nobody."""
        ...

    def freeze_discount(self, request: CheckoutRequest) -> str:
        """The body of the request that makes our discount known there, "" when none is needed. Calls nobody."""
        ...

    async def make_discount(self, frozen: str, account_ref: str, key: str) -> None:
        """Make the discount that the frozen checkout names; made already, it changes nothing."""
        ...

    async def open_checkout(self, frozen: str, account_ref: str, key: str) -> OpenedCheckout: ...

    async def fetch_payment(self, ref: str, account_ref: str) -> PaymentSnapshot: ...

    async def find_payments(
        self, payment_id: str, account_ref: str, since: datetime, until: datetime | None = None
    ) -> Sequence[PaymentSnapshot]: ...

    async def fetch_capture(self, ref: str, account_ref: str) -> CaptureSnapshot: ...

    async def find_application_fee(self, capture_ref: str) -> Moved | None:
        """What we took of a direct charge, once it has landed: to be seen when the charge is out of reach."""
        ...

    async def refund(self, request: RefundRequest) -> RefundSnapshot: ...

    async def find_refunds(self, capture_ref: str, account_ref: str) -> Sequence[RefundSnapshot]: ...

    def list_events(
        self, account_ref: str, since: datetime, types: Sequence[str]
    ) -> AsyncIterator[Sequence[ListedEvent]]:
        """The events of these types in one account ("" for the platform) since then, newest first, page by page.

        Each page is asked for when the one before has been dealt with.
        """
        ...

    async def list_endpoints(self) -> Sequence[EndpointSnapshot]: ...

    def verify_event(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> None: ...

    def read_event(self, body: bytes) -> Notice: ...

    def sign_probe(self, endpoint: str) -> tuple[str, dict[str, str], bytes]:
        """An event of a type nobody handles, signed with our own secret: (event id, headers, body)."""
        ...


class ExpiringGateway(Protocol):
    """A rail whose open session can be closed."""

    async def expire(self, ref: str, account_ref: str) -> bool:
        """Close an open session; False when the provider refuses because it is not open any more."""
        ...


class StripeRail(CheckoutGateway, ExpiringGateway, ConnectGateway, TransferGateway, Protocol):
    """What the shop uses of Stripe."""


@dataclass(frozen=True)
class Gateways:
    """Every rail of this shop; a frozen dataclass because Litestar turns a bare Protocol into an isinstance check.

    `visit_seconds`: how long a visitor waits for a provider before the page is shown anyway. `platform_country`: where
    the platform's own account is; a vendor elsewhere settles its destination charges itself.
    """

    stripe: StripeRail
    livemode: bool = False
    visit_seconds: float = 8.0
    platform_country: str = "US"
