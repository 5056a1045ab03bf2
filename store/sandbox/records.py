"""The sandbox's own books, in the same SQLite file as the world: deliveries, requests, mails.

They are rows, not documents, because they are asked by due time and by age. The connection is separate from
the world's and every statement commits at once: the loop is single-threaded and the world announces events
after its own commit, so the two never wait for each other.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from store.sandbox.kernel.world import DEMO_PLATFORM

SECRET_FIELDS = ("[number]", "[cvc]")
SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9_-]+")
ACCESS_TOKEN = re.compile(r"A21AA[A-Za-z0-9_.-]+")
CARD_FIELDS = ("number", "security_code")
KEPT_ANSWERS = 1000
SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
  id TEXT PRIMARY KEY,            -- event:endpoint:copy, so that planning an event twice changes nothing
  event TEXT NOT NULL, account TEXT NOT NULL, type TEXT NOT NULL, object TEXT NOT NULL,
  endpoint TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'delivered', 'failed', 'dropped')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL,              -- wall time, epoch seconds
  created REAL NOT NULL,
  last_status INTEGER, last_error TEXT, log TEXT NOT NULL DEFAULT '[]',
  platform TEXT NOT NULL,
  tampering TEXT,                 -- what the next attempt does to the signature: an action and its seconds
  follows TEXT                    -- held until the delivery of this id has been attempted
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_object ON deliveries (object, type);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
-- Events whose deliveries were planned, if only none: what is missing here was lost between two commits.
CREATE TABLE IF NOT EXISTS planned (event TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  account TEXT, idempotency_key TEXT, params TEXT NOT NULL,
  request_id TEXT, status INTEGER, replayed INTEGER NOT NULL DEFAULT 0, fault TEXT,
  platform TEXT NOT NULL, answer TEXT
);
CREATE TABLE IF NOT EXISTS mails (
  id INTEGER PRIMARY KEY AUTOINCREMENT, received REAL NOT NULL, sender TEXT NOT NULL,
  recipients TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL,
  source BLOB NOT NULL
);
"""

# What came after the first release, so that a data folder of before still opens; all in it was the demo's.
OWNER = f"platform TEXT NOT NULL DEFAULT '{DEMO_PLATFORM}'"
ADDED = {
    "deliveries": (OWNER, "tampering TEXT", "follows TEXT"),
    "requests": (OWNER, "answer TEXT"),
}


def open_records(path: Path) -> sqlite3.Connection:
    """Open (and create where missing) the books in the SQLite file at `path`; rows answer by column name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    records.row_factory = sqlite3.Row
    records.execute("PRAGMA journal_mode=WAL")
    records.execute("PRAGMA synchronous=NORMAL")
    records.executescript(SCHEMA)
    for table, columns in ADDED.items():
        there = {row["name"] for row in records.execute(f"PRAGMA table_info({table})")}
        for column in columns:
            if column.partition(" ")[0] not in there:
                records.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
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
    platform: str = "",
    request_id: str | None = None,
) -> int:
    """Write down an API request before it is answered and return its number; card data is masked.

    `platform` is the account the key belongs to, empty for a key that belongs to none; `request_id` is for a request
    that gets an id although the API does not answer it.
    """
    written = records.execute(
        "INSERT INTO requests (platform, at, method, path, account, idempotency_key, params, fault, request_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            platform,
            time.time(),
            method,
            path,
            headers.get("stripe-account"),
            headers.get("idempotency-key", headers.get("paypal-request-id")),
            json.dumps(_read_params(query, body)),
            fault,
            request_id,
        ),
    )
    return written.lastrowid or 0


def note_answer(
    records: sqlite3.Connection, number: int, status: int, request_id: str | None, replayed: bool, body: bytes
) -> None:
    """Add the answer to request `number`: HTTP status, `Request-Id`, whether a key replayed it, its text.

    The text is kept for the newest `KEPT_ANSWERS` requests; signing secrets and access tokens are masked in it.
    """
    answer = SIGNING_SECRET.sub("whsec_****", body.decode("utf-8", "replace"))
    answer = ACCESS_TOKEN.sub("A21AA****", answer)
    records.execute(
        "UPDATE requests SET status = ?, request_id = ?, replayed = ?, answer = ? WHERE id = ?",
        (status, request_id, int(replayed), answer, number),
    )
    records.execute("UPDATE requests SET answer = NULL WHERE id = ?", (number - KEPT_ANSWERS,))


def _read_params(query: bytes, body: bytes) -> dict[str, str]:
    sent = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    if body.lstrip()[:1] in (b"{", b"["):
        try:
            return dict(sent) | _read_json(json.loads(body))
        except (ValueError, RecursionError):
            return {**dict(sent), "body": body[:1000].decode("utf-8", "replace")}
    sent += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {key: "****" if key.endswith(SECRET_FIELDS) else value for key, value in sent}


def _read_json(body: Any) -> dict[str, str]:
    masked = _mask(body)
    fields = masked if isinstance(masked, dict) else {"body": masked}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in fields.items()
    }


def _mask(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "****" if name in CARD_FIELDS else _mask(inner) for name, inner in value.items()}
    return [_mask(item) for item in value] if isinstance(value, list) else value
