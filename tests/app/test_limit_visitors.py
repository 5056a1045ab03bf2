"""Who asks too often is told to wait: counted by the address that the installation trusts."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from store.accounts.controllers.forms import CHANGES, MAILS, SIGN_INS, SIGN_UPS
from store.app import create_app
from store.cart.controllers.codes import GUESSES
from store.orders.controllers import MESSAGES, PAGES_PER_MINUTE
from store.payments.controllers.shared import CHECKOUTS, ORDER_ACTIONS
from tests.world import SHOP, World

PROXY = "10.0.0.1"
LIMITED = [
    ("POST", "/cart/promotion", GUESSES),
    ("POST", "/checkout", CHECKOUTS),
    ("POST", "/orders/nothing/pay", CHECKOUTS),
    ("POST", "/account/signin", SIGN_INS),
    ("POST", "/account/signup", SIGN_UPS),
    ("POST", "/account/reset", MAILS),
    ("GET", "/account/reset/nothing", CHANGES),
    ("POST", "/account/reset/nothing", CHANGES),
    ("GET", "/account/verify/nothing", CHANGES),
    ("POST", "/account/verify/nothing", CHANGES),
    ("GET", "/orders/nothing", PAGES_PER_MINUTE),
    ("GET", "/orders/nothing/ask", PAGES_PER_MINUTE),
    ("POST", "/orders/nothing/ask", MESSAGES),
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


async def ask_until_refused(
    client: httpx.AsyncClient, method: str, path: str, limit: tuple[int, float], forwarded: str = ""
) -> httpx.Response:
    """Use up what there is; while a slow machine asks, some tries come back, so a few more may pass."""
    for _ in range(limit[0]):
        assert (await ask(client, method, path, forwarded)).status_code != 429
    for _ in range(4 * limit[0]):
        answer = await ask(client, method, path, forwarded)
        if answer.status_code == 429:
            return answer
    raise AssertionError(f"{method} {path} has no limit")


@pytest.mark.parametrize(("method", "path", "limit"), LIMITED)
async def test_next_one_waits_when_the_limit_is_used_up(
    world: World, method: str, path: str, limit: tuple[int, float]
) -> None:
    client = visit(world, None)

    refused = await ask_until_refused(client, method, path, limit)

    assert int(refused.headers["retry-after"]) >= 1


async def test_header_of_a_visitor_means_nothing_when_no_proxy_is_named(world: World) -> None:
    client = visit(world, None)
    for number in range(CHECKOUTS[0]):
        await ask(client, "POST", "/checkout", forwarded=f"198.51.100.{number}")

    answers = [await ask(client, "POST", "/checkout", forwarded=f"203.0.113.{n}") for n in range(CHECKOUTS[0])]

    assert 429 in [answer.status_code for answer in answers]


async def test_visitors_count_apart_when_the_proxy_names_them(world: World) -> None:
    client = visit(world, "X-Forwarded-For")
    await ask_until_refused(client, "POST", "/checkout", CHECKOUTS, forwarded="198.51.100.1")

    same = [await ask(client, "POST", "/checkout", "6.6.6.6, ::ffff:198.51.100.1") for _ in range(CHECKOUTS[0])]
    other = await ask(client, "POST", "/checkout", forwarded="198.51.100.2")

    assert 429 in [answer.status_code for answer in same]
    assert other.status_code == 303


async def test_return_is_let_in_when_order_pages_were_looked_at_too_often(world: World) -> None:
    client = visit(world, None)
    await ask_until_refused(client, "GET", "/orders/nothing", PAGES_PER_MINUTE)

    returned = await ask(client, "GET", "/payments/nothing/return")

    assert returned.status_code == 404
