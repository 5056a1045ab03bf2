"""Shelves for tests: vendors, products, carts, a browser without JavaScript, a counter of statements."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from litestar import Litestar, Request
from litestar.di import Provide

from store.cart import controllers as cart
from store.cart.queries import count_items
from store.catalogue import controllers as catalogue
from store.catalogue.service import adjust_stock
from store.kit.db import engine, fetch, fetch_row, fetch_value, start_pool, stop_pool
from store.kit.web.errors import exception_handlers
from store.kit.web.limits import RateLimits
from store.kit.web.templates import Pages, make_environment
from store.settings import Settings
from tests.ready import open_pool

ROOT = Path(__file__).parent.parent
ART = "enamel-mug"


def make_settings(base_url: str = "http://localhost:8000") -> Settings:
    """Settings of a shop that never calls anybody."""
    return Settings(
        database_url="",
        base_url=base_url,
        secret_key="x" * 40,
        stripe_secret_key="sk_test_overprint",
        stripe_publishable_key="pk_test_overprint",
        stripe_webhook_secrets=("whsec_a",),
        stripe_connect_webhook_secrets=("whsec_b",),
        smtp_url="smtp://127.0.0.1:1",
        mail_from="shop@overprint.example",
    )


def open_browser(base_url: str = "http://localhost:8000") -> httpx.AsyncClient:
    """A visitor of the catalogue and the cart, following redirects and keeping cookies."""
    settings = make_settings(base_url)

    async def frame(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
        return {"badge": await count_items(cart.read_cart_token(request, settings))}

    app = Litestar(
        [*catalogue.route_handlers, *cart.route_handlers],
        dependencies={
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "limits": Provide(lambda: RateLimits(1000.0), sync_to_thread=False),
        },
        exception_handlers=exception_handlers(),
        openapi_config=None,
        logging_config=None,
    )
    environment = make_environment(ROOT / "templates", ROOT / "static", settings=settings)
    app.state.pages = Pages(environment, frame, {"badge": 0, "flash": ()})
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url=base_url, follow_redirects=True)


async def make_vendor(slug: str = "kiln-co", **values: Any) -> UUID:
    """A vendor who can be paid, destination in USD unless told otherwise; delivery costs 6.00."""
    columns = {
        "id": uuid4(),
        "slug": slug,
        "name": slug.replace("-", " ").title(),
        "about": "About us.",
        "returns_text": "Send it back within 30 days.",
        "ink": "blue-sun",
        "email": f"vera@{slug}.example",
        "country": "US",
        "currency": "USD",
        "charge_type": "destination",
        "account_ref": f"acct_{slug}",
        "state": "active",
        "paused": False,
        "fee_basis_points": 1000,
        "fee_fixed": 0,
        "delivery_price": 600,
        "charges_enabled": True,
        "payouts_enabled": True,
        "details_submitted": True,
        "card_payments": "active",
        "transfers": "active",
        **values,
    }
    await _insert("vendor", columns)
    return columns["id"]


async def make_category(slug: str = "kitchen", **values: Any) -> UUID:
    """A category, or the one that is there."""
    known: UUID | None = await fetch_value("SELECT id FROM category WHERE slug = $1", slug)
    if known:
        return known
    columns = {"id": uuid4(), "slug": slug, "name": slug.title(), "intro": "Things.", "position": 0, **values}
    await _insert("category", columns)
    return columns["id"]


async def make_product(
    vendor: UUID,
    slug: str = "enamel-mug",
    *,
    stock: int = 10,
    price: int = 2400,
    category: str = "kitchen",
    variants: tuple[tuple[str, int, int], ...] | None = None,
    **values: Any,
) -> list[UUID]:
    """A product of (label, price, stock) variants, by default one without a label; returns their ids."""
    wanted = variants or (("", price, stock),)
    columns = {
        "id": uuid4(),
        "vendor": vendor,
        "category": await make_category(category),
        "slug": slug,
        "title": slug.replace("-", " ").capitalize(),
        "summary": "A summary.",
        "description": "A description.",
        "art": ART,
        "art_text": f"A picture of {slug}",
        "currency": await fetch_value("SELECT currency FROM vendor WHERE id = $1", vendor),
        "price": min(price for _, price, _ in wanted),
        "published": True,
        **values,
    }
    await _insert("product", columns)
    ids = []
    for position, (label, amount, on_hand) in enumerate(wanted):
        variant = {
            "id": uuid4(),
            "product": columns["id"],
            "sku": f"{slug}-{position}".upper(),
            "label": label,
            "price": amount,
            "position": position,
            "published": True,
        }
        await _insert("variant", variant)
        if on_hand:
            await adjust_stock(variant["id"], on_hand, "test")
        ids.append(variant["id"])
    return ids


async def read_counters(variant_id: UUID) -> tuple[int, int, int]:
    """(on_hand, reserved, sold) of a variant."""
    row = await fetch_row("SELECT on_hand, reserved, sold FROM variant WHERE id = $1", variant_id)
    assert row is not None
    return row["on_hand"], row["reserved"], row["sold"]


async def read_cart_lines(token: str | None) -> dict[UUID, int]:
    """Variant id → quantity of the cart behind `token`."""
    rows = await fetch(
        "SELECT variant, quantity FROM cart_line JOIN cart ON cart.id = cart_line.cart WHERE token = $1",
        token,
    )
    return {row["variant"]: row["quantity"] for row in rows}


@contextlib.asynccontextmanager
async def count_statements() -> AsyncIterator[list[str]]:
    """The statements this process sends meanwhile, without the pool's own housekeeping."""
    statements: list[str] = []

    def note(record: Any) -> None:
        if "pg_advisory_unlock_all" not in record.query:
            statements.append(record.query)

    async def listen(connection: Any) -> None:
        connection.add_query_logger(note)

    assert engine().pool is not None
    await stop_pool()
    await start_pool(5, init=listen)
    try:
        yield statements
    finally:
        await stop_pool()
        await open_pool()


