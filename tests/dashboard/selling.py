"""Somebody who opens a shop, and what they do on the provider's pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from tests.facts import one
from tests.people import sign_in_as
from tests.world import SHOP, Browser, World

SHOP_FORM = {"name": "Otto’s Oddities", "about": "Odd things, made one by one.", "country": "US"}


async def open_a_shop(world: World, key: str = "otto", **changes: str) -> Browser:
    """Sign in and do the first task."""
    browser = world.browser()
    await sign_in_as(browser, key)
    answer = await browser.post("/sell/onboarding", **{**SHOP_FORM, **changes})
    assert answer.status_code == 303, answer.text
    return browser


async def follow_link(browser: Browser) -> str:
    """Press the button; returns the address of the provider's form."""
    answer = await browser.post("/sell/connect/start")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def finish_form(world: World, address: str, **choice: str) -> str:
    """Fill in the provider's form with test data; returns where it sends its owner, as a path of ours."""
    step = str((await world.console.get(address)).headers["location"])
    while not step.endswith("/review"):
        step = str((await world.console.post(step, data={"test": "1"})).headers["location"])
    done = await world.console.post(step, data=choice)
    assert done.status_code == 303, done.text
    return str(done.headers["location"]).removeprefix(SHOP)


async def the_shop(slug: str = "ottos-oddities") -> dict[str, object]:
    """Otto's vendor."""
    return await one("SELECT * FROM vendor WHERE slug = $1", slug)


def where(answer: httpx.Response) -> str:
    """The path of a redirect."""
    return urlsplit(answer.headers["location"]).path
