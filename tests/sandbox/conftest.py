"""One sandbox per test, in this process: Ada pays on its pages, the shop is a list of received webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from store.sandbox.clock import Clock
from store.sandbox.kernel.world import World
from store.sandbox.stripe.keys import SECRET_KEY
from tests.ready import open_sandbox

SANDBOX = "http://127.0.0.1:8001"
SHOP = "http://localhost:8000"
GOOD_CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123", "name": "Ada Buyer"}
Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Shop(httpx.AsyncBaseTransport):
    """The merchant's end: keeps every webhook request and answers as told (200 unless told otherwise)."""

    received: list[httpx.Request] = field(default_factory=list)
    answer: Answer = lambda request: httpx.Response(200)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.received.append(request)
        return self.answer(request)

    def types(self) -> list[str]:
        return [httpx.Response(200, content=request.content).json()["type"] for request in self.received]


@dataclass
class Sandbox:
    """The app, a client on loopback, and the verbs most tests need."""

    app: Litestar
    client: httpx.AsyncClient
    shop: Shop
    world: World

    async def call(
        self,
        method: str,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        account: str | None = None,
        key: str = "",
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {SECRET_KEY}"}
        headers |= {"Stripe-Account": account} if account else {}
        headers |= {"Idempotency-Key": key} if key else {}
        if method == "GET":
            return await self.client.get(path, params=data, headers=headers)
        return await self.client.request(method, path, data=data, headers=headers)

    async def create(self, path: str, data: dict[str, Any], account: str | None = None) -> dict[str, Any]:
        answer = await self.call("POST", path, data, account=account)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def add_endpoint(
        self, types: tuple[str, ...] = ("*",), *, connect: bool = False, url: str = SHOP + "/webhooks/stripe"
    ) -> dict[str, Any]:
        data: dict[str, Any] = {f"enabled_events[{n}]": type for n, type in enumerate(types)}
        data |= {"url": url, "api_version": "2026-10-28.endive"} | ({"connect": "true"} if connect else {})
        return await self.create("/v1/webhook_endpoints", data)

    async def open_session(
        self, amount: int = 2400, currency: str = "usd", account: str | None = None, **more: Any
    ) -> dict[str, Any]:
        data = {
            "mode": "payment",
            "success_url": SHOP + "/return?session_id={CHECKOUT_SESSION_ID}",
            "cancel_url": SHOP + "/cart",
            "line_items[0][price_data][currency]": currency,
            "line_items[0][price_data][unit_amount]": amount,
            "line_items[0][price_data][product_data][name]": "Riso print: Moon over Lisbon",
            "line_items[0][quantity]": 1,
            "client_reference_id": "order-1",
            "metadata[order]": "OP-7K3M9",
        }
        return await self.create("/v1/checkout/sessions", {**data, **more}, account)

    async def open_account(self, *, charged: str = "direct") -> str:
        payer, losses, dashboard = (
            ("account", "stripe", "full") if charged == "direct" else ("application", "application", "express")
        )
        data = {
            "country": "US",
            "controller[fees][payer]": payer,
            "controller[losses][payments]": losses,
            "controller[requirement_collection]": "stripe",
            "controller[stripe_dashboard][type]": dashboard,
            "capabilities[card_payments][requested]": "true",
            "capabilities[transfers][requested]": "true",
            "business_profile[name]": "Vera Prints",
            "business_type": "individual",
            "individual[phone]": "0000000000",
            "individual[dob][day]": "1",
            "individual[dob][month]": "1",
            "individual[dob][year]": "1901",
            "individual[address][line1]": "address_full_match",
            "individual[ssn_last_4]": "0000",
            "external_account[object]": "bank_account",
            "external_account[country]": "US",
            "external_account[currency]": "usd",
            "external_account[account_number]": "000123456789",
        }
        return str((await self.create("/v1/accounts", data))["id"])

    async def submit(self, session: str, **typed: str) -> httpx.Response:
        return await self.client.post(f"/c/pay/{session}", data={**GOOD_CARD, **typed})

    async def tell(self, what: str, /, **command: Any) -> httpx.Response:
        return await self.client.post(f"/_sandbox/{what}", json=command)

    async def truth(self, what: str) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/_sandbox/truth/{what}")
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows


@asynccontextmanager
async def composed(data: Path, shop: Shop, clock: Clock | None = None) -> AsyncIterator[Sandbox]:
    """Compose a sandbox over a folder, as a start would, and close its files afterwards."""
    async with (
        open_sandbox(data, shop, clock) as app,
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=SANDBOX) as client,
    ):
        yield Sandbox(app, client, shop, app.state.world)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with composed(tmp_path, Shop()) as made:
        yield made
