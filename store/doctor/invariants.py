"""Every invariant that our own rows can answer, in the order of their numbers."""

from __future__ import annotations

from store.doctor import history, ledger, money, stock
from store.doctor.invariant import Invariant, find_violations

__all__ = ["INVARIANTS", "Invariant", "find_violations"]

INVARIANTS = tuple(
    sorted(
        (*stock.INVARIANTS, *money.INVARIANTS, *ledger.INVARIANTS, *history.INVARIANTS),
        key=lambda one: int(one.name.removeprefix("I")),
    )
)
