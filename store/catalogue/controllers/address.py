"""What a list's address asks for, and the addresses of the links on it.

Only category, seller, sort, page and q mean anything; whatever else stands in an address, or has no such
value, is ignored and listed on the page instead of being refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar
from urllib.parse import urlencode

from msgspec import Struct

from store.catalogue.queries.shelf import MAX_QUERY, Aisle, Directory, Seller, Wanted
from store.catalogue.states import BEST_MATCH, NEWEST

PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
MOST_IGNORED = 5
LONGEST_IGNORED = 40
ORDER = ("q", "category", "seller", "sort", "page")

Named = TypeVar("Named", Aisle, Seller)


class Address(Struct, frozen=True):
    """One list: its path, what the path itself fixes, what the query says; it makes the links around it."""

    path: str
    wanted: Wanted
    default_sort: str
    fixed: str
    ignored: tuple[str, ...]
    cut: bool

    def link(self, **changes: str) -> str:
        """This list with other values ("" drops one), from its first page on; path and query, encoded."""
        wanted = self.wanted
        values = {
            "q": wanted.query,
            "category": wanted.category.slug if wanted.category else "",
            "seller": wanted.seller.slug if wanted.seller else "",
            "sort": "" if wanted.sort == self.default_sort else wanted.sort,
            **changes,
        }
        values.pop(self.fixed, None)
        return make_path(self.path, values)

    def page_base(self) -> str:
        """The same list up to the number of the page."""
        link = self.link()
        return f"{link}{'&' if '?' in link else '?'}page="


def make_path(path: str, values: Mapping[str, str]) -> str:
    """`path` with those `values` that are not empty, always in the same order."""
    query = urlencode([(name, values[name]) for name in ORDER if values.get(name)])
    return f"{path}?{query}" if query else path


def read_address(
    path: str,
    pairs: Iterable[tuple[str, str]],
    directory: Directory,
    sorts: Mapping[str, str],
    *,
    category: Aisle | None = None,
    seller: Seller | None = None,
    searching: bool = False,
) -> Address:
    """Read a list's address; `category` or `seller` is what its path fixes. The first sort is the default."""
    fixed = "category" if category else "seller" if seller else ""
    default_sort = next(iter(sorts))
    query, sort, number, cut = "", default_sort, 1, False
    ignored: list[str] = []
    seen: set[str] = set()
    for name, raw in pairs:
        value = _clean(raw)
        first = name not in seen
        seen.add(name)
        if first and not value and name in ORDER:
            continue
        if first and name == "q" and searching:
            query, cut = _cut(value)
        elif first and name == "sort" and value in sorts:
            sort = value
        elif first and name == "page" and PAGE_NUMBER.fullmatch(value):
            number = int(value)
        elif first and name == "category" != fixed and (found := _find(directory.categories, value)):
            category = found
        elif first and name == "seller" != fixed and (found_seller := _find(directory.sellers, value)):
            seller = found_seller
        else:
            ignored.append(f"{_clean(name)}={value}"[:LONGEST_IGNORED])
    if searching and not query and sort == BEST_MATCH:
        sort = default_sort = NEWEST
    wanted = Wanted(category=category, seller=seller, query=query, sort=sort, page=number)
    return Address(path, wanted, default_sort, fixed, tuple(ignored[:MOST_IGNORED]), cut)


def _find(named: Iterable[Named], slug: str) -> Named | None:
    return next((one for one in named if one.slug == slug), None)


def _clean(text: str) -> str:
    """Without control characters and broken surrogates, which no database text can hold."""
    return "".join(c for c in text if c.isprintable()).strip()


def _cut(query: str) -> tuple[str, bool]:
    if len(query) <= MAX_QUERY:
        return query, False
    kept = query[:MAX_QUERY]
    return (kept.rsplit(" ", 1)[0] if " " in kept else kept), True
