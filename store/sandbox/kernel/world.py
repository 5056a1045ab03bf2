"""One platform's SQLite file: the documents of its accounts by account, kind and id, and their events.

Invariant: objects and the events about them commit together, or not at all; `on_event` hears of an event only
after its commit. What is due later (an expiry, a settlement) is a row too, so a restart loses nothing. The
clock is the sandbox's own; signatures and time-outs are none of this file's business.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from store.sandbox.kernel.errors import Missing
from store.sandbox.kernel.ids import new_id

API_VERSION = "2026-10-28.endive"
DEMO_PLATFORM = "acct_1OverprintDemo0"
# What a seed consists of; everything else goes when the sandbox is reset.
KEPT_KINDS = (
    "account",
    "person",
    "webhook_endpoint",
    "product",
    "price",
    "coupon",
    "promotion_code",
    "paypal_webhook",
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    body TEXT NOT NULL, UNIQUE (account, kind, id));
CREATE INDEX IF NOT EXISTS documents_id ON documents (id);
CREATE INDEX IF NOT EXISTS documents_newest ON documents (kind, account, seq);
CREATE TABLE IF NOT EXISTS due (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, job TEXT NOT NULL, account TEXT NOT NULL,
    id TEXT NOT NULL, UNIQUE (job, id));
CREATE INDEX IF NOT EXISTS due_at ON due (at);
CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body BLOB NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS seed (account TEXT, kind TEXT, id TEXT, body TEXT);
"""

Document = dict[str, Any]
# A path inside the document, a comparison, and what it is compared with.
Condition = tuple[str, str, Any]
COMPARISONS = {
    **{operator: f"{operator} ?" for operator in ("IS", "IS NOT", "<", "<=", ">", ">=", "GLOB")},
    "IN": "IN (SELECT value FROM json_each(?))",
}
MAX_SEQ = 1 << 62


class ReadsClock(Protocol):
    """Whatever tells the sandbox's time: epoch seconds, UTC."""

    def now(self) -> int: ...


Job = Callable[["World", str, str], None]
JOBS: dict[str, Job] = {}


def due_job(name: str) -> Callable[[Job], Job]:
    """Register the function that `tick` calls for due rows of this name: `(world, account, id)`."""

    def register(function: Job) -> Job:
        JOBS[name] = function
        return function

    return register


