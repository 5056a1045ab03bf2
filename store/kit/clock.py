"""The one place that knows what time it is.

`now()` moves business deadlines (expiry, sweeps, holds) and may be shifted in demo mode by the offset that the sandbox
writes to `DATA/clock`. `wall()` is for signatures, cookies, rate limits, leases and time-outs and is never shifted.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

_offset_file: Path | None = None


def use_offset_file(path: Path | None) -> None:
    """Read the business offset (whole seconds, as text) from `path` from now on; None means no offset."""
    global _offset_file
    _offset_file = path


def now() -> datetime:
    """Business time, UTC: wall time plus the demo's offset."""
    return datetime.fromtimestamp(time.time() + _offset(), UTC)


def wall() -> datetime:
    """Wall time, UTC."""
    return datetime.now(UTC)


def _offset() -> int:
    if _offset_file is None:
        return 0
    try:
        return int(_offset_file.read_text() or 0)
    except (FileNotFoundError, ValueError):
        return 0
