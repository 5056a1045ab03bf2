"""Wires to the provider that misbehave on purpose, for shops that are built around them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx

from store.app import create_app
from store.gateways.breaker import Breaker
from store.gateways.port import Gateways
from store.gateways.stripe.gateway import StripeGateway
from store.workers import Worker
from tests.world import World


class Gate(httpx.AsyncBaseTransport):
    """A provider that takes every request and answers when `open` is set; `asked` is let go for each one taken."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.open, self.asked = asyncio.Event(), asyncio.Semaphore(0)
        self.waiting = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        self.asked.release()
        await self.open.wait()
        self.waiting -= 1
        return await self._inner.handle_async_request(request)


class Outage(httpx.AsyncBaseTransport):
    """A provider that answers 503 while `down`; the SDK is told not to try again, to save the tests its pauses."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.down, self.sent = True, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        if not self.down:
            return await self._inner.handle_async_request(request)
        error = {"type": "api_error", "message": "Stripe is down."}
        return httpx.Response(503, json={"error": error}, headers={"Stripe-Should-Retry": "false"})


def rewire(world: World, wire: httpx.AsyncBaseTransport, breaker: Breaker | None = None) -> World:
    """The same world with a shop and a worker that reach the provider by this wire."""
    gateways = Gateways(stripe=StripeGateway(world.settings, wire, breaker=breaker))
    worker = Worker(gateways, world.worker.mailer)
    return replace(world, gateways=gateways, shop=create_app(world.settings, gateways), worker=worker)
