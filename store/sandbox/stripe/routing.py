"""What a resource file hands to the API: routes, and the call that a handler answers.

Invariant: a route names every parameter it supports; what the provider knows beyond them is refused by name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from store.sandbox.kernel.lists import list_stored
from store.sandbox.kernel.params import Params
from store.sandbox.kernel.world import Condition, Document, World

LISTS = "limit starting_after ending_before expand"


@dataclass(frozen=True)
class Call:
    """One authenticated request whose parameters are checked."""

    world: World
    account: str
    params: Params
    ids: dict[str, str]
    path: str
    origin: str
    # What a publishable key's request gave as client secret; None for the other keys.
    client_secret: str | None = None

    @property
    def publishable(self) -> bool:
        """Whether a browser asks, with a publishable key."""
        return self.client_secret is not None

    @property
    def now(self) -> int:
        """Epoch seconds of the sandbox's clock."""
        return self.world.clock.now()

    def page(self, kind: str, *filters: str, where: list[Condition] | None = None) -> Document:
        """Return one page of this account's documents of a kind, by the named parameters that were given."""
        given: list[Condition] = [
            # A currency may be written either way.
            (name, "IS", self.params[name].lower() if name == "currency" else self.params[name])
            for name in filters
            if name in self.params
        ]
        return list_stored(self.world, self.account, kind, self.path, self.params, given + (where or []))


Handler = Callable[[Call], Document]
Check = Callable[[Call], None]


@dataclass(frozen=True)
class Route:
    """One operation: the provider's method and path template, its handler, and what it supports."""

    operation: str
    handler: Handler
    supports: str = "expand"
    checks: tuple[Check, ...] = ()
    # A publishable key may call it, with the object's client secret.
    publishable: bool = False
    supported: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "supported", frozenset(self.supports.split()) | {"expand"})
