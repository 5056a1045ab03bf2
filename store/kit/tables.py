"""Two tables behind the lifecycles (which moves exist, and every move that was made), and the rate limits.

The first two are written by the migrations and by a trigger, never by a service: a state cannot go where no
move leads, whoever writes it (I18).
"""

from __future__ import annotations

from piccolo.columns import BigSerial, DoublePrecision, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class AllowedMove(Table, tablename="allowed_move"):
    """One allowed move of one machine; filled by a migration from the slices' `states.py`."""

    id = BigSerial(primary_key=True)
    machine = Text()
    from_state = Text()
    to_state = Text()


class Transition(Table, tablename="transition"):
    """One move that was made; `seq` counts per row from 1 without a gap."""

    id = BigSerial(primary_key=True)
    machine = Text()
    row_id = Text()
    seq = Integer()
    from_state = Text()
    to_state = Text()
    at = Timestamptz(default=TimestamptzNow())


class RateLimit(Table, tablename="rate_limit"):
    """One limited key (a hash of it). `tat` is the theoretical arrival time in seconds of wall time (GCRA)."""

    key = Text(primary_key=True)
    tat = DoublePrecision()
