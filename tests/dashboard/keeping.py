"""Vera at her shop's pages: a browser that is signed in, and forms filled in as a browser sends them."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx

from store.kit.db import fetch_value
from tests.people import sign_in_as
from tests.world import SHOP, Browser, World

DISH = {"title": "Gratin dish", "description": "Shallow, of stoneware.", "price": "38.00", "stock": "5"}


async def enter(world: World, key: str = "vera") -> Browser:
    """A browser in which this person is signed in."""
    browser = world.browser()
    await sign_in_as(browser, key)
    return browser


async def follow(browser: Browser, answer: httpx.Response) -> httpx.Response:
    """The page that a 303 leads to."""
    assert answer.status_code == 303, answer.text
    return await browser.get(answer.headers["location"].removeprefix(SHOP))


def read_fields(page: str, action: str, nth: int = 0) -> dict[str, Any]:
    """What a browser would send of the nth form with this action: inputs, areas and choices; lists where repeated."""
    forms = re.findall(rf'<form\b[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert len(forms) > nth, f"no form {action} on the page"
    found: list[tuple[str, str]] = []
    pattern = r"<input\b([^>]*)>|<textarea\b([^>]*)>(.*?)</textarea>|<select\b([^>]*)>(.*?)</select>"
    for inputs, areas, text, selects, options in re.findall(pattern, forms[nth], re.DOTALL):
        attributes = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', inputs or areas or selects))
        value = attributes.get("value", "") if inputs else text
        if selects:
            chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
            value = chosen[1] if chosen else ""
        if attributes.get("type") == "file" or (attributes.get("type") == "checkbox" and " checked" not in inputs):
            continue
        found.append((attributes["name"], html.unescape(value)))
    fields: dict[str, Any] = {}
    for name, value in found:
        fields[name] = (
            [*fields[name], value]
            if isinstance(fields.get(name), list)
            else ([fields[name], value] if name in fields else value)
        )
    return fields


async def add_product(browser: Browser, action: str = "save", **changes: str) -> str:
    """A new product through its form; returns its path."""
    page = await browser.get("/sell/products/new")
    assert page.status_code == 200, page.text
    answer = await browser.post(
        "/sell/products", **{**read_fields(page.text, "/sell/products"), **DISH, "action": action, **changes}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def open_form(browser: Browser, path: str, **changes: str) -> dict[str, Any]:
    """The form of a product as it stands, with some of it typed over."""
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    return {**read_fields(page.text, path), "action": "save", **changes}


async def path_of_product(slug: str) -> str:
    """The vendor's page of a product."""
    return f"/sell/products/{await fetch_value('SELECT id FROM product WHERE slug = $1', slug)}"
