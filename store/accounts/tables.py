"""Sessions of visitors. A session is found by the hash of its id only: who reads this table cannot use it."""

from piccolo.columns import Array, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class Session(Table, tablename="session"):
    """One browser's session: messages to show once. `id` is the sha256 of the cookie's value, in hex."""

    id = Text(primary_key=True)
    flash = Array(base_column=Text(), default=[])
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(index=True)
