"""The whole market in one process: shop and sandbox talk to each other through in-memory transports.

Ada's browser is an httpx client with a cookie jar; the sandbox is the real one, on a folder of its own; its
webhooks really arrive at the shop's endpoints. Nothing runs in the background: tests turn the crank.
"""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from store import seed
from store.gateways.build import build_gateways
from store.gateways.port import Gateways
from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.mail.service import Mailer
from store.sandbox.clock import Clock
from store.settings import PayPalSettings, Settings
from store.workers import Worker
from tests.ready import Secrets, make_shop, open_sandbox, put_market

SHOP = "http://localhost:8000"
SANDBOX = "http://127.0.0.1:8001"
# The sandbox's platforms, by country; only the first has the demo's shelves.
KEYS = {"US": "sk_test_overprint", "DE": "sk_test_de_market", "JP": "sk_test_jp_market"}
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123", "name": "Ada Buyer"}
DECLINED = "4000 0000 0000 0002"
CHALLENGED = "4000 0027 6000 3184"
ADA = {
    "email": "ada@example.com",
    "full_name": "Ada Buyer",
    "address_line1": "1 Analytical Row",
    "city": "London",
    "postcode": "N1 9GU",
    "country": "GB",
}


def make_settings(data: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "database_url": "postgresql://unused",
        "base_url": SHOP,
        "secret_key": "x" * 40,
        "stripe_secret_key": "sk_test_overprint",
        "stripe_publishable_key": "pk_test_overprint",
        "stripe_webhook_secrets": ("whsec_none",),
        "stripe_connect_webhook_secrets": ("whsec_none",),
        "smtp_url": "smtp://127.0.0.1:1",
        "mail_from": "Overprint <orders@localhost>",
        "stripe_api_base": SANDBOX,
        "demo": True,
        "rate_scale": 1000.0,
        "data": data,
    }
    return Settings(**{**values, **changes})


def make_paypal(data: Path, app: str, webhook_id: str) -> PayPalSettings:
    """The app at PayPal whose world is that of the Stripe keys with the same ending; `data` is the sandbox's folder."""
    return PayPalSettings(
        client_id=app,
        client_secret=f"{app}-secret",
        webhook_id=webhook_id,
        base_url=SANDBOX,
        sdk_url=f"{SANDBOX}/sdk/js",
        ca_file=data / "sandbox" / "paypal-ca.pem",
        redirect_origins=(SANDBOX,),
        csp_origins=(SANDBOX,),
    )


class Lazy(httpx.AsyncBaseTransport):
    """A transport whose app comes later: shop and sandbox need each other. It remembers what went through it."""

    app: Any = None

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        # What an app raises through its own handlers is a connection cut on purpose.
        return await httpx.ASGITransport(app=self.app).handle_async_request(request)


@dataclass
class World:
    """Everything one test needs. `wire` leads from the shop to the provider, `way` from there to the shop."""

    settings: Settings
    shop: Litestar
    sandbox: Litestar
    gateways: Gateways
    worker: Worker
    console: httpx.AsyncClient
    wire: Lazy
    way: Lazy
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def platform(self) -> str:
        """The account of our own key."""
        tail = self.settings.stripe_secret_key.removeprefix("sk_test_")
        return str(self.sandbox.state.worlds.find(tail).platform)

    def browser(self) -> Browser:
        """A new visitor with cookies of his own."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.shop, raise_app_exceptions=False),
            base_url=SHOP,
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        )
        self.clients.append(client)
        return Browser(self, client)

    async def deliver(self) -> None:
        """Let the sandbox send every webhook that is due, and the worker apply them."""
        while await self.sandbox.state.deliveries.run_due():
            pass
        await self.worker.drain()

    async def advance(self, seconds: int) -> None:
        """Move the sandbox's clock and let it do what has become due."""
        await self.tell("clock", advance=seconds)
        self.sandbox.state.worlds.tick()

    async def settle(self) -> None:
        """Let everything come to rest: charges settled, webhooks delivered, sweeps done."""
        await self.deliver()
        await self.advance(20)
        await self.deliver()
        await self.worker.drain(sweep=True)
        await self.deliver()

    async def tell(self, what: str, /, **command: Any) -> Any:
        answer = await self.console.post(f"/_sandbox/{what}", json=command)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def truth(self, what: str) -> list[dict[str, Any]]:
        answer = await self.console.get(f"/_sandbox/truth/{what}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    async def pay(self, url: str, **card: str) -> httpx.Response:
        """Fill in the hosted page at `url`; the answer redirects to the shop when the payment went through."""
        return await self.console.post(url, data={**CARD, **card})


@dataclass
class Browser:
    """One visitor: follows no redirects by itself, so that a test sees each."""

    world: World
    client: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, **data: Any) -> httpx.Response:
        return await self.client.post(path, data=data)

    async def add(self, sku: str, quantity: int = 1) -> None:
        """Put one variant into the cart."""
        variant = await fetch_row("SELECT id FROM variant WHERE sku = $1", sku)
        assert variant is not None, sku
        answer = await self.post("/cart/add", variant=str(variant["id"]), quantity=quantity)
        assert answer.status_code == 303, answer.text

    async def groups(self) -> list[str]:
        """The checkout groups of the cart, by key."""
        page = await self.get("/cart")
        return re.findall(r'name="group" value="([^"]+)">\s*<button[^>]*>Checkout', page.text)

    async def checkout_form(self, group: str = "", **changes: str) -> dict[str, str]:
        """What the checkout page would post for Ada."""
        key = group or (await self.groups())[0]
        page = await self.get(f"/checkout?group={key}")
        assert page.status_code == 200, page.headers.get("location", page.text)
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
        return {**{name: html.unescape(value) for name, value in hidden}, **ADA, **changes}

    async def check_out(self, group: str = "", **changes: str) -> str:
        """Go through checkout; returns the hosted page's address."""
        answer = await self.post("/checkout", **(await self.checkout_form(group, **changes)))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def buy(self, sku: str, quantity: int = 1) -> str:
        """Cart, checkout, card, back: returns the order's path."""
        await self.add(sku, quantity)
        paid = await self.world.pay(await self.check_out())
        assert paid.status_code == 303, paid.text
        back = await self.get(paid.headers["location"].removeprefix(SHOP))
        assert back.status_code == 303, back.text
        return str(back.headers["location"])

    async def status(self, order_path: str) -> str:
        """The label the order page shows."""
        page = await self.get(order_path)
        found = re.search(r'<h2 id="order-state">([^<]+)</h2>', page.text)
        assert found, page.text
        return found[1]


