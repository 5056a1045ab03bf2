"""What accounts can do: sessions of browsers, persons with their addresses and passwords, links and mails."""

from store.accounts.service.changes import LinkEnded, change_password, reset_password, verify_email
from store.accounts.service.letters import LETTERS, ask_to_reset, ask_to_verify
from store.accounts.service.links import RESET_FOR, VERIFY_FOR, forget_links, issue_link, read_link
from store.accounts.service.passwords import check_password, find_weakness, hash_password
from store.accounts.service.persons import (
    AddressTaken,
    create_person,
    delete_person,
    email_key,
    find_by_email,
    has_password,
    is_password_of,
    lock_person,
    prove,
    set_operator,
)
from store.accounts.service.sessions import (
    LIFETIME,
    MOST_MESSAGES,
    end_session,
    end_sessions,
    forget_sessions,
    keep_messages,
    rotate,
    sign_in,
    sign_out,
    take_messages,
)

__all__ = [
    "LETTERS",
    "LIFETIME",
    "MOST_MESSAGES",
    "RESET_FOR",
    "VERIFY_FOR",
    "AddressTaken",
    "LinkEnded",
    "ask_to_reset",
    "ask_to_verify",
    "change_password",
    "check_password",
    "create_person",
    "delete_person",
    "email_key",
    "end_session",
    "end_sessions",
    "find_by_email",
    "find_weakness",
    "forget_links",
    "forget_sessions",
    "has_password",
    "hash_password",
    "is_password_of",
    "issue_link",
    "keep_messages",
    "lock_person",
    "prove",
    "read_link",
    "reset_password",
    "rotate",
    "set_operator",
    "sign_in",
    "sign_out",
    "take_messages",
    "verify_email",
]
