"""The mail outbox: written in the transaction that has something to tell, sent by the worker."""

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from store.kit.queue import QueueColumns


class MailMessage(QueueColumns, Table, tablename="mail_message"):
    """One mail. (kind, cause) is unique: a fact is told once (I22). `view` is the frozen JSON its template gets."""

    id = UUID(primary_key=True, default=UUID4())
    kind = Text()
    cause = Text()
    recipient = Text()
    view = Text(default="{}")
    created_at = Timestamptz(default=TimestamptzNow())

    mail_message_once = Unique(["kind", "cause"])
