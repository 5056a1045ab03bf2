"""A clock of the sandbox for what happens in one second and not in the next."""

from __future__ import annotations

from pathlib import Path

from store.sandbox.clock import Clock


class StillClock(Clock):
    """Moves when it is told to and not by itself: what is due in a second stays so on a slow machine."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._began = super().now() - self.offset

    def now(self) -> int:
        return self._began + self.offset
