"""What the vendor's lists have in common."""

from __future__ import annotations


def contains(query: str) -> str:
    """The pattern of LIKE for what has `query` in it, which is taken to the letter; "%%" for an empty one."""
    escaped = query.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
