"""Tables of allowed moves.

A slice's `states.py` lists its moves once as `Lifecycle`; `kit.db.advance` asks it before every compare-and-set, the
database asks its own copy (`allowed_move`) in a trigger, and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Lifecycle:
    """The moves of one state column: `moves[from] = {to, …}`; `machine` names it in `allowed_move`."""

    machine: str
    moves: Mapping[str, frozenset[str]]

    def sources(self, to: str) -> tuple[str, ...]:
        """Every state from which `to` may be reached."""
        return tuple(state for state, targets in self.moves.items() if to in targets)

    def allows(self, source: str, to: str) -> bool:
        """Whether the one move is listed."""
        return to in self.moves.get(source, frozenset())

    def pairs(self) -> list[tuple[str, str]]:
        """All moves as (from, to), sorted."""
        return sorted((source, to) for source, targets in self.moves.items() for to in targets)
