"""The shop around the fake gateway: for what no card can do, such as a bank that answers days later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import httpx
from litestar import Litestar

from store import seed
from store.gateways.port import Gateways
from store.kit import clock
from store.kit.db import fetch_value
from store.mail.service import Mailer
from store.payments.service import sync_payment
from store.payments.states import Door
from store.workers import Worker
from tests.facts import the_payment
from tests.gateways.fake_connect import FakeRail
from tests.ready import make_shop
from tests.world import SHOP, Browser, make_settings

PAGES = "https://pay.example"


@dataclass
class Stall:
    """A shop, its worker and the provider that tests play."""

    fake: FakeRail
    gateways: Gateways
    shop: Litestar
    worker: Worker
    letters: list[EmailMessage]
    clock_file: Path
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self) -> Browser:
        """A new visitor with cookies of his own."""
        transport = httpx.ASGITransport(app=self.shop, raise_app_exceptions=False)
        headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        client = httpx.AsyncClient(transport=transport, base_url=SHOP, headers=headers)
        self.clients.append(client)
        return Browser(self, client)  # type: ignore[arg-type]

    def advance(self, seconds: int) -> None:
        """Move business time."""
        past = int(self.clock_file.read_text()) if self.clock_file.exists() else 0
        self.clock_file.write_text(str(past + seconds))

    async def look(self, ref: str = "", door: Door = Door.WEBHOOK) -> str:
        """Let one door look at the attempt with this session, or at the newest."""
        payment = await fetch_value("SELECT id FROM payment WHERE provider_ref = $1", ref) if ref else None
        status = await sync_payment(self.gateways, payment or (await the_payment())["id"], door)
        await self.worker.drain()
        return status


@asynccontextmanager
async def build_stall(data: Path) -> AsyncIterator[Stall]:
    """Compose the shop around a fresh fake and fill its shelves."""
    fake, letters = FakeRail(), []
    asked = make_settings(data, stripe_api_base=PAGES)
    settings, gateways, shop = make_shop(asked, Gateways(stripe=fake))  # type: ignore[arg-type]

    async def keep(mailer: Mailer, message: EmailMessage) -> None:
        letters.append(message)

    mailer = Mailer(settings.smtp_url, settings.mail_from, settings.base_url, shop.state.pages.environment, keep)
    stall = Stall(fake, gateways, shop, Worker(gateways, mailer), letters, data / "clock")
    await seed.fill(gateways)
    try:
        yield stall
    finally:
        clock.use_offset_file(None)
        for client in stall.clients:
            await client.aclose()