def read_words(page: httpx.Response) -> str:
    """What a person reads in the main part of a page, on one line."""
    main = re.search(r"<main.*?</main>", page.text, re.DOTALL)
    body = re.sub(r"<(svg|script)\b.*?</\1>", "", main[0] if main else page.text, flags=re.DOTALL)
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
    return words.replace(" .", ".").replace(" ,", ",")


def read_heading(page: httpx.Response) -> str:
    """The words of the page's only h1."""
    found = re.findall(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
    assert len(found) == 1
    return html.unescape(found[0])


def read_titles(page: httpx.Response) -> list[str]:
    """The titles of the products on a list, in order."""
    names = re.findall(r'class="name" href="/p/[^"]*">([^<]*)</a>', page.text)
    return [html.unescape(name) for name in names]


def read_links(page: httpx.Response) -> dict[str, str]:
    """Words → address of the links in the main part; of equal words the last one."""
    main = re.search(r"<main.*?</main>", page.text, re.DOTALL)
    assert main
    links = re.findall(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', main[0], re.DOTALL)
    return {
        " ".join(html.unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", "", words)).split()): html.unescape(href)
        for href, words in links
    }


def read_form(page: httpx.Response, action: str, nth: int = 0) -> dict[str, str]:
    """The fields of the nth form with this action, as a browser would send them (radios: the ticked one)."""
    forms = re.findall(rf'<form\b[^>]*action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)
    assert len(forms) > nth, f"no form {action} on the page"
    fields = {}
    for tag in re.findall(r"<input\b[^>]*>", forms[nth]):
        attributes = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if attributes.get("type") == "radio" and " checked" not in tag:
            continue
        fields[attributes["name"]] = html.unescape(attributes.get("value", ""))
    return fields


async def _insert(table: str, columns: Mapping[str, Any]) -> None:
    names = ", ".join(columns)
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await fetch(f"INSERT INTO {table} ({names}) VALUES ({places})", *columns.values())
