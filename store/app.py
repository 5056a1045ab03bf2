"""The composition root: settings and gateways in, a Litestar app out. Everything is wired here and nowhere else.

`templates/` and `static/` lie beside `store/`. Tests call `create_app` with gateways of their own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.static_files import create_static_files_router

from store import health, info
from store.accounts import controllers as accounts
from store.accounts.queries import Person
from store.cart import controllers as cart
from store.cart.queries import count_items
from store.catalogue import controllers as catalogue
from store.dashboard import controllers as dashboard
from store.dashboard.controllers.pictures import UPLOAD_BYTES, UPLOADS
from store.gateways.build import build_gateways
from store.gateways.port import Gateways
from store.kit import clock
from store.kit.db import start_pool, stop_pool
from store.kit.errors import NotFound
from store.kit.logs import configure_logs
from store.kit.web.errors import exception_handlers
from store.kit.web.headers import HeaderPolicy
from store.kit.web.limits import RateLimits
from store.kit.web.shell import Shell, enclose
from store.kit.web.templates import Pages, make_environment
from store.orders import controllers as orders
from store.payments import controllers as payments
from store.settings import Settings
from store.vendors import controllers as vendors
from store.webhooks import controllers as webhooks

ROOT = Path(__file__).parent.parent
WEBHOOK_BYTES = 256 * 1024
SERVED = (".css", ".js", ".svg", ".woff2")
PRIVATE = ("/sell", "/orders/", "/pay/", "/payments/", "/checkout", "/cart", "/account")


def refuse_other_files(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Serve what pages ask for; the scripts and manifests beside it are for people. Raises NotFound."""
    if not connection.scope["path"].endswith(SERVED):
        raise NotFound("Perhaps the address is mistyped, or what was here is gone.")


def build() -> Litestar:
    """The app of this process's environment; what granian calls in each of its workers."""
    settings = Settings.from_env(os.environ)
    configure_logs(settings.log_level, json=not settings.demo)
    return create_app(settings, build_gateways(settings))


def create_app(settings: Settings, gateways: Gateways) -> Litestar:
    """Wire the shop. The database pool opens when the app starts and closes when it stops."""
    clock.use_offset_file(settings.clock_file)
    limits = RateLimits(settings.rate_scale, settings.client_address_header)

    async def frame(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
        return {
            "badge": await count_items(cart.read_cart_token(request, settings)),
            "flash": await accounts.take_flash(request, secure=settings.https),
            "person": await accounts.find_person(request, secure=settings.https),
        }

    async def find_person(request: Request[Any, Any, Any]) -> Person | None:
        return await accounts.find_person(request, secure=settings.https)

    async def open_pool() -> None:
        await start_pool(settings.db_pool)

    app = Litestar(
        route_handlers=[
            *catalogue.route_handlers,
            *cart.route_handlers,
            *payments.route_handlers,
            *orders.route_handlers,
            *accounts.route_handlers,
            *vendors.route_handlers,
            *dashboard.route_handlers,
            *webhooks.route_handlers,
            *info.route_handlers,
            *health.make_route_handlers(health.Health(settings.metrics_token)),
            create_static_files_router("/static", directories=[ROOT / "static"], guards=[refuse_other_files]),
        ],
        dependencies={
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "gateways": Provide(lambda: gateways, sync_to_thread=False),
            "limits": Provide(lambda: limits, sync_to_thread=False),
            "person": Provide(find_person),
        },
        middleware=[accounts.SessionMiddleware(settings.https)],
        exception_handlers={**exception_handlers(), accounts.SignInNeeded: accounts.lead_to_sign_in},
        on_startup=[open_pool],
        on_shutdown=[stop_pool],
        openapi_config=None,
        logging_config=None,
    )
    environment = make_environment(ROOT / "templates", ROOT / "static", settings=settings.shown)
    app.state.pages = Pages(environment, frame, {"badge": 0, "flash": ()})
    shell = Shell(
        origin=settings.base_url,
        headers=HeaderPolicy(settings.https, settings.form_origins, PRIVATE),
        unguarded=("/webhooks/",),
        body_caps={"/webhooks/": WEBHOOK_BYTES, UPLOADS: UPLOAD_BYTES},
    )
    return enclose(app, shell)
