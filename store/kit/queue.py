"""A table as a queue: claim with a lease, work without a transaction, write the result fenced by the attempt.

`QueueColumns` gives a table the columns. A claim is one short statement (`SKIP LOCKED`); a worker that was away
longer than its lease finds `attempt` moved on and its result is not written. Leases and back-off are wall time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
from piccolo.columns import Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

from store.kit import clock
from store.kit.db import fetch, fetch_row

WAITING, DONE, PARKED = "waiting", "done", "parked"
LEASE = timedelta(seconds=60)
BACK_OFF_SECONDS = (1, 2, 5, 15, 60, 300, 900, 3600)
CHANNEL = "work"
CONCURRENCY = 8


class QueueColumns:
    """Columns of a table that is worked off; `state` is waiting, done or parked."""

    state = Text(default=WAITING)
    attempt = Integer(default=0)
    run_at = Timestamptz(default=TimestamptzNow())
    lease_until = Timestamptz(null=True, default=None)
    last_error = Text(default="")
    done_at = Timestamptz(null=True, default=None)


@dataclass(frozen=True)
class Claim:
    """One claimed row and the attempt that fences it."""

    table: str
    id: Any
    attempt: int
    row: asyncpg.Record


async def notify() -> None:
    """Wake the workers when the open transaction commits (or at once outside one)."""
    await fetch(f"NOTIFY {CHANNEL}")


async def claim(table: str, limit: int = CONCURRENCY, away: Collection[str] = ()) -> list[Claim]:
    """Take up to `limit` due rows of `table` for `LEASE`; each is counted as one more attempt.

    Those whose column `provider` is among `away` stay, uncounted.
    """
    now, waits = clock.wall(), "AND provider <> ALL($4)" if away else ""
    rows = await fetch(
        f"UPDATE {table} SET lease_until = $2, attempt = attempt + 1 WHERE id IN ("  # noqa: S608
        f" SELECT id FROM {table} WHERE state = 'waiting' AND run_at <= $1"
        f"  AND (lease_until IS NULL OR lease_until <= $1) {waits} ORDER BY run_at, id FOR UPDATE SKIP LOCKED LIMIT $3"
        ") RETURNING *",
        now,
        now + LEASE,
        limit,
        *([list(away)] if away else []),
    )
    return [Claim(table, row["id"], row["attempt"], row) for row in rows]


async def finish(claim: Claim, state: str = DONE) -> bool:
    """Write the result; False when the lease was lost and another attempt owns the row."""
    return await _write(claim, state, clock.wall(), clock.wall(), "")


async def postpone(claim: Claim, error: str, tries: int) -> str:
    """Put the row back with growing back-off, or park it after `tries`; returns the state written."""
    now = clock.wall()
    if claim.attempt >= tries:
        await _write(claim, PARKED, now, None, error)
        return PARKED
    delay = BACK_OFF_SECONDS[min(claim.attempt, len(BACK_OFF_SECONDS)) - 1]
    await _write(claim, WAITING, now + timedelta(seconds=delay), None, error)
    return WAITING


async def hasten(table: str, errors: Collection[str], provider: str) -> int:
    """Make due now what was postponed because of one of these `errors` (names of classes) of one provider.

    Returns how many rows that were.
    """
    rows = await fetch(
        f"UPDATE {table} SET run_at = $1 WHERE state = 'waiting' AND run_at > $1"  # noqa: S608
        " AND split_part(last_error, ':', 1) = ANY($2) AND provider = $3 RETURNING 1",
        clock.wall(),
        list(errors),
        provider,
    )
    return len(rows)


async def work(
    table: str,
    handle: Callable[[asyncpg.Record], Awaitable[str | None]],
    *,
    tries: int = 12,
    away: Collection[str] = (),
) -> int:
    """Claim up to `CONCURRENCY` rows, handle them side by side without a transaction, write the results.

    Returns how many rows were taken; none of a provider that is `away`.

    `handle` may return the state to write (default done). Any exception postpones the row, or parks it at last.
    """

    async def one(taken: Claim) -> None:
        try:
            state = await handle(taken.row)
        except Exception as error:
            await postpone(taken, f"{type(error).__name__}: {error}"[:500], tries)
        else:
            await finish(taken, state or DONE)

    claims = await claim(table, CONCURRENCY, away)
    await asyncio.gather(*(one(taken) for taken in claims))
    return len(claims)


async def _write(claim: Claim, state: str, run_at: Any, done_at: Any, error: str) -> bool:
    row = await fetch_row(
        f"UPDATE {claim.table} SET state = $3, run_at = $4, done_at = $5, last_error = $6, lease_until = NULL"  # noqa: S608
        " WHERE id = $1 AND attempt = $2 AND state = 'waiting' RETURNING id",
        claim.id,
        claim.attempt,
        state,
        run_at,
        done_at,
        error,
    )
    return row is not None
