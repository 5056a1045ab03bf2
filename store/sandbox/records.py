"""The sandbox's own books, in the same SQLite file as the world: deliveries, requests, mails.

They are rows, not documents, because they are asked by due time and by age. The connection is separate from
the world's and every statement commits at once: the loop is single-threaded and the world announces events
after its own commit, so the two never wait for each other.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

SECRET_FIELDS = ("[number]", "[cvc]")
SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
  id TEXT PRIMARY KEY,            -- event:endpoint:copy, so that planning an event twice changes nothing
  event TEXT NOT NULL, account TEXT NOT NULL, type TEXT NOT NULL, object TEXT NOT NULL,
  endpoint TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'delivered', 'failed', 'dropped')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL,              -- wall time, epoch seconds
  created REAL NOT NULL,
  last_status INTEGER, last_error TEXT, log TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_object ON deliveries (object, type);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
-- Events whose deliveries were planned, if only none: what is missing here was lost between two commits.
CREATE TABLE IF NOT EXISTS planned (event TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  account TEXT, idempotency_key TEXT, params TEXT NOT NULL,
  request_id TEXT, status INTEGER, replayed INTEGER NOT NULL DEFAULT 0, fault TEXT
);
CREATE TABLE IF NOT EXISTS mails (
  id INTEGER PRIMARY KEY AUTOINCREMENT, received REAL NOT NULL, sender TEXT NOT NULL,
  recipients TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL,
  source BLOB NOT NULL
);
"""


def open_records(path: Path) -> sqlite3.Connection:
    """Open (and create where missing) the books in the SQLite file at `path`; rows answer by column name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    records.row_factory = sqlite3.Row
    records.execute("PRAGMA journal_mode=WAL")
    records.execute("PRAGMA synchronous=NORMAL")
    records.executescript(SCHEMA)
    return records


def clear_records(records: sqlite3.Connection) -> None:
    """Empty the books: deliveries, requests and mails."""
    for table in ("deliveries", "planned", "requests", "mails"):
        records.execute(f"DELETE FROM {table}")  # noqa: S608 (the names above)


def note_request(
    records: sqlite3.Connection,
    method: str,
    path: str,
    headers: Mapping[str, str],
    query: bytes,
    body: bytes,
    fault: str | None = None,
) -> int:
    """Write down an API request before it is answered and return its number; card data is masked."""
    written = records.execute(
        "INSERT INTO requests (at, method, path, account, idempotency_key, params, fault) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            time.time(),
            method,
            path,
            headers.get("stripe-account"),
            headers.get("idempotency-key"),
            json.dumps(_read_params(query, body)),
            fault,
        ),
    )
    return written.lastrowid or 0


def note_answer(records: sqlite3.Connection, number: int, status: int, request_id: str | None, replayed: bool) -> None:
    """Add the answer to request `number`: HTTP status, `Request-Id`, whether a key replayed it."""
    records.execute(
        "UPDATE requests SET status = ?, request_id = ?, replayed = ? WHERE id = ?",
        (status, request_id, int(replayed), number),
    )


def _read_params(query: bytes, body: bytes) -> dict[str, str]:
    sent = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    sent += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {key: "****" if key.endswith(SECRET_FIELDS) else value for key, value in sent}
