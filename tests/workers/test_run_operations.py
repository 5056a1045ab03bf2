"""The worker's operations: each kind has its verb, a failing one backs off and is parked at last."""

from __future__ import annotations

from store.operations.service import enqueue
from tests.facts import one
from tests.world import World


async def test_operation_waits_and_says_why_when_nobody_knows_its_kind(world: World) -> None:
    await enqueue("unheard_of", "1", {})

    await world.worker.drain()

    row = await one("SELECT state, attempt, last_error FROM operation")
    assert (row["state"], row["attempt"]) == ("waiting", 1)
    assert "unheard_of" in row["last_error"]
