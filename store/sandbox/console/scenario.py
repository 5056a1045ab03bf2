"""What a scenario card is: what it sets, what to do then, what to expect, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Rule = tuple[str, dict[str, Any]]
KEEPING = ("hold", "reorder")


@dataclass(frozen=True)
class Scenario:
    """One card. `rules` are (call of the control API, its JSON body); `clock` is a step the page offers (seconds).

    `end`: what the button that ends rules does not undo. `decides`: what brings it about where no rule does.
    `provider`: `stripe`, `paypal` or `both`, whose payments it is about.
    """

    name: str
    title: str
    about: str
    do: tuple[str, ...]
    expect: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    clock: int | None = None
    end: str = ""
    decides: str = ""
    provider: str = "stripe"

    def __post_init__(self) -> None:
        if bool(self.rules) == bool(self.decides):
            raise ValueError(f"{self.name}: either rules bring it about, or the card says what does.")

    @property
    def turns(self) -> bool:
        """Whether it turns an account, which its page lets one choose."""
        return any(call == "accounts" for call, _ in self.rules)

    @property
    def ending(self) -> str:
        """What there is to end, and what stays as it is."""
        clock = "The clock stays where it was moved to." if self.clock else ""
        return " ".join(words for words in (self._describe_rules(), self.end, clock) if words)

    def _describe_rules(self) -> str:
        if not self.rules:
            return "It sets no rule. Ending it takes its mark off these pages; what was done stays."
        rules = [body for call, body in self.rules if call != "accounts" and body["action"] != "disable"]
        if not rules:
            return ""
        one = len(rules) == 1
        lasting = all(body.get("count") == 0 for body in rules)
        words = ("Its rule holds" if one else "Its rules hold") + " until you end the scenario."
        if not lasting:
            words = (
                "Its rule ends by itself when it has acted."
                if one
                else "Its rules end by themselves once each has acted."
            )
        return words + (
            " A webhook that is kept is sent then." if any(body["action"] in KEEPING for body in rules) else ""
        )
