"""The outbox: things to be done outside the transaction that decided them. It knows no noun, only kinds."""

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from store.kit.queue import QueueColumns


class Operation(QueueColumns, Table, tablename="operation"):
    """One thing to do. (kind, key) is unique, so deciding it twice writes it once; `body` is frozen JSON.

    `provider`: who must answer for it to be done.
    """

    id = UUID(primary_key=True, default=UUID4())
    kind = Text()
    key = Text()
    body = Text(default="{}")
    provider = Text(default="stripe")
    created_at = Timestamptz(default=TimestamptzNow())

    operation_once = Unique(["kind", "key"])
