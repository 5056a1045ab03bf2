"""What a link of a mail is good for."""

from enum import StrEnum


class LinkKind(StrEnum):
    """`verify_email` proves an address, the first or another one; `reset_password` lets a new password be chosen."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a kind
