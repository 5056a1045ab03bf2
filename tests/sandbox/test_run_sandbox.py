"""The app's own background: what is due happens by itself; errors speak the caller's language."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from store.sandbox.kernel.world import DEMO_PLATFORM
from tests.sandbox.conftest import SHOP, Sandbox, Shop, composed

COMPLETED = "checkout.session.completed"


async def test_due_deliveries_leave_by_themselves_when_running(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    def note(request: httpx.Request) -> httpx.Response:
        arrived.set()
        return httpx.Response(200)

    async with composed(tmp_path, Shop(answer=note)) as sandbox, sandbox.app.lifespan():
        await sandbox.add_endpoint(("charge.succeeded",))
        await sandbox.submit((await sandbox.open_session())["id"])

        await asyncio.wait_for(arrived.wait(), 10)

    assert sandbox.shop.types() == ["charge.succeeded"]


async def test_sessions_expire_by_themselves_when_running(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    def note(request: httpx.Request) -> httpx.Response:
        arrived.set()
        return httpx.Response(200)

    async with composed(tmp_path, Shop(answer=note)) as sandbox:
        await sandbox.add_endpoint(("checkout.session.expired",))
        await sandbox.open_session()
        sandbox.app.state.clock.advance(86400)
        async with sandbox.app.lifespan():
            await asyncio.wait_for(arrived.wait(), 10)

    assert sandbox.shop.types() == ["checkout.session.expired"]


async def test_other_things_go_on_when_one_due_job_keeps_failing(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    def note(request: httpx.Request) -> httpx.Response:
        arrived.set()
        return httpx.Response(200)

    async with composed(tmp_path, Shop(answer=note)) as sandbox:
        sandbox.world.schedule(0, "no such job", "acct_1", "x")
        async with sandbox.app.lifespan():
            await sandbox.add_endpoint(("checkout.session.expired",))
            sandbox.world.emit(DEMO_PLATFORM, "checkout.session.expired", {"id": "cs_1"})

            await asyncio.wait_for(arrived.wait(), 10)

    assert sandbox.shop.types() == ["checkout.session.expired"]


async def test_page_stops_waiting_when_the_sandbox_is_told_to_stop(tmp_path: Path) -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    class Silent(Shop):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.set()
            await never.wait()
            raise AssertionError("never answered")

    async with composed(tmp_path, Silent()) as sandbox, sandbox.app.lifespan():
        await sandbox.add_endpoint((COMPLETED,))
        session = await sandbox.open_session()
        leaving = asyncio.create_task(sandbox.submit(session["id"]))
        await asyncio.wait_for(asked.wait(), 10)

        sandbox.app.state.closing.set()
        left = await asyncio.wait_for(leaving, 5)

    assert left.headers["location"] == f"{SHOP}/return?session_id={session['id']}"


async def test_health_is_told_when_asked(sandbox: Sandbox) -> None:
    assert (await sandbox.client.get("/healthz")).json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("method", "path", "size", "status"),
    [
        ("POST", "/v1/customers", 2**20 + 1, 413),
        ("OPTIONS", "/v1/customers", 0, 204),
        ("HEAD", "/v1/customers", 0, 405),
    ],
)
async def test_api_refuses_in_the_providers_shape_when_the_request_never_reaches_it(
    sandbox: Sandbox, method: str, path: str, size: int, status: int
) -> None:
    answer = await sandbox.client.request(method, path, content=b"a" * size)

    assert answer.status_code == status
    if status == 413:
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert answer.headers["request-id"].startswith("req_")


@pytest.mark.parametrize(("path", "shape"), [("/c/pay/{id}", "page"), ("/v1/checkout/sessions", "api")])
async def test_error_is_readable_when_the_sandbox_itself_fails(tmp_path: Path, path: str, shape: str) -> None:
    async with composed(tmp_path, Shop()) as sandbox:
        session = await sandbox.open_session()
        sandbox.world.close()  # as if the disk were gone

        answer = await sandbox.call("GET", path.format(id=session["id"]))

    assert answer.status_code == 500
    if shape == "page":
        assert "<h1>The sandbox failed</h1>" in answer.text
    else:
        assert answer.json()["error"]["type"] == "api_error"
