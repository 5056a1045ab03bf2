"""The port's part for what vendors get out of a platform's charge: transfers, reversals, balances.

Amounts are minor units. What the provider refuses as things are raises `port.TransferHeld`, which says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from store.kit.money import Money


class Hold(StrEnum):
    """Why money is not passed on, or not taken back, for now. `account`: it may not receive any at the moment."""

    ACCOUNT = "account"
    BALANCE = "balance"
    CURRENCY = "currency"
    OTHER = "other"


@dataclass(frozen=True)
class TransferRequest:
    """Pass money of the platform on to `account_ref`; `source_ref`: the charge that pays for it, "" for the balance."""

    transfer_id: str
    order_id: str
    account_ref: str
    amount: int
    currency: str
    source_ref: str
    group: str


@dataclass(frozen=True)
class ReversalRequest:
    """Take a part of a transfer back, minor units of its currency."""

    reversal_id: str
    transfer_ref: str
    amount: int
    currency: str


@dataclass(frozen=True)
class ReversalSnapshot:
    """One reversal: `taken` from the vendor's account, `landed` on the platform's; `reversal_id` is ours, or empty."""

    ref: str
    reversal_id: str
    taken: Money
    landed: Money


@dataclass(frozen=True)
class TransferSnapshot:
    """One transfer: `amount` left the platform, `landed` arrived. `transfer_id` is ours, empty for one made by hand."""

    ref: str
    transfer_id: str
    account_ref: str
    amount: Money
    landed: Money
    reversals: tuple[ReversalSnapshot, ...] = ()


class TransferGateway(Protocol):
    """Money passed on to connected accounts."""

    async def transfer(self, request: TransferRequest, key: str) -> TransferSnapshot:
        """Pass money on, once per key. Raises TransferHeld where the provider will not do it now."""
        ...

    async def reverse_transfer(self, request: ReversalRequest, key: str) -> ReversalSnapshot:
        """Take money back, once per key. Raises TransferHeld, where the vendor's balance is too small for example."""
        ...

    async def find_transfers(self, group: str) -> Sequence[TransferSnapshot]:
        """Every transfer of this group with its reversals, whoever made them."""
        ...

    async def balance(self, account_ref: str) -> Sequence[Money]:
        """All that an account ("" for the platform) has there, one amount per currency, whatever holds it back."""
        ...
