"""The demo's people in a browser of the world."""

from __future__ import annotations

from tests.world import Browser


async def sign_in_as(browser: Browser, key: str) -> None:
    """Sign this browser in as ada, vera, otto or olga, by the demo's button."""
    answer = await browser.post("/account/demo", person=key)
    assert answer.status_code == 303, answer.text
