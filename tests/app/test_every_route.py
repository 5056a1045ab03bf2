"""What holds for every route of the composed shop, whatever is behind it; a new route is in these tests by itself."""

from __future__ import annotations

import re

import pytest
from litestar.routes import HTTPRoute

from tests.world import World

ALWAYS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "cache-control",
    "x-request-id",
)
PRIVATE = ("/orders/", "/payments/", "/checkout", "/cart", "/account", "/sell/")
OUTSIDE = ("/no-such-page", "/static/no-such-file.css")


def list_addresses(world: World) -> list[tuple[str, str]]:
    """(method, address) of each handler, parameters filled with something that opens nothing."""
    found = [(method, OUTSIDE[0]) for method in ("GET", "POST", "DELETE")]
    for route in world.shop.routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r"\{[^}]*\}", "nothing", route.path)
            found += [(str(method), path) for method in sorted(route.methods) if method != "OPTIONS"]
    return [*found, ("GET", OUTSIDE[1])]


async def test_answer_carries_every_security_header_on_every_route(world: World) -> None:
    client = world.browser().client

    missing = {}
    for method, path in list_addresses(world):
        answer = await client.request(method, path)
        absent = [name for name in ALWAYS if name not in answer.headers]
        if absent or answer.status_code >= 500:
            missing[f"{method} {path}"] = (answer.status_code, absent)

    assert len(list_addresses(world)) > 25
    assert missing == {}


async def test_private_answers_are_never_stored_on_any_route(world: World) -> None:
    client = world.browser().client

    stored = {}
    for method, path in list_addresses(world):
        if path.startswith(PRIVATE):
            cache = (await client.request(method, path)).headers["cache-control"]
            if cache not in ("no-store", "private, no-cache"):
                stored[f"{method} {path}"] = cache

    assert stored == {}


async def test_nothing_is_done_for_another_site_on_any_route_that_changes_something(world: World) -> None:
    client = world.browser().client
    done = {}
    for method, path in list_addresses(world):
        if method not in ("GET", "HEAD") and not path.startswith("/webhooks/"):
            answer = await client.request(method, path, headers={"Sec-Fetch-Site": "cross-site"})
            if answer.status_code != 403:
                done[f"{method} {path}"] = answer.status_code

    assert done == {}


@pytest.mark.parametrize("path", ["/", "/orders/%00", "/p/%00", "/payments/%00/return?session_id=x"])
async def test_odd_addresses_are_the_visitors_mistake_and_not_ours(world: World, path: str) -> None:
    assert (await world.browser().get(path)).status_code < 500
