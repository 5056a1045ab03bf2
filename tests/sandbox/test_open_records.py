"""The sandbox's books: a data folder of the first release still opens, with everything in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store.sandbox.kernel.worlds import DEMO_FILE
from tests.sandbox.conftest import SHOP, Shop, composed

COMPLETED = "checkout.session.completed"
FIRST_RELEASE = """
CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  event TEXT NOT NULL, account TEXT NOT NULL, type TEXT NOT NULL, object TEXT NOT NULL,
  endpoint TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'delivered', 'failed', 'dropped')),
  attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, created REAL NOT NULL,
  last_status INTEGER, last_error TEXT, log TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  account TEXT, idempotency_key TEXT, params TEXT NOT NULL,
  request_id TEXT, status INTEGER, replayed INTEGER NOT NULL DEFAULT 0, fault TEXT
);
INSERT INTO deliveries (id, event, account, type, object, endpoint, url, body, state, due, created)
  VALUES ('evt_1:we_1:1', 'evt_1', 'acct_1OverprintDemo0', 'charge.updated', 'ch_1', 'we_1', 'http://localhost:9/',
          '{"id": "evt_1"}', 'failed', 0, 0);
INSERT INTO requests (at, method, path, params, status) VALUES (0, 'GET', '/v1/events', '{}', 200);
"""


async def test_everything_is_there_and_goes_on_when_the_folder_is_of_the_first_release(tmp_path: Path) -> None:
    file = tmp_path / "sandbox" / DEMO_FILE
    file.parent.mkdir()
    with sqlite3.connect(file) as before:
        before.executescript(FIRST_RELEASE)
    before.close()

    for _ in range(2):  # and again, when the columns are there
        async with composed(tmp_path, Shop()) as sandbox:
            deliveries = (await sandbox.client.get("/console/deliveries.json")).json()["data"]
            requests = (await sandbox.client.get("/console/requests.json")).json()["data"]

    assert [one["id"] for one in deliveries] == ["evt_1:we_1:1"]
    assert [one["path"] for one in requests] == ["/v1/events"]


async def test_events_are_delivered_when_the_folder_is_of_the_first_release(tmp_path: Path) -> None:
    file = tmp_path / "sandbox" / DEMO_FILE
    file.parent.mkdir()
    with sqlite3.connect(file) as before:
        before.executescript(FIRST_RELEASE)
    before.close()

    async with composed(tmp_path, Shop()) as sandbox:
        await sandbox.add_endpoint((COMPLETED,), url=f"{SHOP}/hooks")
        await sandbox.submit((await sandbox.open_session())["id"])

        assert sandbox.shop.types() == [COMPLETED]
