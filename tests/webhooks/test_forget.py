"""What events said is forgotten a day after it was of use; what still is of use stays."""

from __future__ import annotations

from typing import Any

import pytest

from store.kit.db import fetch
from store.kit.ids import new_id
from store.webhooks.service import forget_bodies
from tests.facts import value


async def keep_event(**columns: Any) -> None:
    """One event of ours, received now and waiting unless `columns` say otherwise; times are SQL."""
    times = {name: columns.pop(name) for name in ("received_at", "done_at") if name in columns}
    facts = {"id": new_id(), "provider": "stripe", "event_id": "evt_1", "endpoint": "account", "type": "x"}
    facts |= {"sha256": "hash", "body": "{}", "last_error": "NotYet: ada@example.com", **columns}
    names = [*facts, *times]
    places = [*(f"${n}" for n in range(1, len(facts) + 1)), *times.values()]
    await fetch(f"INSERT INTO inbox_event ({', '.join(names)}) VALUES ({', '.join(places)})", *facts.values())


@pytest.mark.parametrize(
    ("state", "received", "done", "kept"),
    [
        ("done", "2 days", "25 hours", False),
        ("done", "2 days", "23 hours", True),
        ("done", "25 hours", None, False),
        ("waiting", "40 days", None, True),
        ("parked", "2 days", None, True),
        ("parked", "31 days", None, False),
    ],
)
async def test_body_stays_as_long_as_it_is_of_use(
    db: str, state: str, received: str, done: str | None, kept: bool
) -> None:
    done_at = f"now() - interval '{done}'" if done else "NULL"
    await keep_event(state=state, received_at=f"now() - interval '{received}'", done_at=done_at)

    forgotten = await forget_bodies()

    assert forgotten == (not kept)
    assert await value("SELECT body <> '' AND last_error <> '' FROM inbox_event") is kept
    assert await value("SELECT sha256 || type FROM inbox_event") == "hashx"
    assert await forget_bodies() == 0


@pytest.mark.parametrize(
    ("alarming", "age", "kept"),
    [(False, "23 hours", True), (False, "25 hours", False), (True, "25 hours", True), (True, "31 days", False)],
)
async def test_alarming_variant_stays_a_month_and_any_other_a_day(
    db: str, alarming: bool, age: str, kept: bool
) -> None:
    await keep_event()
    await fetch(
        "INSERT INTO inbox_variant (provider, event_id, sha256, body, alarming, received_at)"
        f" VALUES ('stripe', 'evt_1', 'other', '{{}}', $1, now() - interval '{age}')",
        alarming,
    )

    await forget_bodies()

    assert await value("SELECT body <> '' FROM inbox_variant") is kept
