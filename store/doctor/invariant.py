"""One thing that must never be untrue, as SQL that returns a row per violation.

The numbers are those of the table in `docs/reliability.md`. Most of them the database refuses by itself, and this is
how one sees that it did. `$1` in the SQL is a moment: what is younger may still be on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from store.kit.db import fetch

OVERDUE = timedelta(minutes=15)
# Of a `capture`: it lies on an account that has let us go, so what becomes of it there can never be known.
OUT_OF_REACH = """
EXISTS (SELECT FROM connected_account AS account
  WHERE account.account_ref = capture.account_ref AND account.closed_at IS NOT NULL)
"""


@dataclass(frozen=True)
class Invariant:
    """`sql` selects (row, words) of each violation; `next_step` says what to do about one."""

    name: str
    text: str
    sql: str
    next_step: str


async def find_violations(invariant: Invariant, now: datetime) -> list[tuple[str, str]]:
    """The rows that break one invariant, as (row, words); empty when it holds. `now` is business time, UTC."""
    arguments = (now - OVERDUE,) if "$1" in invariant.sql else ()
    return [(row[0], row[1]) for row in await fetch(invariant.sql, *arguments)]
