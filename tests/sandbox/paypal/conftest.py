"""PayPal's side of the sandbox, over the in-process app: a client of the demo's app, and one of any other."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from store.sandbox.kernel.worlds import Worlds
from store.sandbox.paypal import api
from store.sandbox.paypal.app import App, name_app
from store.sandbox.paypal.approval import approve
from store.sandbox.paypal.certificates import Authority
from store.sandbox.paypal.tokens import issue_token
from tests.sandbox.conftest import SANDBOX, Sandbox, Shop, composed
from tests.sandbox.paypal.conform import check_answer
from tests.still import StillClock

UNIT = {"amount": {"currency_code": "USD", "value": "24.00"}}


@dataclass
class PayPal:
    """An httpx client with the demo app's token, and the verbs most tests need.

    Every answer is held against PayPal's OpenAPI files.
    """

    sandbox: Any  # a Sandbox; None where the API stands alone
    client: httpx.AsyncClient
    app: App

    async def call(self, method: str, path: str, body: Any = None, *, key: str = "", **headers: str) -> httpx.Response:
        """Send a call that prefers the representation; header names with underscores for dashes."""
        sent = {"Prefer": "return=representation"} | ({"PayPal-Request-Id": key} if key else {})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=body, headers=sent)

    async def create(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a call that has to succeed, and return its JSON."""
        answer = await self.call(method, path, body, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def open_order(self, unit: Any = None, **more: Any) -> Any:
        """Create an order of one unit that waits for the buyer."""
        return await self.create(
            "POST", "/v2/checkout/orders", {"intent": "CAPTURE", "purchase_units": [unit or UNIT], **more}
        )

    async def approve(self, outcome: str = "balance", unit: Any = None, **more: Any) -> Any:
        """Create an order and let Ada approve it; return the order as it was created."""
        order = await self.open_order(unit, **more)
        approve(self.app, order["id"], outcome)
        return order

    async def settle(self, order: Any, verb: str = "capture", **more: Any) -> httpx.Response:
        """Capture or authorize an order."""
        return await self.call("POST", f"/v2/checkout/orders/{order['id']}/{verb}", {}, **more)

    def advance(self, seconds: int) -> None:
        """Move the sandbox's clock and do what became due."""
        clock: Any = self.app.world.clock
        clock.advance(seconds)
        self.app.world.tick()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sandbox's certificates: making keys for each test would take longer than the tests."""
    folder = tmp_path_factory.mktemp("certificates")
    Authority(folder).ensure()
    Authority(folder).ensure_stranger()
    return folder


@pytest.fixture
async def still(tmp_path: Path, certificates: Path) -> AsyncIterator[Sandbox]:
    """A sandbox whose clock moves only when told to."""
    shutil.copytree(certificates, tmp_path / "sandbox")
    async with composed(tmp_path, Shop(), StillClock(tmp_path / "clock")) as made:
        yield made


@pytest.fixture
async def paypal(still: Sandbox) -> AsyncIterator[PayPal]:
    app = name_app(still.world)
    headers = {"Authorization": f"Bearer {issue_token(app)}"}
    transport = httpx.ASGITransport(app=still.app)
    hooks = {"response": [check_answer]}
    base = still.client.base_url
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers, event_hooks=hooks) as client:
        yield PayPal(still, client, app)


class Direct(httpx.AsyncBaseTransport):
    """Calls go to the API itself, without the app around it: a tenth of the time where only answers are looked at."""

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.aread()
        asked = api.Request(request.method, request.url.path, headers, request.url.query, body)
        sent = await api.handle(self.worlds, asked)
        return httpx.Response(sent.status, headers=sent.headers, content=sent.body)


@pytest.fixture
async def direct(tmp_path: Path) -> AsyncIterator[PayPal]:
    """PayPal's API alone: no pages, no control API, no deliveries, no request log."""
    worlds = Worlds(tmp_path, StillClock(tmp_path / "clock"))
    app = name_app(worlds.demo)
    headers = {"Authorization": f"Bearer {issue_token(app)}"}
    hooks = {"response": [check_answer]}
    async with httpx.AsyncClient(
        transport=Direct(worlds), base_url=SANDBOX, headers=headers, event_hooks=hooks
    ) as client:
        yield PayPal(None, client, app)
    worlds.close()
