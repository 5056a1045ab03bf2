"""After a 429 the whole process goes slower: as long as the provider asked for, or longer each time, with jitter.

One pace per process and provider. Nobody waits longer than `LONGEST_WAIT` and its jitter for a turn: a call that would
have to is refused, since a buyer is better told to try again. Waits are wall time, by a clock that never leaps.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from store.gateways.port import Unavailable

FIRST_SECONDS = 0.5
# How long after a 429 a call may still wait and be tried again.
LONGEST_WAIT = 5.0
# What a provider may ask for at most.
LONGEST_SECONDS = 120.0


class TooFast(Unavailable):
    """The provider wants to be asked less often; nothing was sent."""


class Pace:
    """When the next call may go out. `sleep` waits, `now` gives seconds that only grow."""

    def __init__(
        self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep = sleep
        self._now = now
        self._not_before = 0.0

    async def take_turn(self) -> None:
        """Wait for this call's turn; raises TooFast when that is too long to wait for."""
        wait = self._not_before - self._now()
        if wait <= 0:
            return
        if wait > LONGEST_WAIT * 1.5:
            raise TooFast(f"the provider asked for {wait:.0f} s of patience")
        await self._sleep(wait)

    def slow_down(self, tries: int, asked: str | None) -> None:
        """The provider said 429 to this call for the `tries`-th time; `asked` is its Retry-After, in seconds."""
        seconds = FIRST_SECONDS * 2 ** (tries - 1)
        if asked and asked.isascii() and asked.isdigit():
            seconds = min(float(asked), LONGEST_SECONDS)
        # Never sooner than asked, and not all at the same moment.
        seconds += random.uniform(0, seconds / 2)  # noqa: S311
        self._not_before = max(self._not_before, self._now() + seconds)
