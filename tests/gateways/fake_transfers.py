"""The fake's transfers: money of a charge, or of a balance that is empty, passed on and taken back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from store.gateways.port import TransferHeld
from store.gateways.transfers import Hold, ReversalRequest, ReversalSnapshot, TransferRequest, TransferSnapshot
from store.kit.ids import new_token
from store.kit.money import Money


class FakeTransfers:
    """TransferGateway. `closed`: accounts that may not receive anything; `broke`: those that have nothing left."""

    def __init__(self, fail: Callable[[str, str], None], find_charge: Callable[[str], Money]) -> None:
        self.closed: set[str] = set()
        self.broke: set[str] = set()
        self.made: list[tuple[TransferRequest, TransferSnapshot]] = []
        self._keys: dict[str, TransferSnapshot | ReversalSnapshot] = {}
        self._fail, self._find_charge = fail, find_charge

    async def transfer(self, request: TransferRequest, key: str) -> TransferSnapshot:
        self._fail("transfer", "before")
        if isinstance(known := self._keys.get(key), TransferSnapshot):
            return known
        if request.account_ref in self.closed:
            raise TransferHeld(Hold.ACCOUNT, "this account may not receive transfers")
        left = self._find_charge(request.source_ref).amount if request.source_ref else 0
        passed = sum(one.amount.amount for asked, one in self.made if asked.source_ref == request.source_ref)
        if request.amount > left - passed:
            raise TransferHeld(Hold.OTHER if request.source_ref else Hold.BALANCE, "there is not as much")
        amount = Money(request.amount, request.currency)
        made = TransferSnapshot(f"tr_{new_token()}", request.transfer_id, request.account_ref, amount, amount)
        self._keys[key] = made
        self.made.append((request, made))
        self._fail("transfer", "after")
        return made

    async def reverse_transfer(self, request: ReversalRequest, key: str) -> ReversalSnapshot:
        self._fail("reverse_transfer", "before")
        if isinstance(known := self._keys.get(key), ReversalSnapshot):
            return known
        at, (asked, sent) = next((at, one) for at, one in enumerate(self.made) if one[1].ref == request.transfer_ref)
        if sent.account_ref in self.broke:
            raise TransferHeld(Hold.BALANCE, "the account has nothing left")
        left = sent.amount.amount - sum(one.landed.amount for one in sent.reversals)
        if request.amount > left:
            raise TransferHeld(Hold.OTHER, "more than was sent")
        amount = Money(request.amount, request.currency)
        made = ReversalSnapshot(f"trr_{new_token()}", request.reversal_id, amount, amount)
        self._keys[key] = made
        self.made[at] = (asked, dataclasses.replace(sent, reversals=(made, *sent.reversals)))
        self._fail("reverse_transfer", "after")
        return made

    async def find_transfers(self, group: str) -> Sequence[TransferSnapshot]:
        self._fail("find_transfers", "before")
        return [made for asked, made in reversed(self.made) if asked.group == group]

    async def balance(self, account_ref: str) -> Sequence[Money]:
        sums: dict[str, int] = {}
        for _, made in self.made:
            kept = made.amount.amount - sum(one.landed.amount for one in made.reversals)
            if made.account_ref == account_ref:
                sums[made.amount.currency] = sums.get(made.amount.currency, 0) + kept
        return [Money(amount, currency) for currency, amount in sorted(sums.items())]
