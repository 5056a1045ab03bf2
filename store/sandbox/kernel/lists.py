"""Lists as the provider gives them: newest first, cursors, `created` ranges (docs.stripe.com/api/pagination).

Invariant: `starting_after` and `ending_before` are exclusive, `has_more` is true exactly when the same direction
holds more, and the page itself is always newest first. Cursors refer to what is stored, so a page costs as much
as its own length, however long the list is.
"""

from typing import Any

from store.sandbox.kernel.errors import ApiError, refuse
from store.sandbox.kernel.params import Params
from store.sandbox.kernel.world import Condition, Document, World

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
COMPARE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def list_stored(
    world: World, account: str, kind: str, url: str, params: Params, conditions: list[Condition]
) -> Document:
    """Return one page of an account's documents by `limit`, the two cursors, `created` and the conditions."""
    limit = read_limit(params)
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise refuse(
            "You may only specify one of these parameters: starting_after, ending_before.", param="ending_before"
        )
    conditions = conditions + _read_range(params.get("created"))
    if before:
        newer = _find_cursor(world, account, kind, before, "ending_before")
        rows = world.select(account, kind, conditions, after=newer, limit=limit + 1)
        page = rows[:limit][::-1]
    else:
        older = _find_cursor(world, account, kind, after, "starting_after") if after else None
        rows = world.select(account, kind, conditions, before=older, limit=limit + 1)
        page = rows[:limit]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": page}


def list_given(url: str, documents: list[Document], params: Params) -> Document:
    """Return one page of documents that have an order of their own (a session's lines, first line first)."""
    limit = read_limit(params)
    ids = [document["id"] for document in documents]
    start, end = 0, len(ids)
    if after := params.get("starting_after"):
        start = _place(ids, after, "starting_after") + 1
    if before := params.get("ending_before"):
        end = _place(ids, before, "ending_before")
        start = max(start, end - limit)
    return {
        "object": "list",
        "url": url,
        "has_more": start > 0 if params.get("ending_before") else end - start > limit,
        "data": documents[start:end][:limit],
    }


def read_limit(params: Params) -> int:
    """Return `limit` (1 to 100, 10 if absent)."""
    limit: int = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAX_LIMIT:
        raise refuse(
            f"Invalid limit: must be between 1 and {MAX_LIMIT}.", param="limit", code="parameter_invalid_integer"
        )
    return limit


def _read_range(created: Any) -> list[Condition]:
    """Read `created`: an epoch second, or a hash of gt, gte, lt, lte."""
    if created is None:
        return []
    if isinstance(created, int):
        return [("created", "IS", created)]
    return [("created", COMPARE[name], bound) for name, bound in created.items()]


def _find_cursor(world: World, account: str, kind: str, id: str, param: str) -> int:
    rows = world.sql("SELECT seq FROM documents WHERE account=? AND kind=? AND id=?", account, kind, id)
    if not rows:
        raise _no_cursor(id, param)
    seq: int = rows[0][0]
    return seq


def _place(ids: list[str], id: str, param: str) -> int:
    if id not in ids:
        raise _no_cursor(id, param)
    return ids.index(id)


def _no_cursor(id: str, param: str) -> ApiError:
    return refuse(f"No such object: '{id}'", param=param, code="resource_missing")
