"""A sandbox of its own process, a merchant, and a Chromium that nobody's policy lets do more than it may."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page

from tests.chromium import open_chromium
from tests.sandbox.paypal.browser.merchant import Merchant, serving

START_SECONDS = 20
PATIENCE = 15_000  # milliseconds


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One sandbox per file of tests: they share nothing in it but the app."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data: Path = tmp_path_factory.mktemp("sandbox")
    process = subprocess.Popen([sys.executable, "-m", "store.sandbox.run", str(data), str(port)])
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
    try:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx.get(f"{url}/healthz", trust_env=False)
            except httpx.TransportError:
                continue
            break
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def merchant(sandbox_url: str) -> Iterator[Merchant]:
    with serving(sandbox_url) as merchant:
        yield merchant
        assert merchant.reports == []


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """One browser per file of tests."""
    async with open_chromium() as browser:
        yield browser


@pytest.fixture
async def tab(chromium: Browser) -> AsyncIterator[Page]:
    """A page of a visitor who was never here."""
    visitor = await chromium.new_context()
    page = await visitor.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    await visitor.close()
