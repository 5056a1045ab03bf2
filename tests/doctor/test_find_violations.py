"""Each invariant as SQL finds what was planted past the guards, and nothing in a shop that is well."""

from __future__ import annotations

import pytest

from store.doctor.invariants import INVARIANTS, Invariant, find_violations
from store.kit import clock
from tests.world import World


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda one: one.name)
async def test_nothing_is_found_when_an_order_was_bought_in_peace(world: World, invariant: Invariant) -> None:
    await world.browser().buy("KILN-MUG-BLUE")
    await world.settle()

    assert await find_violations(invariant, clock.now()) == []
