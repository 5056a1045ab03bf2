"""What accounts can do: sessions of browsers, persons and their passwords."""

from store.accounts.service.passwords import check_password, find_weakness, hash_password
from store.accounts.service.persons import AddressTaken, create_person, email_key, find_by_email, prove
from store.accounts.service.sessions import (
    LIFETIME,
    MOST_MESSAGES,
    end_sessions,
    forget_sessions,
    keep_messages,
    rotate,
    sign_in,
    sign_out,
    take_messages,
)

__all__ = [
    "LIFETIME",
    "MOST_MESSAGES",
    "AddressTaken",
    "check_password",
    "create_person",
    "email_key",
    "end_sessions",
    "find_by_email",
    "find_weakness",
    "forget_sessions",
    "hash_password",
    "keep_messages",
    "prove",
    "rotate",
    "sign_in",
    "sign_out",
    "take_messages",
]
