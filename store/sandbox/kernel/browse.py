"""A world as a person looks through it: what kinds there are, what a word or an id is found in, what belongs to what.

Reads only, newest first. Search is a plain substring over the whole document, so that an order's number in the
metadata finds its session; it is meant for the few thousand documents of a test, not for more.
"""

from __future__ import annotations

import json
from typing import Any

from store.sandbox.kernel.world import Document, World

Found = tuple[str, str, Document]
EVENT_KINDS = ("event", "paypal_event")


def count_kinds(world: World) -> dict[str, int]:
    """Return how many documents of each kind there are, by kind."""
    return dict(world.sql("SELECT kind, count(*) FROM documents GROUP BY kind ORDER BY kind"))


def list_kind(
    world: World, kind: str, limit: int, before: int | None = None, type: str = "*"
) -> tuple[list[Found], int | None]:
    """Return the newest documents of a kind, and what to give as `before` for those that follow (None: no more).

    `event` means those of both providers. `type` is a glob over an event's type; documents without one match `*`.
    """
    kinds = EVENT_KINDS if kind == "event" else (kind,)
    rows = world.sql(
        "SELECT account, kind, body, seq FROM documents WHERE kind IN (SELECT value FROM json_each(?)) AND seq < ?"
        " AND coalesce(json_extract(body, '$.type'), json_extract(body, '$.event_type'), '') GLOB ?"
        " ORDER BY seq DESC LIMIT ?",
        json.dumps(kinds),
        1 << 62 if before is None else before,
        type,
        limit + 1,
    )
    return _load(rows[:limit]), rows[limit - 1][3] if len(rows) > limit else None


def find_documents(world: World, id: str) -> list[Found]:
    """Return the documents of this id, oldest first: one per account, for an id that its caller chose."""
    return _load(world.sql("SELECT account, kind, body FROM documents WHERE id = ? ORDER BY seq", id))


def known_ids(world: World, ids: set[str]) -> set[str]:
    """Return those of the ids that are a document's."""
    rows = world.sql(
        "SELECT DISTINCT id FROM documents WHERE id IN (SELECT value FROM json_each(?))", json.dumps(sorted(ids))
    )
    return {row[0] for row in rows}


def list_due(world: World, limit: int) -> list[dict[str, Any]]:
    """Return what the clock will bring about next, soonest first: `at` (epoch seconds), `job`, `account`, `id`."""
    rows = world.sql("SELECT at, job, account, id FROM due ORDER BY at, seq LIMIT ?", limit)
    return [dict(zip(("at", "job", "account", "id"), row, strict=True)) for row in rows]


def search_documents(world: World, words: str, limit: int) -> list[Found]:
    """Return the newest documents, events aside, whose text holds these words."""
    rows = world.sql(
        "SELECT account, kind, body FROM documents WHERE kind NOT IN ('event', 'paypal_event') AND instr(body, ?)"
        " ORDER BY seq DESC LIMIT ?",
        json.dumps(words)[1:-1],
        limit,
    )
    return _load(rows)


def list_mentions(world: World, id: str, limit: int) -> list[Found]:
    """Return the newest other documents, events aside, that name this id."""
    rows = world.sql(
        "SELECT account, kind, body FROM documents WHERE kind NOT IN ('event', 'paypal_event') AND id != ?"
        " AND instr(body, ?) ORDER BY seq DESC LIMIT ?",
        id,
        json.dumps(id),
        limit,
    )
    return _load(rows)


def list_events_about(world: World, id: str, limit: int) -> list[Found]:
    """Return the newest events whose object has this id."""
    rows = world.sql(
        "SELECT account, kind, body FROM documents"
        " WHERE kind = 'event' AND json_extract(body, '$.data.object.id') = ?1"
        " OR kind = 'paypal_event' AND ?1 IN (json_extract(body, '$.resource.id'),"
        " json_extract(body, '$.resource.payout_item_id'), json_extract(body, '$.resource.dispute_id'),"
        " json_extract(body, '$.resource.batch_header.payout_batch_id')) ORDER BY seq DESC LIMIT ?2",
        id,
        limit,
    )
    return _load(rows)


def _load(rows: list[Any]) -> list[Found]:
    return [(row[0], row[1], json.loads(row[2])) for row in rows]
