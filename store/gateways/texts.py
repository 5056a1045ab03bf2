"""A text of a provider's as our database can hold it."""

from __future__ import annotations

from typing import Any


def read_text(value: Any) -> str:
    """A text that PostgreSQL can hold: no NUL, which JSON may carry escaped, and no half of a surrogate pair.

    Raises ValueError (UnicodeEncodeError is one).
    """
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"not a text: {value!r}")
    value.encode()
    return value
