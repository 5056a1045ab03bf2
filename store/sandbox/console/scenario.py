"""What a scenario card is: what it sets, what to do then, what to expect, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Rule = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Scenario:
    """One card. `rules` are (call of the control API, its JSON body); `clock` is a step the page offers (seconds).

    `end`: what the button that ends rules does not undo.
    """

    name: str
    title: str
    about: str
    do: tuple[str, ...]
    expect: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    clock: int | None = None
    end: str = ""

    @property
    def turns(self) -> bool:
        """Whether it turns an account, which its page lets one choose."""
        return any(call == "accounts" for call, _ in self.rules)
