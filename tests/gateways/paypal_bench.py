"""PayPal's protocol as the sandbox speaks it, in this process, with its buyer: what the contract suite needs of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from store.gateways.paypal.gateway import PayPalGateway
from store.gateways.port import FundingDeclined
from store.kit import clock
from store.sandbox.paypal.app import App, name_app
from store.sandbox.paypal.approval import approve
from tests.ready import open_sandbox
from tests.world import SANDBOX, SHOP, Lazy, make_paypal

# What a verb of the port is on PayPal's wire.
PAYPAL_WIRE = {
    "open_checkout": ("POST", "/v2/checkout/orders"),
    "fetch_payment": ("GET", "/v2/checkout/orders/*"),
    "capture_payment": ("POST", "/v2/checkout/orders/*/capture"),
    "refund": ("POST", "/v2/payments/captures/*/refund"),
    "find_refunds": ("GET", "/v2/payments/captures/*"),
    "send_payout": ("POST", "/v1/payments/payouts"),
    "list_events": ("GET", "/v1/notifications/webhooks-events"),
}
ORDER_SECONDS = 6 * 3600


class Inbox(httpx.AsyncBaseTransport):
    """The shop's address for deliveries: it takes all of them, and keeps headers and bytes."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.taken.append((dict(request.headers), await request.aread()))
        return httpx.Response(200)


class PayPalBench:
    """One app at the sandbox and whoever buys there."""

    direct = destination = ""

    def __init__(self, sandbox: Any, wire: Lazy, data: Path, inbox: Inbox) -> None:
        self.sandbox, self.wire, self.data, self.inbox = sandbox, wire, data, inbox
        self.console = httpx.AsyncClient(transport=wire, base_url=SANDBOX)
        self.app: App = name_app(sandbox.state.world)
        self.gateway = self.make_gateway("unused")

    def make_gateway(self, webhook_id: str) -> PayPalGateway:
        """The rail of a shop whose webhook has this id."""
        return PayPalGateway(make_paypal(self.data, "overprint", webhook_id), SHOP, self.wire)

    async def subscribe(self) -> str:
        """Let every event be delivered to the inbox; return the webhook's id."""
        made = await self.console.post(
            "/v1/notifications/webhooks",
            json={"url": f"{SHOP}/webhooks/paypal", "event_types": [{"name": "*"}]},
            auth=("overprint", "overprint-secret"),
        )
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def read_order(self, ref: str) -> Any:
        """The order as PayPal shows it."""
        return (await self.console.get(f"/v2/checkout/orders/{ref}", auth=("overprint", "overprint-secret"))).json()

    async def deliver(self) -> None:
        """Send every delivery that is due."""
        while await self.sandbox.state.deliveries.run_due():
            pass

    def approve(self, ref: str, outcome: str = "balance") -> None:
        """The buyer agrees at PayPal's page, in a way that decides what becomes of the money."""
        approve(self.app, ref, outcome)

    async def pay(self, ref: str, url: str) -> None:
        """The buyer agrees and we capture."""
        self.approve(ref)
        await self.gateway.capture_payment(ref, f"cap:{ref}:1")

    async def decline(self, ref: str, url: str) -> None:
        self.approve(ref, "declined")
        try:
            await self.gateway.capture_payment(ref, f"cap:{ref}:0")
        except FundingDeclined:
            return
        raise AssertionError("the capture was not declined")

    async def run_out(self, ref: str) -> None:
        await self.advance(ORDER_SECONDS + 1)

    async def settle(self, ref: str) -> None:
        """What PayPal keeps is known at once."""

    async def lose(self, call: str, when: str) -> None:
        """Twice, since a token that is refused is fetched anew and the call repeated."""
        method, path = PAYPAL_WIRE[call]
        fault = {"method": method, "path": path, "when": when, "action": "status", "status": 401, "count": 2}
        told = await self.console.post("/_sandbox/faults", json=fault)
        assert told.status_code == 200, told.text

    async def advance(self, seconds: int) -> None:
        """Let time pass at PayPal."""
        assert (await self.console.post("/_sandbox/clock", json={"advance": seconds})).status_code == 200
        self.sandbox.state.world.tick()


@asynccontextmanager
async def open_paypal_bench(data: Path) -> AsyncIterator[PayPalBench]:
    """The sandbox on a folder of its own, without a shop."""
    wire, inbox = Lazy(), Inbox()
    async with open_sandbox(data, inbox) as wire.app:
        clock.use_offset_file(data / "clock")
        bench = PayPalBench(wire.app, wire, data, inbox)
        try:
            yield bench
        finally:
            clock.use_offset_file(None)
            await bench.console.aclose()
