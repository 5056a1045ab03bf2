"""Forget what events said, once it is of no use: a body names whom it is about, and we only ever follow its hint.

What stays is which event came, when, about which object, and the hash that tells another body under its id (I17). So
an event that comes years after an account was deleted leaves nothing of its person behind either.
"""

from __future__ import annotations

from datetime import timedelta

from store.kit import clock
from store.kit.db import fetch

# Wall time. The provider lists its events for 30 days: who looks later for what one of them said finds it nowhere.
DONE_FOR = timedelta(days=1)
PARKED_FOR = timedelta(days=30)


async def forget_bodies() -> int:
    """Empty the bodies of events that were done a day ago or parked a month ago; returns how many. Waiting ones stay.

    A variant is never applied: its body is emptied a day after it came, an alarming one's a month after.
    """
    done, parked = clock.wall() - DONE_FOR, clock.wall() - PARKED_FOR
    events = await fetch(
        "UPDATE inbox_event SET body = '', last_error = '' WHERE body <> '' AND received_at <= $1"
        " AND (state = 'done' AND coalesce(done_at, received_at) <= $1 OR state = 'parked' AND received_at <= $2)"
        " RETURNING id",
        done,
        parked,
    )
    variants = await fetch(
        "UPDATE inbox_variant SET body = '' WHERE body <> ''"
        " AND received_at <= CASE WHEN alarming THEN $2 ELSE $1::timestamptz END RETURNING id",
        done,
        parked,
    )
    return len(events) + len(variants)
