"""Lists as the provider gives them: newest first, cursors, `created` ranges (docs.stripe.com/api/pagination).

Invariant: `starting_after` and `ending_before` are exclusive, `has_more` is true exactly when the same
direction holds more, and the page itself is always newest first.
"""

from typing import Any

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.params import Params
from store.sandbox.kernel.world import Document

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
COMPARE = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def list_page(url: str, documents: list[Document], params: Params) -> Document:
    """Return one page of the given documents (newest first), by `limit`, the two cursors and `created`."""
    limit = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAX_LIMIT:
        raise refuse(
            f"Invalid limit: must be between 1 and {MAX_LIMIT}.",
            param="limit",
            code="parameter_invalid_integer",
        )
    rows = [d for d in documents if matches_range(d.get("created"), params.get("created"))]
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise refuse(
            "You may only specify one of these parameters: starting_after, ending_before.",
            param="ending_before",
        )
    if after:
        rows = rows[_position(documents, rows, after, "starting_after") + 1 :]
    if before:
        rows = rows[: _position(documents, rows, before, "ending_before")]
        page, has_more = rows[-limit:], len(rows) > limit
    else:
        page, has_more = rows[:limit], len(rows) > limit
    return {"object": "list", "url": url, "has_more": has_more, "data": page}


def whole_list(url: str, documents: list[Document]) -> Document:
    """Return a list that stands inside another object: its first page."""
    return list_page(url, documents, {})


def matches_range(value: Any, wanted: Any) -> bool:
    """Tell whether an epoch second fits `created`: an integer, or a hash of gt, gte, lt, lte."""
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return bool(value == wanted)
    return value is not None and all(COMPARE[name](value, bound) for name, bound in wanted.items())


def _position(documents: list[Document], rows: list[Document], id: str, param: str) -> int:
    """Return where the cursor's object stands among the rows, even if the filter left it out itself."""
    ids = [d["id"] for d in documents]
    if id not in ids:
        raise refuse(f"No such object: '{id}'", param=param, code="resource_missing")
    shown = {d["id"] for d in rows}
    newer = ids[: ids.index(id)]
    count = sum(1 for other in newer if other in shown)
    return count if id in shown or param == "ending_before" else count - 1
