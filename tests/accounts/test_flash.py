"""Messages that survive one redirect, and a session store that accepts only ids it issued."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Response, get, post

from store.accounts import service
from store.accounts.controllers import SessionMiddleware, flash, take_flash
from store.kit import clock
from store.kit.db import fetch, fetch_value
from store.kit.web.redirects import see_other
from tests.world import World

AnyRequest = Request[Any, Any, Any]


@post("/say")
async def say(request: AnyRequest) -> Response[None]:
    flash(request, request.query_params["text"])
    return see_other("/page")


@get("/page")
async def show_page(request: AnyRequest) -> list[str]:
    return list(await take_flash(request, secure=False))


@get("/poll")
async def poll() -> str:
    return "still waiting"


@pytest.fixture
async def visitor(db: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([say, show_page, poll], middleware=[SessionMiddleware(secure=False)], logging_config=None)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client


async def count_sessions() -> int:
    return await fetch_value("SELECT count(*) FROM session")


async def test_message_is_shown_once_when_the_next_page_is_opened(visitor: httpx.AsyncClient) -> None:
    await visitor.post("/say?text=Removed.")

    assert (await visitor.get("/page")).json() == ["Removed."]
    assert (await visitor.get("/page")).json() == []


async def test_cookie_is_http_only_and_lax_when_a_session_is_made(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/say?text=Removed.")

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("sid=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


async def test_cookie_has_the_host_prefix_when_the_shop_is_https(db: Any) -> None:
    app = Litestar([say], middleware=[SessionMiddleware(secure=True)], logging_config=None)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://shop.test") as client:
        cookie = (await client.post("/say?text=x")).headers["set-cookie"]

    assert cookie.startswith("__Host-sid=")
    assert {"Secure", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_no_session_is_written_when_nothing_is_said(visitor: httpx.AsyncClient) -> None:
    for path in ("/page", "/poll"):
        answer = await visitor.get(path)
        assert "set-cookie" not in answer.headers

    assert await count_sessions() == 0


async def test_poll_writes_nothing_when_a_message_waits(visitor: httpx.AsyncClient) -> None:
    await visitor.post("/say?text=Removed.")
    before = await fetch("SELECT *, xmin::text FROM session")

    answer = await visitor.get("/poll")

    assert await fetch("SELECT *, xmin::text FROM session") == before
    assert "set-cookie" not in answer.headers


async def test_session_is_kept_when_a_second_message_follows(visitor: httpx.AsyncClient) -> None:
    first = await visitor.post("/say?text=one")
    second = await visitor.post("/say?text=two")

    assert "set-cookie" in first.headers
    assert "set-cookie" not in second.headers
    assert (await visitor.get("/page")).json() == ["one", "two"]


async def test_chosen_id_is_discarded_when_an_attacker_planted_it(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/say?text=secret", headers={"Cookie": "sid=attackerchosen"})
    issued = answer.cookies["sid"]

    attacker = await visitor.get("/page", headers={"Cookie": "sid=attackerchosen"})

    assert issued != "attackerchosen"
    assert attacker.json() == []
    assert await count_sessions() == 1
    assert (await visitor.get("/page", headers={"Cookie": f"sid={issued}"})).json() == ["secret"]


async def test_id_is_discarded_when_its_time_is_over(visitor: httpx.AsyncClient) -> None:
    old = await service.keep_messages(None, ["stale"])
    await fetch("UPDATE session SET expires_at = $1", clock.wall() - timedelta(seconds=1))

    shown = await visitor.get("/page", headers={"Cookie": f"sid={old}"})
    answer = await visitor.post("/say?text=new", headers={"Cookie": f"sid={old}"})

    assert shown.json() == []
    assert answer.cookies["sid"] != old
    assert await service.forget_sessions() == 1
    assert await count_sessions() == 1


async def test_table_cannot_be_used_as_cookies_when_it_is_read(visitor: httpx.AsyncClient) -> None:
    issued = (await visitor.post("/say?text=x")).cookies["sid"]

    stored = await fetch_value("SELECT id FROM session")

    assert issued not in stored
    assert (await visitor.get("/page", headers={"Cookie": f"sid={stored}"})).json() == []


async def test_messages_are_few_when_nobody_reads_them(db: Any) -> None:
    session_id = await service.keep_messages(None, [str(n) for n in range(20)])
    assert await service.keep_messages(session_id, ["more"]) == session_id

    assert len(await service.take_messages(session_id)) == service.MOST_MESSAGES


async def test_answer_is_sent_when_the_message_cannot_be_kept(visitor: httpx.AsyncClient, db: Any) -> None:
    await fetch("ALTER TABLE session ADD CONSTRAINT broken CHECK (cardinality(flash) < 0) NOT VALID")
    try:
        answer = await visitor.post("/say?text=lost")
    finally:
        await fetch("ALTER TABLE session DROP CONSTRAINT broken")

    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("cart", ["", "a-cart-that-nobody-issued"])
async def test_no_session_is_written_when_somebody_without_a_cart_opens_the_checkout(world: World, cart: str) -> None:
    """Crawlers come by here; each visit would leave a row for 30 days."""
    client = world.browser()

    answer = await client.get("/checkout?group=direct:1:USD", **({"Cookie": f"cart={cart}"} if cart else {}))

    assert (answer.status_code, answer.headers["location"]) == (303, "/cart")
    assert "set-cookie" not in answer.headers
    assert await count_sessions() == 0
