"""What the vendor's lists have in common: filters as links, the page's number, ids in an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request
from msgspec import Struct

LONGEST_QUERY = 100
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


class Choice(Struct, frozen=True):
    """One value of a filter: its words, how many there are, where it leads, whether it is in use."""

    words: str
    href: str
    count: int
    current: bool


def make_choices(
    path: str, name: str, values: Mapping[str, str], chosen: str, counts: Mapping[str, int], **kept: str
) -> tuple[Choice, ...]:
    """The links of one filter; `kept` are other parameters that stay, empty ones are left out."""
    return tuple(
        Choice(words, make_link(path, **{name: value}, **kept), counts[value], value == chosen)
        for value, words in values.items()
    )


def make_link(path: str, **values: str) -> str:
    """`path` with those values that are not empty."""
    query = urlencode([(name, value) for name, value in values.items() if value])
    return f"{path}?{query}" if query else path


def read_choice(request: Request[Any, Any, Any], name: str, values: Mapping[str, str]) -> str:
    """The chosen value of a filter; what is none of them counts as ""."""
    asked: str = request.query_params.get(name, "")
    return asked if asked in values else ""


def read_page(request: Request[Any, Any, Any]) -> int:
    """The page asked for, counted from 1."""
    asked = request.query_params.get("page", "")
    return int(asked) if PAGE_NUMBER.fullmatch(asked) else 1


def read_query(request: Request[Any, Any, Any]) -> str:
    """What is looked for, without characters that no text can hold; "" for nothing."""
    return "".join(c for c in request.query_params.get("q", "") if c.isprintable()).strip()[:LONGEST_QUERY]


def read_id(request: Request[Any, Any, Any], name: str) -> UUID | None:
    """An id in the address; None when it is not one."""
    try:
        return UUID(request.query_params.get(name, ""))
    except ValueError:
        return None