@asynccontextmanager
async def build_world(
    data: Path, providers_clock: Clock | None = None, platform: str = "US", *, shelves: bool = True
) -> AsyncIterator[World]:
    """Compose both apps, the two webhook endpoints and the market: vendors with their accounts, and shelves.

    A platform in another country (DE, JP) starts with empty shelves: the demo's vendors are those of the American one,
    and even there only with `shelves`.
    """
    market = await put_market(data, _seed) if platform == "US" and shelves else None
    async with _open_world(data, providers_clock, platform, market) as world:
        if market is None:
            await world.console.post("/_sandbox/seeded")
        yield world


async def _seed(data: Path) -> Secrets:
    async with _open_world(data, None, "US", None) as world:
        await seed.fill(world.gateways)
        await world.console.post("/_sandbox/seeded")
        settings = world.settings
        assert settings.paypal is not None
        return Secrets(
            settings.stripe_webhook_secrets, settings.stripe_connect_webhook_secrets, settings.paypal.webhook_id
        )


@asynccontextmanager
async def _open_world(
    data: Path, providers_clock: Clock | None, platform: str, endpoints: Secrets | None
) -> AsyncIterator[World]:
    to_shop, to_sandbox = Lazy(), Lazy()
    async with open_sandbox(data, to_shop, providers_clock or data / "clock") as sandbox:
        to_sandbox.app = sandbox
        console = httpx.AsyncClient(transport=to_sandbox, base_url=SANDBOX)
        secrets = endpoints or await _make_endpoints(console, platform)
        asked = make_settings(
            data,
            stripe_secret_key=KEYS[platform],
            stripe_publishable_key=KEYS[platform].replace("sk_", "pk_"),
            stripe_webhook_secrets=secrets.account,
            stripe_connect_webhook_secrets=secrets.connect,
            platform_country=platform,
            paypal=make_paypal(data, KEYS[platform].removeprefix("sk_test_"), secrets.paypal),
        )
        settings, gateways, shop = make_shop(asked, build_gateways(asked, to_sandbox))
        to_shop.app = shop
        mailer = Mailer(
            settings.smtp_url, settings.mail_from, settings.base_url, shop.state.pages.environment, to_mailbox(sandbox)
        )
        world = World(settings, shop, sandbox, gateways, Worker(gateways, mailer), console, to_sandbox, to_shop)
        try:
            yield world
        finally:
            clock.use_offset_file(None)
            for client in (*world.clients, console):
                await client.aclose()


async def _make_endpoints(console: httpx.AsyncClient, platform: str) -> Secrets:
    secrets = []
    for path, connect in (("/webhooks/stripe", "false"), ("/webhooks/stripe/connect", "true")):
        made = await console.post(
            "/v1/webhook_endpoints",
            data={"url": SHOP + path, "enabled_events[]": "*", "connect": connect, "api_version": "2026-10-28.endive"},
            headers={"Authorization": f"Bearer {KEYS[platform]}"},
        )
        assert made.status_code == 200, made.text
        secrets.append((made.json()["secret"],))
    app = KEYS[platform].removeprefix("sk_test_")
    webhook = await console.post(
        "/v1/notifications/webhooks",
        json={"url": f"{SHOP}/webhooks/paypal", "event_types": [{"name": "*"}]},
        auth=(app, f"{app}-secret"),
    )
    assert webhook.status_code == 201, webhook.text
    return Secrets(secrets[0], secrets[1], webhook.json()["id"])


def to_mailbox(sandbox: Litestar) -> Any:
    """Hand mails to the sandbox's mailbox without a socket."""

    async def submit(mailer: Mailer, message: EmailMessage) -> None:
        sandbox.state.mailbox.keep(str(message["From"]), [str(message["To"])], message.as_bytes())

    return submit


async def rows(sql: str, *args: Any) -> list[dict[str, Any]]:
    """The rows of a query, for assertions."""
    return [dict(row) for row in await fetch(sql, *args)]
