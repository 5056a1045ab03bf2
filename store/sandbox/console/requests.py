"""Requests: every call to the API as it was sent, with its answer; and what a fault made of it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from store.sandbox.console.describe import link_ids
from store.sandbox.console.frame import AnyRequest, Data, Desk, show

PER_PAGE = 50
COLUMNS = "id, at, method, path, account, idempotency_key, request_id, status, replayed, fault, platform"


@get("/requests")
async def show_requests(
    request: AnyRequest,
    desk: NamedDependency[Desk],
    platform: FromQuery[str | None] = None,
    q: FromQuery[str | None] = None,
    before: FromQuery[int | None] = None,
) -> Response[Any]:
    """Show requests, newest first: those of this platform's keys, and those whose key was nobody's."""
    world = desk.choose_world(platform)
    words = (q or "").strip()
    rows = desk.records.execute(
        f"SELECT {COLUMNS} FROM requests WHERE platform IN (?, '') AND id < ?"  # noqa: S608 (the names above)
        " AND (instr(path, ?) OR instr(params, ?)) ORDER BY id DESC LIMIT ?",
        (world.platform, 1 << 62 if before is None else before, words, words, PER_PAGE + 1),
    ).fetchall()
    data = {
        "q": words or None,
        "data": [_describe(row) for row in rows[:PER_PAGE]],
        "before": rows[PER_PAGE - 1]["id"] if len(rows) > PER_PAGE else None,
    }
    return show(request, "requests.html", desk, world, data)


@get("/requests/{name:str}")
async def show_request(
    request: AnyRequest, name: FromPath[str], desk: NamedDependency[Desk], platform: FromQuery[str | None] = None
) -> Response[Any]:
    """Show one request, by number or by `Request-Id` (as `request_log_url` has it): what was sent and answered."""
    row = desk.records.execute("SELECT * FROM requests WHERE request_id = ? OR id = ?", (name, name)).fetchone()
    if row is None:
        raise NotFoundException("There is no such request here. It may have gone with a reset.")
    world = desk.choose_world(platform or row["platform"] or None)
    answer = _read_answer(row["answer"])
    data = _describe(row) | {"params": json.loads(row["params"]), "answer": answer}
    text = answer if isinstance(answer, str) else json.dumps(answer, indent=2, ensure_ascii=False)
    pieces = link_ids(world, text) if answer is not None else []
    return show(request, "request.html", desk, world, {"call": data}, pieces=pieces)


def list_requests_about(records: sqlite3.Connection, id: str, limit: int) -> list[Data]:
    """Return the newest requests that name an object in path or parameters, or whose answer is that object."""
    rows = records.execute(
        f"SELECT {COLUMNS} FROM requests WHERE instr(path, ?) OR instr(params, ?)"  # noqa: S608 (the names above)
        " OR (json_valid(answer) AND json_extract(answer, '$.id') = ?) ORDER BY id DESC LIMIT ?",
        (id, json.dumps(id), id, limit),
    )
    return [_describe(row) for row in rows]


def _describe(row: sqlite3.Row) -> Data:
    described = {name: row[name] for name in COLUMNS.split(", ")}
    return described | {"replayed": bool(row["replayed"])}


def _read_answer(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text
