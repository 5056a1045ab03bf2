"""The port's part for vendors' shares that a platform pays out to addresses: one payout, one receiver, one amount.

Amounts are minor units. A batch of one item each: the two statuses of a provider with batches are both here, and every
value that is not known is `unknown`, which nobody may read as paid or as not paid. What the provider refuses as things
are raises `port.TransferHeld`, which says why. https://developer.paypal.com/docs/api/payments.payouts-batch/v1/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from store.gateways.transfers import Hold
from store.kit.money import Money


class BatchStatus(StrEnum):
    """The provider's batch (`batch_enum`). `denied` and `canceled`: nothing of it was processed."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    DENIED = "denied"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class ItemStatus(StrEnum):
    """The one item of a batch (`transaction_enum`). `absent`: the provider shows no item, or none of its status, yet.

    `success`: credited. `failed`: never deducted. `unclaimed`: the receiver has no account yet. `returned`, `refunded`
    and `reversed`: deducted, and back on our balance. `on_hold` and `blocked`: the provider keeps it for a look.
    """

    ABSENT = "absent"
    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"
    UNCLAIMED = "unclaimed"
    RETURNED = "returned"
    ON_HOLD = "on_hold"
    BLOCKED = "blocked"
    REFUNDED = "refunded"
    REVERSED = "reversed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PayoutRequest:
    """Pay `amount` minor units to whoever holds `receiver`, an e-mail address; `note` is shown to that person."""

    payout_id: str
    receiver: str
    amount: int
    currency: str
    note: str


@dataclass(frozen=True)
class PayoutSnapshot:
    """One payout as the provider has it now. `payout_id` is ours (`sender_batch_id`), "" for one made by hand.

    `item_ref` is "" until the provider shows an item; `fee` is None until it says one. `hold` and `reason`: why it
    failed, was denied, or is kept; `reason` is the provider's words, for an unknown value that value.
    """

    batch_ref: str
    payout_id: str
    batch: BatchStatus
    receiver: str
    amount: Money
    item: ItemStatus = ItemStatus.ABSENT
    item_ref: str = ""
    transaction_ref: str = ""
    fee: Money | None = None
    hold: Hold = Hold.OTHER
    reason: str = ""


class PayoutGateway(Protocol):
    """Money paid out to addresses."""

    async def send_payout(self, request: PayoutRequest, key: str) -> PayoutSnapshot:
        """Pay out, once per `payout_id`; a second call within 30 days answers the first payout, by the link in the
        refusal.

        Raises TransferHeld where the provider will not do it now (BALANCE: ours is too small), Unavailable when the
        outcome is not known.
        """
        ...

    async def fetch_payout(self, batch_ref: str) -> PayoutSnapshot:
        """The payout of this batch. Raises GatewayBug when the provider knows no such batch."""
        ...

    async def fetch_payout_item(self, item_ref: str) -> PayoutSnapshot:
        """The payout of this item; its batch status is what the item's batch has."""
        ...

    async def cancel_payout_item(self, item_ref: str) -> PayoutSnapshot:
        """Take an unclaimed payout back. Raises GatewayBug when it is unclaimed no more: look at it then."""
        ...

    async def balance(self, account_ref: str) -> Sequence[Money]:
        """All that the platform ("") has there, one amount per currency, whatever holds it back."""
        ...
