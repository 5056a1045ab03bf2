"""Ids in the provider's form: a prefix that names the kind, then random letters and digits.

Invariant: an id is unguessable and unique over all accounts, so a reference can be followed without its
account.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_id(prefix: str, length: int = 24) -> str:
    """Return `prefix` and `length` random characters (5.95 bits each)."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))
