"""The rails the contract suite runs on: a test that asks for a bench, in a file without its own, runs once on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateways.benches import Bench, FakeBench, open_sandbox_bench


@pytest.fixture(params=["fake", "stripe on the sandbox"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    if request.param == "fake":
        yield FakeBench()
        return
    async with open_sandbox_bench(tmp_path) as built:
        yield built
