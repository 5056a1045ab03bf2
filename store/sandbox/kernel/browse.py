"""A world as a person looks through it: what kinds there are, what a word or an id is found in, what belongs to what.

Reads only, newest first. Search is a plain substring over the whole document, so that an order's number in the
metadata finds its session; it is meant for the few thousand documents of a test, not for more.
"""

from __future__ import annotations

import json
from typing import Any

from store.sandbox.kernel.world import Document, World

Found = tuple[str, str, Document]


def count_kinds(world: World) -> dict[str, int]:
    """Return how many documents of each kind there are, by kind."""
    return dict(world.sql("SELECT kind, count(*) FROM documents GROUP BY kind ORDER BY kind"))


def list_kind(world: World, kind: str, limit: int, before: int | None = None) -> tuple[list[Found], int | None]:
    """Return the newest documents of a kind, and what to give as `before` for those that follow (None: no more)."""
    rows = world.sql(
        "SELECT account, kind, body, seq FROM documents WHERE kind = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        kind,
        1 << 62 if before is None else before,
        limit + 1,
    )
    return _load(rows[:limit]), rows[limit - 1][3] if len(rows) > limit else None


def search_documents(world: World, words: str, limit: int) -> list[Found]:
    """Return the newest documents, events aside, whose text holds these words."""
    rows = world.sql(
        "SELECT account, kind, body FROM documents WHERE kind != 'event' AND instr(body, ?) ORDER BY seq DESC LIMIT ?",
        json.dumps(words)[1:-1],
        limit,
    )
    return _load(rows)


def list_mentions(world: World, id: str, limit: int) -> list[Found]:
    """Return the newest other documents, events aside, that name this id."""
    rows = world.sql(
        "SELECT account, kind, body FROM documents WHERE kind != 'event' AND id != ? AND instr(body, ?)"
        " ORDER BY seq DESC LIMIT ?",
        id,
        json.dumps(id),
        limit,
    )
    return _load(rows)


def list_events_about(world: World, id: str, limit: int) -> list[Found]:
    """Return the newest events whose object has this id."""
    rows = world.sql(
        "SELECT account, kind, body FROM documents WHERE kind = 'event' AND json_extract(body, '$.data.object.id') = ?"
        " ORDER BY seq DESC LIMIT ?",
        id,
        limit,
    )
    return _load(rows)


def _load(rows: list[Any]) -> list[Found]:
    return [(row[0], row[1], json.loads(row[2])) for row in rows]
