"""The rails the contract suite runs on.

A test that asks for `bench` runs on those that pass money on to accounts; one that asks for `any_bench`, on every rail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateways.benches import Bench, FakeBench, open_sandbox_bench
from tests.gateways.paypal_bench import PayPalBench, open_paypal_bench


@pytest.fixture(params=["fake", "stripe on the sandbox"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    if request.param == "fake":
        yield FakeBench()
        return
    async with open_sandbox_bench(tmp_path) as built:
        yield built


@pytest.fixture(params=["fake", "stripe on the sandbox", "paypal on the sandbox"])
async def any_bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    if request.param == "fake":
        yield FakeBench()
        return
    opened = open_paypal_bench if request.param.startswith("paypal") else open_sandbox_bench
    async with opened(tmp_path) as built:
        yield built


@pytest.fixture
async def paypal_bench(tmp_path: Path) -> AsyncIterator[PayPalBench]:
    async with open_paypal_bench(tmp_path) as built:
        yield built
