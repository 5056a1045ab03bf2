"""Persons, the sessions of their browsers, and links that work once. Roles in shops are rows of `vendors`, not of here.

What a browser or a mail holds is found by its hash only: who reads these tables can neither be somebody nor set
anybody's password.
"""

from piccolo.columns import UUID, Array, Boolean, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check
from piccolo.table import Table


class Person(Table, tablename="person"):
    """Somebody with an account. `email_key` (NFC, casefolded) is who an address belongs to; both are null once deleted.

    `password_hash` is Argon2id's own text, "" where no password can be right. `operator` runs the whole market.
    """

    id = UUID(primary_key=True, default=UUID4())
    email = Text(null=True, default=None)
    email_key = Text(null=True, default=None, unique=True)
    password_hash = Text(default="")
    verified_at = Timestamptz(null=True, default=None)
    operator = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())
    deleted_at = Timestamptz(null=True, default=None)

    person_is_gone = Check(
        "(deleted_at IS NULL) = (email IS NOT NULL) AND (email IS NULL) = (email_key IS NULL)"
        " AND (deleted_at IS NULL OR password_hash = '' AND NOT operator)"
    )


class Session(Table, tablename="session"):
    """One browser's session: messages to show once, and who is signed in. `id` is the sha256 of the cookie, in hex.

    `signed_in_at` is when the person last proved who they are; `device` is the browser in words.
    """

    id = Text(primary_key=True)
    flash = Array(base_column=Text(), default=[])
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(index=True)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.cascade)
    signed_in_at = Timestamptz(null=True, default=None)
    device = Text(default="")

    session_of_somebody = Check("(person IS NULL) = (signed_in_at IS NULL)")


class Link(Table, tablename="link"):
    """One link of a mail, good for one use of one `kind` until it expires. `id` is the sha256 of its token, in hex.

    `email` is the address it was sent to: it proves that one and no other.
    """

    id = Text(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade)
    kind = Text()
    email = Text()
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(index=True)
