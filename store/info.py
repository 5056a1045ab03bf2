"""Pages that only say something: help, returns, terms, privacy."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from store.kit.web.templates import page

PAGES = ("help", "returns", "terms", "privacy")


@get([f"/{name}" for name in PAGES])
async def show_info(request: Request[Any, Any, Any]) -> Response[Any]:
    """One page of words."""
    return page(f"info{request.url.path}.html", None)


route_handlers = [show_info]
