"""One answer of the doctor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One answer: `detail` names the row and the next step when `ok` is false."""

    name: str
    ok: bool
    detail: str
