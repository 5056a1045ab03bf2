"""One breaker per process and provider: who is down is not asked again and again, and is asked again soon.

Closed: calls pass. After `FAILURES` in a row that say "down" it opens: calls are refused here, at once, before
anything is sent. After a pause one call passes as a probe (half-open): an answer closes it, another failure opens it
for twice as long, `LONGEST` at most. A refusal, a 429 or a declined card is an answer: the provider is there.
Pauses are wall time, by a clock that never leaps.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from store.gateways.port import Unavailable

FAILURES = 5
PAUSE_SECONDS = 5.0
LONGEST_SECONDS = 60.0


class Refused(Unavailable):
    """Nothing was sent: the provider did not answer a moment ago and is left alone for a while."""


class Breaker:
    """The state of one provider as this process sees it. `now` gives seconds that only grow."""

    def __init__(self, provider: str, now: Callable[[], float] = time.monotonic) -> None:
        self.provider = provider
        self._now = now
        self._failures = 0
        self._pause = PAUSE_SECONDS
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the provider counts as down; True until a probe has been answered."""
        return self._open_until is not None

    @property
    def is_due(self) -> bool:
        """Whether the next call may pass as the probe."""
        return self._open_until is not None and not self._probing and self._now() >= self._open_until

    def admit(self) -> bool:
        """Let one call pass, or raise Refused; returns whether it is the probe.

        Whoever passes reports `answered` or `failed`; a probe that came to neither, `gave_up`.
        """
        if self._open_until is None:
            return False
        if not self.is_due:
            raise Refused(f"{self.provider} did not answer {self._failures} times and is not asked just now")
        self._probing = True
        return True

    def answered(self) -> None:
        """The provider said something, whatever it was."""
        self._failures = 0
        self._pause = PAUSE_SECONDS
        self._open_until = None
        self._probing = False

    def failed(self) -> None:
        """No answer, or one that says that the provider is down."""
        self._failures += 1
        if self._probing:
            self._pause = min(self._pause * 2, LONGEST_SECONDS)
        if self._probing or (self._failures >= FAILURES and self._open_until is None):
            self._open_until = self._now() + self._pause
        self._probing = False

    def gave_up(self) -> None:
        """The caller of the probe went away before an answer: the next call may be the probe."""
        self._probing = False