class World:
    """The state of the emulated provider for one platform, and the only way to change it.

    `platform` is the id of its own account, `home` the country it is in (two letters).
    """

    def __init__(self, path: Path, clock: ReadsClock, platform: str = DEMO_PLATFORM, home: str = "US") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Where the sandbox keeps what all its platforms share.
        self.folder = path.parent
        self.clock = clock
        self.platform = platform
        self.home = home
        self.on_event: list[Callable[[str, Document], None]] = []
        # Id and idempotency key of the API request being answered; None for what happens by itself.
        self.request: tuple[str, str | None] | None = None
        # (account, idempotency key) of the requests that are being answered now.
        self.running: set[tuple[str, str]] = set()
        self._depth = 0
        self._unheard: list[tuple[str, Document]] = []
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file; the world must not be used afterwards."""
        self._db.close()

    @contextmanager
    def tx(self) -> Iterator[None]:
        """Open a transaction or join the open one; commit at the outermost end, roll back on any error."""
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._unheard.clear()
                self._db.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            heard, self._unheard = self._unheard, []
            self._db.execute("COMMIT")
            for account, event in heard:
                for listener in self.on_event:
                    listener(account, event)

    def get(self, account: str, kind: str, id: str, *, param: str | None = None, deleted: bool = False) -> Document:
        """Return one document; raise `Missing` (404) when this account has none of that id.

        A tombstone counts as none, unless `deleted` asks for it as well.
        """
        rows = self.sql("SELECT body FROM documents WHERE account=? AND kind=? AND id=?", account, kind, id)
        document = _load(rows[0][0]) if rows else None
        if document is None or (document.get("_deleted") and not deleted):
            raise Missing(kind, id, param)
        return document

    def has(self, account: str, kind: str, id: str) -> bool:
        """Tell whether this account has a document of that id."""
        return bool(self.sql("SELECT 1 FROM documents WHERE account=? AND kind=? AND id=?", account, kind, id))

    def lookup(self, id: str, near: str = "") -> tuple[str, str, Document] | None:
        """Return account, kind and document of an id over all accounts, or None: for following references.

        `near` is the account that goes first: a coupon's id may be chosen, so two accounts may have the same.
        """
        statement = "SELECT account, kind, body FROM documents WHERE id=? ORDER BY account=? DESC, seq LIMIT 1"
        rows = self.sql(statement, id, near)
        return (rows[0][0], rows[0][1], _load(rows[0][2])) if rows else None

    def put(self, account: str, kind: str, obj: Document) -> None:
        """Insert or replace a document; its place in newest-first lists stays that of the first insert."""
        with self.tx():
            self._db.execute(
                "INSERT INTO documents (account, kind, id, body) VALUES (?,?,?,?)"
                " ON CONFLICT (account, kind, id) DO UPDATE SET body=excluded.body",
                (account, kind, obj["id"], json.dumps(obj)),
            )

    def delete(self, account: str, kind: str, id: str) -> None:
        """Remove a document; nothing happens when it is not there."""
        with self.tx():
            self._db.execute("DELETE FROM documents WHERE account=? AND kind=? AND id=?", (account, kind, id))

    def find(self, account: str | None, kind: str, **equal: Any) -> list[Document]:
        """Return documents whose fields equal the given ones, newest first; None means all accounts."""
        return [document for _, document in self.find_owned(account, kind, **equal)]

    def find_owned(self, account: str | None, kind: str, **equal: Any) -> list[tuple[str, Document]]:
        """Return (account, document) pairs as `find` does."""
        where = "" if account is None else " AND account=?"
        values: list[Any] = [kind] if account is None else [kind, account]
        for name, value in equal.items():
            where += " AND json_extract(body, ?) IS ?"
            values += [f"$.{name}", value]
        rows = self.sql(f"SELECT account, body FROM documents WHERE kind=?{where} ORDER BY seq DESC", *values)  # noqa: S608
        return [(row[0], _load(row[1])) for row in rows]

    def select(
        self,
        account: str,
        kind: str,
        conditions: list[Condition],
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int,
    ) -> list[Document]:
        """Return documents that meet the conditions, newest first; with `after` the oldest newer ones first.

        `before` and `after` are sequence numbers, exclusive.
        """
        where, values = "kind=? AND account=?", [kind, account]
        for path, operator, value in conditions:
            where += f" AND json_extract(body, ?) {COMPARISONS[operator]}"
            values += [f"$.{path}", json.dumps(value) if operator == "IN" else value]
        order = "DESC" if after is None else "ASC"
        statement = f"SELECT body FROM documents WHERE {where} AND seq < ? AND seq > ? ORDER BY seq {order} LIMIT ?"  # noqa: S608
        rows = self.sql(statement, *values, MAX_SEQ if before is None else before, after or 0, limit)
        return [_load(row[0]) for row in rows]

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Run one read or bookkeeping statement; for the kernel's own files."""
        return self._db.execute(statement, values).fetchall()

    def emit(self, account: str, type: str, obj: Document, previous: Document | None = None) -> Document:
        """Store an event with a snapshot of the object; listeners hear of it after the commit.

        `previous` holds the changed fields' old values (only for `*.updated`-like types).
        """
        data: Document = {"object": public(obj)}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Document = {
            "id": new_id("evt_1", 23),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.clock.now(),
            "data": data,
            "livemode": False,
            # A live count at the provider: the deliveries keep it up to date.
            "pending_webhooks": 0,
            "request": {
                "id": self.request[0] if self.request else None,
                "idempotency_key": self.request[1] if self.request else None,
            },
            "type": type,
        }
        if account != self.platform:
            event |= {"account": account, "context": account}
        self.tell(account, "event", event)
        return event

    def tell(self, account: str, kind: str, event: Document) -> None:
        """Store a finished event, in either provider's form; listeners hear of it after the commit."""
        with self.tx():
            self.put(account, kind, event)
            self.announce(account, event)

    def announce(self, account: str, event: Document) -> None:
        """Let listeners hear of an event after the commit, without storing it."""
        with self.tx():
            self._unheard.append((account, event))

    def schedule(self, at: int, job: str, account: str, id: str) -> None:
        """Let `tick` run `job` for this object at `at` (epoch seconds of the sandbox's clock), once."""
        with self.tx():
            self.sql("INSERT OR REPLACE INTO due (at, job, account, id) VALUES (?,?,?,?)", at, job, account, id)

    def unschedule(self, job: str, id: str) -> None:
        """Forget a due job; nothing happens when there is none."""
        with self.tx():
            self.sql("DELETE FROM due WHERE job=? AND id=?", job, id)

    def tick(self) -> None:
        """Do everything that is due by the clock, oldest first, each in a transaction of its own.

        A job that fails stays due and does not stop the others; the first failure is raised at the end.
        """
        failure: Exception | None = None
        done = 0
        while True:
            rows = self.sql(
                "SELECT seq, job, account, id FROM due WHERE at<=? ORDER BY at, seq LIMIT 1 OFFSET ?",
                self.clock.now(),
                done,
            )
            if not rows:
                break
            seq, job, account, id = rows[0]
            try:
                with self.tx():
                    self.sql("DELETE FROM due WHERE seq=?", seq)
                    JOBS[job](self, account, id)
            except Exception as error:
                failure = failure or error
                done += 1
        if failure:
            raise failure

    def next_due(self) -> int | None:
        """Return when the next job is due (epoch seconds), or None."""
        rows = self.sql("SELECT min(at) FROM due")
        at: int | None = rows[0][0]
        return at

    def mark_seeded(self) -> None:
        """Remember accounts, webhook endpoints, catalogue and codes as the state that `reset` goes back to."""
        with self.tx():
            self.sql("DELETE FROM seed")
            for kind in KEPT_KINDS:
                self.sql("INSERT INTO seed SELECT account, kind, id, body FROM documents WHERE kind=?", kind)

    def reset(self) -> None:
        """Go back to the state after seeding; without a mark, keep what a seed consists of as it is now."""
        with self.tx():
            if not self.sql("SELECT 1 FROM seed LIMIT 1"):
                self.mark_seeded()
            self._clear()
            self.sql("INSERT INTO documents (account, kind, id, body) SELECT account, kind, id, body FROM seed")

    def empty(self) -> None:
        """Forget everything, the mark of the seed included."""
        with self.tx():
            self._clear()
            self.sql("DELETE FROM seed")

    def _clear(self) -> None:
        for table in ("documents", "due", "idempotency"):
            self.sql(f"DELETE FROM {table}")  # noqa: S608


def public(value: Any) -> Any:
    """Return a copy without the sandbox's own fields (their names begin with `_`); metadata is the caller's."""
    if isinstance(value, dict):
        return {k: dict(v) if k == "metadata" and v else public(v) for k, v in value.items() if k[:1] != "_"}
    return [public(item) for item in value] if isinstance(value, list) else value


def _load(text: str) -> Document:
    document: Document = json.loads(text)
    return document
