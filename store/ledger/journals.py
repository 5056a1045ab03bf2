"""Which entries a movement of money makes: pure templates, balanced in every currency (Hypothesis proves it).

Amounts are minor units and positive as arguments; in an Entry a debit is positive and a credit negative.
Legs of zero are left out. A movement between currencies is two balanced pairs that meet in `exchange`. Each
provider object (charge, transfer, refund, reversal, fee) is a journal of its own, posted under its own ref
when it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from store.kit.money import Money
from store.ledger import names


@dataclass(frozen=True, order=True)
class Entry:
    """One leg: `amount` minor units of `currency`, debit positive."""

    account: str
    currency: str
    amount: int


def capture(landed: str, currency: str, shares: Mapping[str, int], fee: int) -> tuple[Entry, ...]:
    """A payment was captured: the money landed on `landed`, the shares are owed, the fee is ours.

    `landed` is `names.provider("stripe")` for a platform or destination charge and `names.provider("stripe",
    "acct_…")` for a direct one; `shares` maps vendor ids to what each earns; shares and fee are the whole
    payment. Raises ValueError for a negative part.
    """
    if min(fee, *shares.values()) < 0:
        raise ValueError("a capture has no negative part")
    total = sum(shares.values()) + fee
    owed = [(names.payable(vendor), -share) for vendor, share in shares.items()]
    return _legs(currency, (landed, total), *owed, (names.INCOME_FEES, -fee))


def promotion(currency: str, owed: Mapping[str, int]) -> tuple[Entry, ...]:
    """A discount of ours went beyond our fee: a cost, owed to the vendors (`owed` maps vendor ids to amounts).

    Raises ValueError for a negative amount.
    """
    if min(owed.values(), default=0) < 0:
        raise ValueError("a promotion owes nothing negative")
    legs = [(names.payable(vendor), -amount) for vendor, amount in owed.items()]
    return _legs(currency, (names.COST_PROMOTIONS, sum(owed.values())), *legs)


def application_fee(charged: str, collected: str, taken: Money, landed: Money) -> tuple[Entry, ...]:
    """The platform's fee moved from the charged account to the platform: `taken` there, `landed` here.

    They differ in currency when the provider converts (EUR and JPY fees land in USD). Raises ValueError
    when the currency is one and the amounts differ.
    """
    return _move(charged, collected, taken, landed)


def application_fee_refund(charged: str, collected: str, taken: Money, landed: Money) -> tuple[Entry, ...]:
    """The fee moved back: `taken` from the platform's account, `landed` on the charged account."""
    return _move(collected, charged, taken, landed)


def direct_provider_fee(charged: str, vendor: str, fee: Money) -> tuple[Entry, ...]:
    """The provider kept its fee on a direct charge: the vendor, merchant of record, bears it."""
    return _legs(fee.currency, (names.payable(vendor), fee.amount), (charged, -fee.amount))


def platform_provider_fee(charged: str, fee: Money) -> tuple[Entry, ...]:
    """The provider kept its fee on a platform or destination charge: a cost of ours."""
    return _legs(fee.currency, (names.COST_PROVIDER_FEES, fee.amount), (charged, -fee.amount))


def transfer(platform: str, destination: str, taken: Money, landed: Money) -> tuple[Entry, ...]:
    """The platform moved money to a connected account: destination charges at once, separate ones later."""
    return _move(platform, destination, taken, landed)


def transfer_reversal(platform: str, destination: str, taken: Money, landed: Money) -> tuple[Entry, ...]:
    """A transfer was taken back: `taken` from the connected account, `landed` on the platform's."""
    return _move(destination, platform, taken, landed)


def payout(platform: str, vendor: str, amount: Money) -> tuple[Entry, ...]:
    """A vendor's share left our balance for an account that we do not see: it is owed to the vendor no more."""
    return _legs(amount.currency, (names.payable(vendor), amount.amount), (platform, -amount.amount))


def refund(
    paid_from: str,
    currency: str,
    total: int,
    *,
    shares_reversed: Mapping[str, int],
    fee_returned: int,
    shares_owed: Mapping[str, int] | None = None,
    promotion_returned: int = 0,
) -> tuple[Entry, ...]:
    """The buyer got `total` back from the account `paid_from`: the reverse of what was given back, by whom.

    `shares_reversed`: what each vendor gives back of its share (direct refunds; transfers that are
    reversed; the whole amount where our fee is kept). `fee_returned`: what we give back of our fee.
    `shares_owed`: what a vendor kept although the buyer got it, and owes us now. `promotion_returned`: what a
    discount of ours costs less, since it is not owed any more. Raises ValueError unless the first three make up
    `total` and `promotion_returned`.
    """
    owed = shares_owed or {}
    if min(total, fee_returned, promotion_returned, *shares_reversed.values(), *owed.values()) < 0:
        raise ValueError("a refund gives back; no part of it can be negative")
    parts = sum(shares_reversed.values()) + sum(owed.values()) + fee_returned
    if parts != total + promotion_returned:
        raise ValueError(f"a refund of {total} {currency} cannot be made of parts worth {parts}")
    return _legs(
        currency,
        *((names.payable(vendor), share) for vendor, share in shares_reversed.items()),
        *((names.receivable(vendor), share) for vendor, share in owed.items()),
        (names.INCOME_FEES, fee_returned),
        (names.COST_PROMOTIONS, -promotion_returned),
        (paid_from, -total),
    )


def reverse(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """A movement taken back (a refund that came back to us): the other way round."""
    return tuple(Entry(entry.account, entry.currency, -entry.amount) for entry in entries)


def _move(source: str, target: str, taken: Money, landed: Money) -> tuple[Entry, ...]:
    if taken.amount < 0 or landed.amount < 0:
        raise ValueError("a movement has a direction, not a sign")
    if taken.currency == landed.currency:
        if taken != landed:
            raise ValueError(f"{taken} left and {landed} arrived: a fee on the way needs its own journal")
        return _legs(taken.currency, (target, landed.amount), (source, -taken.amount))
    left = _legs(taken.currency, (names.EXCHANGE, taken.amount), (source, -taken.amount))
    arrived = _legs(landed.currency, (target, landed.amount), (names.EXCHANGE, -landed.amount))
    return (*left, *arrived)


def _legs(currency: str, *legs: tuple[str, int]) -> tuple[Entry, ...]:
    return tuple(Entry(account, currency, amount) for account, amount in legs if amount)
