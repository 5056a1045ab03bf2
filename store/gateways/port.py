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
from store.gateways.payments import CheckoutItem as CheckoutItem
from store.gateways.payments import CheckoutRequest as CheckoutRequest
from store.gateways.payments import Failure as Failure
from store.gateways.payments import OpenedCheckout as OpenedCheckout
from store.gateways.payments import PaymentSnapshot as PaymentSnapshot
from store.gateways.payments import ShipTo as ShipTo
from store.gateways.payments import SnapshotStatus as SnapshotStatus
from store.gateways.payments import WaitsFor as WaitsFor
from store.gateways.payouts import PayoutGateway
from store.gateways.transfers import Hold, TransferGateway
from store.kit.money import Money

# What payments, captures and refunds have in their column `provider`.
STRIPE, PAYPAL = "stripe", "paypal"
# How people call them.
NAMES = {STRIPE: "Stripe", PAYPAL: "PayPal"}


class GatewayError(Exception):
    """A provider did not do what was asked. `provider`: whichever it was, "" where nobody was called."""

    provider = ""


class Declined(GatewayError):
    """The buyer's: the provider refused in a way a person can act on; the text may be shown."""


class Unavailable(GatewayError):
    """Outcome unknown: time-out, connection lost, 429 or 5xx. Leave things pending; a sweep will look."""


class StoredFailure(Unavailable):
    """What the first call under this key got, and every other call with it will: look, and only then use a new key."""


class ConsentUnseen(Unavailable):
    """The buyer has agreed, and the capture does not know it yet: nothing moved, and the next try needs a new key."""


class GatewayBug(GatewayError):
    """Ours: the request was wrong. Nothing happened at the provider."""


class Disconnected(GatewayBug):
    """The account has let us go, or never was ours: nothing happened, and no request in its name will again."""


class FundingDeclined(Declined):
    """The way to pay that the buyer chose was refused; with another one the same checkout can still be paid."""


class ApprovalNeeded(GatewayError):
    """The buyer must agree (again) at the provider's page before anything moves; nothing has moved.

    `redirect_url`: that page, "" where the provider names none.
    """

    def __init__(self, words: str, redirect_url: str = "") -> None:
        super().__init__(words)
        self.redirect_url = redirect_url


class TransferHeld(GatewayBug):
    """The provider refuses this movement as things are, and may do it later; nothing moved."""

    def __init__(self, hold: Hold, words: str) -> None:
        super().__init__(words)
        self.hold = hold


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
    leaves balance transaction, transfer and application fee empty at success. `refunds` are in no particular order.
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
    """A verified event: a hint to look, nothing more. `payment_id` and `payout_id` are ours where the object has them.

    `account`: "" for the platform's own.
    """

    event_id: str
    type: str
    account: str
    livemode: bool
    resource: str
    created: datetime
    payment_ref: str = ""
    payment_id: str = ""
    capture_ref: str = ""
    payout_id: str = ""
    payout_ref: str = ""
    dispute_ref: str = ""


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


@dataclass(frozen=True)
class WebhookSnapshot:
    """Where the provider delivers events, and of which types (`*`: of all)."""

    url: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class DisputeSnapshot:
    """One dispute as the provider has it now: the captures it is about, and its words for why and how it ended."""

    ref: str
    capture_refs: tuple[str, ...]
    amount: Money
    is_open: bool
    reason: str = ""
    outcome: str = ""


class BadSignature(GatewayError):
    """The delivery is not the provider's, or too old; it must not be stored."""


class CheckoutGateway(Protocol):
    """Checkout, confirmation and refunds: what every rail has."""

    def freeze_checkout(self, request: CheckoutRequest) -> str:
        """The provider's whole request body as text, to be stored and resent byte for byte. Calls nobody."""
        ...

    async def open_checkout(self, frozen: str, account_ref: str, key: str) -> OpenedCheckout: ...

    async def fetch_payment(self, ref: str, account_ref: str) -> PaymentSnapshot: ...

    async def fetch_capture(self, ref: str, account_ref: str) -> CaptureSnapshot: ...

    async def refund(self, request: RefundRequest) -> RefundSnapshot: ...

    async def find_refunds(self, capture_ref: str, account_ref: str) -> Sequence[RefundSnapshot]:
        """Every refund of this capture, whoever made it, in no order that may be relied on: each rail has its own."""
        ...

    def list_events(
        self, account_ref: str, since: datetime, types: Sequence[str]
    ) -> AsyncIterator[Sequence[ListedEvent]]:
        """The events of these types in one account ("" for the platform) since then, newest first, page by page.

        Each page is asked for when the one before has been dealt with.
        """
        ...

    def read_event(self, body: bytes) -> Notice: ...

    async def ping(self) -> None:
        """Ask for something small; raises when the provider cannot be reached with this key."""
        ...

    def is_away(self) -> bool:
        """Whether the provider did not answer a moment ago and is left alone; `ping` finds out when that ends."""
        ...


