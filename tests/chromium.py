"""A browser for tests whose page needs one; they are skipped where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

from e2e.chromium import ARGS, ChromiumMissingError, find_chromium


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    """Start it, and close it in the end."""
    try:
        chromium = str(find_chromium(fetch=False))
    except ChromiumMissingError as missing:
        pytest.skip(str(missing))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*ARGS, "--no-sandbox"])
        yield browser
        await browser.close()
