"""The virtual clock: wall time plus an offset that tests and demos move forward.

The offset lives in a file holding ONE integer (seconds), replaced atomically, so that the shop, another
process, reads either the old value or the new one and never half of one. The sandbox is the file's only
writer. The clock moves business deadlines (expiry, settlement) and nothing else: signatures, back-off and
time-outs use wall time. It moves forward only; going back to wall time is part of a reset, where everything that
depends on the clock goes too.
"""

from __future__ import annotations

import os
import time
from pathlib import Path


class Clock:
    """Epoch seconds, UTC; never behind wall time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = _read_offset(path)

    def now(self) -> int:
        """Return the virtual time in epoch seconds, UTC."""
        return int(time.time()) + self._offset

    @property
    def offset(self) -> int:
        """Seconds the virtual clock is ahead of wall time."""
        return self._offset

    def advance(self, seconds: int) -> int:
        """Move the clock forward by `seconds` and return the new time; ValueError when negative."""
        if seconds < 0:
            raise ValueError("The clock only moves forward: `advance` must be 0 or more seconds.")
        self._write_offset(self._offset + seconds)
        return self.now()

    def reset(self) -> None:
        """Put the clock back to wall time (part of `/_sandbox/reset` only)."""
        if self._offset:
            self._write_offset(0)

    def _write_offset(self, offset: int) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(self._path.name + ".new")
        with beside.open("w", encoding="ascii") as file:
            file.write(str(offset))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._path)
        self._offset = offset


def _read_offset(path: Path) -> int:
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return 0
    try:
        return int(text or "0")
    except ValueError:
        raise ValueError(
            f"{path} should hold one integer (the clock's offset in seconds), not {text[:40]!r}. Delete it."
        ) from None