class SearchingGateway(Protocol):
    """A rail whose sessions can be listed."""

    async def find_payments(
        self, payment_id: str, account_ref: str, since: datetime, until: datetime | None = None
    ) -> Sequence[PaymentSnapshot]: ...


class ExpiringGateway(Protocol):
    """A rail whose open session can be closed."""

    async def expire(self, ref: str, account_ref: str) -> bool:
        """Close an open session; False when the provider refuses because it is not open any more."""
        ...


class CapturingGateway(Protocol):
    """A rail where the buyer agrees first and nothing moves until we capture it."""

    async def capture_payment(self, ref: str, key: str) -> PaymentSnapshot:
        """Take what the buyer has agreed to, once per key; captured already, it is what was captured.

        Raises FundingDeclined (another way to pay may do, with a new key), ApprovalNeeded (nobody has agreed yet, or
        must again), ConsentUnseen (a new key, later), Declined (this checkout is over), Unavailable (outcome unknown:
        the same key again, or a look).
        """
        ...

    async def track(self, ref: str, capture_ref: str, carrier: str, number: str) -> None:
        """Tell the provider under which number the goods of a payment travel; told twice, it changes nothing."""
        ...


class StripeRail(CheckoutGateway, SearchingGateway, ExpiringGateway, ConnectGateway, TransferGateway, Protocol):
    """What the shop uses of Stripe."""

    def freeze_discount(self, request: CheckoutRequest) -> str:
        """The body of the request that makes our discount known there, "" when none is needed. Calls nobody."""
        ...

    async def make_discount(self, frozen: str, account_ref: str, key: str) -> None:
        """Make the discount that the frozen checkout names; made already, it changes nothing."""
        ...

    async def find_application_fee(self, capture_ref: str) -> Moved | None:
        """What we took of a direct charge, once it has landed: to be seen when the charge is out of reach."""
        ...

    async def list_endpoints(self) -> Sequence[EndpointSnapshot]: ...

    def verify_event(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises BadSignature."""
        ...

    def sign_probe(self, endpoint: str) -> tuple[str, dict[str, str], bytes]:
        """An event of a type nobody handles, signed with our own secret: (event id, headers, body)."""
        ...


class PayPalRail(CheckoutGateway, CapturingGateway, PayoutGateway, Protocol):
    """What the shop uses of PayPal."""

    async def fetch_refund(self, ref: str, capture_ref: str) -> RefundSnapshot | None:
        """One refund by its own reference, which is known before a list has it; None where this capture has no such."""
        ...

    async def fetch_dispute(self, ref: str) -> DisputeSnapshot: ...

    async def fetch_webhook(self) -> WebhookSnapshot:
        """The webhook whose id we were given. Raises GatewayBug where PayPal has none of that id."""
        ...

    async def verify_event(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check a delivery's raw bytes; its certificate may be fetched. Raises BadSignature, or Unavailable."""
        ...


@dataclass(frozen=True)
class Gateways:
    """Every rail of this shop; a frozen dataclass because Litestar turns a bare Protocol into an isinstance check.

    `visit_seconds`: how long a visitor waits for a provider before the page is shown anyway. `platform_country`: where
    the platform's own account is; a vendor elsewhere settles its destination charges itself.
    """

    stripe: StripeRail
    paypal: PayPalRail | None = None
    livemode: bool = False
    visit_seconds: float = 8.0
    platform_country: str = "US"

    def rail(self, provider: str) -> CheckoutGateway:
        """The rail of this name, as payments carry it. Raises Unavailable for one that this shop has no keys for."""
        if provider == PAYPAL:
            return self.with_capture()
        return self.stripe

    def with_capture(self) -> PayPalRail:
        """The rail on which we capture. Raises Unavailable when this shop has no keys for it."""
        if self.paypal is None:
            raise Unavailable("PayPal is not set up: give PAYPAL_CLIENT_ID and what belongs to it")
        return self.paypal
