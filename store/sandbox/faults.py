"""The rules by which things go wrong on demand: for requests, and for webhook deliveries.

Rules live in memory: a restart clears them. The oldest rule that matches acts; a count goes down when a rule has acted,
and a used-up rule is forgotten. A rule with a probability throws its own dice for each request it matches: the same
seed and the same requests, in the same order, meet the same faults.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

HANG_SECONDS = 60.0
SLOW_SECONDS = 8.0
OLD_SECONDS = 301  # the SDK's tolerance is 300 (fact page §7.1)
TAMPERINGS = ("forge", "old_timestamp", "wrong_secret")


@dataclass(frozen=True)
class Incoming:
    """A request as rules see it; `mentions` tells whether an id is in its path or among its parameters."""

    method: str
    path: str
    account: str = ""
    mentions: Callable[[str], bool] = lambda object: False
    provider: str = "stripe"


@dataclass
class RequestFault:
    """One rule: the next `left` matching requests (None = until cleared) meet `action`."""

    method: str
    path: str
    when: str
    action: str
    status: int = 500
    seconds: float = HANG_SECONDS
    left: int | None = 1
    account: str | None = None
    object: str | None = None
    probability: float = 1.0
    seed: int | None = None
    provider: str | None = None
    _dice: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311  repeatable on purpose

    def strikes(self, request: Incoming) -> bool:
        """Tell whether this request meets the fault; the dice are thrown for requests that match."""
        return (
            fnmatchcase(request.method, self.method)
            and fnmatchcase(request.path, self.path)
            and self.provider in (None, request.provider)
            and self.account in (None, request.account)
            and (self.object is None or request.mentions(self.object))
            and (self.probability >= 1 or self._dice.random() < self.probability)
        )

    def describe(self) -> dict[str, Any]:
        """The rule as its caller gave it, with what is left."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


@dataclass
class DeliveryRule:
    """One rule for webhook deliveries planned from now on; `hold` stays until released or cleared."""

    action: str
    type: str | None = None
    event: str | None = None
    endpoint: str | None = None
    seconds: float = 0.0
    left: int | None = 1
    # The deliveries that a `reorder` has kept so far, in the order of their planning.
    kept: list[str] = field(default_factory=list)

    def matches(self, type: str, event: str, endpoint: str) -> bool:
        """Tell whether a delivery of `event` with this event type is meant; the filters may hold globs."""
        return (
            fnmatchcase(type, self.type or "*")
            and fnmatchcase(event, self.event or "*")
            and fnmatchcase(endpoint, self.endpoint or "*")
        )

    def describe(self) -> dict[str, Any]:
        """The rule as its caller gave it, with what is left."""
        return dict(vars(self))


@dataclass
class Faults:
    """The rules in force, and the scenario that set them, if one did."""

    requests: list[RequestFault] = field(default_factory=list)
    deliveries: list[DeliveryRule] = field(default_factory=list)
    scenario: str | None = None

    def take_request(self, request: Incoming, when: str) -> RequestFault | None:
        """Return and use up the oldest rule for this request, or None."""
        for rule in self.requests:
            if rule.when == when and rule.strikes(request):
                _use(self.requests, rule)
                return rule
        return None

    def take_delivery(self, action: str, type: str, event: str, endpoint: str) -> DeliveryRule | None:
        """Return and use up the oldest `action` rule for this delivery, or None."""
        for rule in self.deliveries:
            if rule.action == action and rule.matches(type, event, endpoint):
                _use(self.deliveries, rule)
                return rule
        return None

    def release(self, type: str | None, event: str | None, endpoint: str | None) -> None:
        """Forget the `hold` and `reorder` rules with the same filters; without a filter all of them."""
        filters = (type, event, endpoint)
        everything = filters == (None, None, None)
        self.deliveries = [
            rule
            for rule in self.deliveries
            if rule.action not in ("hold", "reorder")
            or not (everything or (rule.type, rule.event, rule.endpoint) == filters)
        ]

    def clear(self) -> None:
        """Forget every rule."""
        self.requests.clear()
        self.deliveries.clear()
        self.scenario = None


def _use(rules: list[Any], rule: Any) -> None:
    if rule.left is not None:
        rule.left -= 1
        if rule.left <= 0:
            rules.remove(rule)
