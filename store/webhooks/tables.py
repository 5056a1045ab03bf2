"""The inbox: every delivery whose signature is right is a row before it is answered.

Unique on (provider, event id): a second delivery changes nothing (I16). The same id with another body is kept beside
the first and never applied from its payload (I17).
"""

from piccolo.columns import UUID, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from store.kit.queue import QueueColumns


class InboxEvent(QueueColumns, Table, tablename="inbox_event"):
    """One event. `outcome` says in one word what came of it: applied, ignored, foreign, wrong_mode, unknown."""

    id = UUID(primary_key=True, default=UUID4())
    provider = Text()
    event_id = Text()
    endpoint = Text()
    type = Text()
    account = Text(default="")
    resource = Text(default="")
    livemode = Boolean(default=False)
    sha256 = Text()
    body = Text()
    deliveries = Integer(default=1)
    outcome = Text(default="")
    created_at = Timestamptz(null=True, default=None)
    received_at = Timestamptz(default=TimestamptzNow())

    inbox_event_once = Unique(["provider", "event_id"])


class InboxVariant(Table, tablename="inbox_variant"):
    """Another body under a known event id; `alarming` when type, account, resource or livemode differ."""

    id = BigSerial(primary_key=True)
    provider = Text()
    event_id = Text()
    sha256 = Text()
    body = Text()
    alarming = Boolean(default=False)
    received_at = Timestamptz(default=TimestamptzNow())

    inbox_variant_once = Unique(["provider", "event_id", "sha256"])
