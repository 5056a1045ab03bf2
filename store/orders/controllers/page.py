"""The order page and its polled status. Both only read our database: a poll starts nothing and calls no provider.

The token in the path is the key to the page: unguessable, never hinted at, 404 for anything else. The page is never
stored anywhere; its status fragment may be revalidated, or no 304 could happen.
"""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from store.kit.errors import NotFound
from store.kit.web.limits import RateLimits
from store.kit.web.templates import fragment, page
from store.orders.queries import read_order_page, read_status
from store.settings import Settings

NO_ORDER = "This link opens no order. Please use the link in your confirmation mail."
PAGE_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
# (tries, seconds): far above what a person does, far below what guessing a 128-bit token needs.
PAGES_PER_MINUTE = (120, 60)
STATUS_HEADERS = {"Cache-Control": "private, no-cache", "Referrer-Policy": "same-origin"}


@get("/orders/{token:str}")
async def show_order(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """The order page."""
    await limits.take(f"orders:{limits.client(request)}", *PAGES_PER_MINUTE)
    view = await read_order_page(token, settings.poll_scale)
    if view is None:
        raise NotFound(NO_ORDER)
    structlog.contextvars.bind_contextvars(number=view.number)
    return page("orders/order.html", view, headers=PAGE_HEADERS)


@get("/orders/{token:str}/status")
async def show_status(
    token: FromPath[str], request: Request[Any, Any, Any], settings: NamedDependency[Settings]
) -> Response[Any]:
    """The polled region: 304 while nothing a page shows has changed, one query at most.

    A token that opens nothing answers 404 with a terminal fragment, so that a page left open stops asking.
    """
    view = await read_status(token, settings.poll_scale)
    if view is None:
        return fragment("orders/_gone.html", None, status=404, headers=STATUS_HEADERS)
    headers = {**STATUS_HEADERS, "ETag": f'"{view.etag}"'}
    if view.etag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    return fragment("orders/_status.html", view, headers=headers)
