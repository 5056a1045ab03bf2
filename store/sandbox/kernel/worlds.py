"""The worlds of all platforms: one SQLite file per key, opened at first use and all of them at a start.

`sk_test_X`, `pk_test_X` and `rk_test_X` belong to one platform, whose account id and file follow from X alone; the
demo's X has the file and the id it always had. A platform is in the US unless X starts with a country (`de_`, `jp_`).
Invariant: no id that is made up here is in two worlds, so it finds its world.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from store.sandbox.kernel.errors import ApiError
from store.sandbox.kernel.ids import ALPHABET
from store.sandbox.kernel.world import Document, ReadsClock, World

DEMO_TAIL = "overprint"
DEMO_FILE = "sandbox.sqlite"
HOMES = ("DE", "JP")
# Each open world holds three files; a process may hold about a thousand.
MOST = 200

Listener = Callable[[World, str, Document], None]


class Worlds:
    """Every platform's world; `demo` is the one of the demo's keys, always there."""

    def __init__(self, folder: Path, clock: ReadsClock, most: int = MOST) -> None:
        self._most = most
        self.clock = clock
        self.listeners: list[Listener] = []
        self._folder = folder / "platforms"
        self.demo = World(folder / DEMO_FILE, clock)
        self._open: dict[str, World] = {DEMO_TAIL: self.demo}
        self._listen(self.demo)
        for file in sorted(self._folder.glob("*-*.sqlite")):
            home, name = file.stem.split("-", 1)
            self._add(name, home.upper())

    def __iter__(self) -> Iterator[World]:
        return iter(list(self._open.values()))

    def find(self, tail: str) -> World:
        """Return the world of the keys that end in `tail`, making it at first use; ApiError when there are too many."""
        if tail == DEMO_TAIL:
            return self.demo
        name = hashlib.sha256(tail.encode()).hexdigest()[:24]
        if name not in self._open:
            if len(self._open) >= self._most:
                raise ApiError(
                    400,
                    f"This sandbox already has {self._most} platforms. Use one of their keys, or another data folder.",
                    code="sandbox_unsupported",
                )
            self._add(name, next((home for home in HOMES if tail.startswith(f"{home.lower()}_")), "US"))
        return self._open[name]

    def find_holder(self, id: str) -> World | None:
        """Return the world that has an object of this id, or None."""
        return next((world for world in self if world.lookup(id)), None)

    def tick(self) -> None:
        """Do what is due in every world; the first failure is raised when all had their turn."""
        failure: Exception | None = None
        for world in self:
            try:
                world.tick()
            except Exception as error:
                failure = failure or error
        if failure:
            raise failure

    def reset(self) -> None:
        """Put every world back to the state after its seeding."""
        for world in self:
            world.reset()

    def mark_seeded(self) -> None:
        """Remember the present state of every world as the one `reset` goes back to."""
        for world in self:
            world.mark_seeded()

    def empty(self) -> None:
        """Take everything out of every world, what was seeded too; keys make their platforms anew."""
        for world in self:
            world.empty()

    def close(self) -> None:
        """Close every file; the worlds must not be used afterwards."""
        for world in self:
            world.close()

    def _add(self, name: str, home: str) -> None:
        world = World(self._folder / f"{home.lower()}-{name}.sqlite", self.clock, _account_id(name), home)
        world.folder = self.demo.folder
        self._open[name] = world
        self._listen(world)

    def _listen(self, world: World) -> None:
        def tell(account: str, event: Document) -> None:
            for listener in self.listeners:
                listener(world, account, event)

        world.on_event.append(tell)


def _account_id(name: str) -> str:
    """Return the platform's account id: 15 letters and digits that follow from the file's name."""
    number, letters = int(name, 16), ""
    for _ in range(15):
        number, place = divmod(number, len(ALPHABET))
        letters += ALPHABET[place]
    return f"acct_1{letters}"
