"""Who asks too often is told to wait: counted by the address that the installation trusts."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from store.app import create_app
from store.cart.controllers.codes import GUESSES
from store.orders.controllers import PAGES_PER_MINUTE
from store.payments.controllers import CHECKOUTS, ORDER_ACTIONS
from tests.world import SHOP, World

PROXY = "10.0.0.1"
LIMITED = [
    ("POST", "/cart/promotion", GUESSES),
    ("POST", "/checkout", CHECKOUTS),
    ("POST", "/orders/nothing/pay", CHECKOUTS),
    ("GET", "/orders/nothing", PAGES_PER_MINUTE),
    ("GET", "/payments/nothing/return", ORDER_ACTIONS),
    ("POST", "/orders/nothing/check", ORDER_ACTIONS),
    ("POST", "/orders/nothing/cancel", ORDER_ACTIONS),
]


def visit(world: World, header: str | None) -> httpx.AsyncClient:
    """A browser at a shop as strict as in production, behind a proxy."""
    settings = replace(world.settings, rate_scale=1.0, client_address_header=header)
    transport = httpx.ASGITransport(app=create_app(settings, world.gateways), client=(PROXY, 1))
    client = httpx.AsyncClient(transport=transport, base_url=SHOP, headers={"Sec-Fetch-Site": "same-origin"})
    world.clients.append(client)
    return client


async def ask(client: httpx.AsyncClient, method: str, path: str, forwarded: str = "") -> httpx.Response:
    form = {"form_id": "x"} if method == "POST" else None
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return await client.request(method, path, data=form, headers=headers)


@pytest.mark.parametrize(("method", "path", "limit"), LIMITED)
async def test_next_one_waits_when_the_limit_is_used_up(
    world: World, method: str, path: str, limit: tuple[int, float]
) -> None:
    client = visit(world, None)
    for _ in range(limit[0]):
        assert (await ask(client, method, path)).status_code != 429

    refused = await ask(client, method, path, forwarded="198.51.100.9")

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


async def test_visitors_count_apart_when_the_proxy_names_them(world: World) -> None:
    client = visit(world, "X-Forwarded-For")
    for _ in range(CHECKOUTS[0]):
        await ask(client, "POST", "/checkout", forwarded="198.51.100.1")

    same = await ask(client, "POST", "/checkout", forwarded="6.6.6.6, ::ffff:198.51.100.1")
    other = await ask(client, "POST", "/checkout", forwarded="198.51.100.2")

    assert (same.status_code, other.status_code) == (429, 303)


async def test_return_is_let_in_when_order_pages_were_looked_at_too_often(world: World) -> None:
    client = visit(world, None)
    for _ in range(PAGES_PER_MINUTE[0]):
        await ask(client, "GET", "/orders/nothing")

    looked = await ask(client, "GET", "/orders/nothing")
    returned = await ask(client, "GET", "/payments/nothing/return")

    assert (looked.status_code, returned.status_code) == (429, 404)
