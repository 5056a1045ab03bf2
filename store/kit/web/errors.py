"""Every error leaves here as what the client can use: page, fragment for htmx, or problem+json (RFC 9457).

What a visitor reads comes from our own words, never from an exception we did not write; the request id on it
leads to the log line that holds the rest. A database that does not answer is 503 with Retry-After, not 500.
"""

from __future__ import annotations

from html import escape
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from store.kit.db import RETRY_STATES
from store.kit.errors import ShopError, TooMany, TryLater
from store.kit.web.asgi import Receive, Scope, Send
from store.kit.web.htmx import wants_fragment
from store.kit.web.request_id import request_id
from store.kit.web.templates import Pages

RETRY_AFTER_SECONDS = 5
JSON_ONLY = ("/webhooks/",)
# Connection failures, resources exhausted (disk, memory, connections), operator's shutdown.
DATABASE_DOWN_CLASSES = ("08", "53", "57P")

WORDS = {
    400: ("This request could not be read", "Please go back, reload the page and try again."),
    401: ("Please sign in", "This page needs you to be signed in."),
    403: (
        "This page was open too long",
        "For your safety nothing was done. Please go back, reload the page and try again.",
    ),
    404: ("Page not found", "Perhaps the address is mistyped, or what was here is gone."),
    405: ("That does not work here", "This address does not take that kind of request."),
    409: ("Something changed", "What you saw has changed meanwhile. Please reload the page."),
    413: ("That is too much", "What was sent is larger than this page takes."),
    415: ("This request could not be read", "Please go back, reload the page and try again."),
    422: ("There is a problem", "Please check what you entered."),
    429: ("Too many tries", "Please wait a moment, then try again."),
    500: (
        "Something went wrong on our side",
        "We have written it down and will look into it. Please try again.",
    ),
    503: ("Please try again in a moment", "A part of the shop does not answer right now. Nothing was lost."),
}

log = structlog.get_logger(__name__)


class ErrorView(msgspec.Struct, frozen=True):
    """What templates/errors/error.html and _error.html show. `retry_after` is in whole seconds or None."""

    status: int
    title: str
    message: str
    request_id: str
    retry_after: int | None = None


def exception_handlers() -> ExceptionHandlersMap:
    """Litestar's `exception_handlers` for the whole app."""
    return {ShopError: answer_error, HTTPException: answer_error, Exception: answer_error}


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to a request that ended in `error`; 5xx are logged with their traceback."""
    view = describe(error)
    if view.status >= 500:
        log.error("request failed", status=view.status, route=_route(request.scope), exc_info=error)
    headers = dict(getattr(error, "headers", None) or {})
    if view.retry_after is not None:
        headers["Retry-After"] = str(view.retry_after)
    body, media_type = _body(request.scope, view, request.app.state.get("pages"))
    headers["Cache-Control"] = "no-store"
    return Response(body, status_code=view.status, headers=headers, media_type=media_type)


async def send_error(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    """`answer_error` for ASGI code outside the app's routes."""
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    await answer_error(request, error).to_asgi_response(None, request)(scope, receive, send)


def describe(error: Exception) -> ErrorView:
    """Status and words for any exception."""
    if is_database_down(error):
        error = TryLater("The shop's database does not answer right now. Nothing was lost: please try again.")
    if isinstance(error, ShopError):
        retry_after = error.retry_after if isinstance(error, TooMany) else None
        if isinstance(error, TryLater):
            retry_after = RETRY_AFTER_SECONDS
        return ErrorView(error.status, error.title, error.message, request_id(), retry_after)
    status = error.status_code if isinstance(error, HTTPException) else 500
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):
        # A NUL in an address or a field: the visitor's, and no text can hold it.
        status = 400
    title, message = WORDS.get(status) or WORDS[400 if status < 500 else 500]
    return ErrorView(status, title, message, request_id(), RETRY_AFTER_SECONDS if status == 503 else None)


def is_database_down(error: BaseException) -> bool:
    """Whether the database could not be reached, is full, or gave up on us: trying later may work."""
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return state in RETRY_STATES or state.startswith(DATABASE_DOWN_CLASSES)
    if isinstance(error, asyncpg.InterfaceError):
        # The same class reports our own mistakes (wrong arguments); those are 500.
        return "clos" in str(error) and not isinstance(error, asyncpg.exceptions.DataError)
    if isinstance(error, FileNotFoundError):
        # The server's socket is gone; a missing file of ours has a name.
        return error.errno is not None and error.filename is None
    return isinstance(error, (ConnectionError, TimeoutError))


def wants_json(scope: Scope) -> bool:
    """Whether the client asked for JSON and not for HTML; endpoints for machines always answer JSON."""
    if scope["path"].startswith(JSON_ONLY):
        return True
    accept = dict(scope["headers"]).get(b"accept", b"").lower()
    return b"json" in accept and b"text/html" not in accept


def _route(scope: Scope) -> str:
    """The route, not the path: paths carry order tokens."""
    return str(scope.get("path_template", "-"))


def _body(scope: Scope, view: ErrorView, pages: Pages | None) -> tuple[bytes, str]:
    if wants_json(scope):
        problem = {
            "type": "about:blank",
            "title": view.title,
            "status": view.status,
            "detail": view.message,
            "request_id": view.request_id,
        }
        return msgspec.json.encode(problem), "application/problem+json"
    whole = (f"errors/{view.status}.html", "errors/error.html")
    names = ("errors/_error.html",) if wants_fragment(scope) else whole
    if pages is not None:
        try:
            return pages.render(names, view).encode(), "text/html"
        except Exception:
            log.exception("the error page itself failed")
    return _plain_page(view), "text/html"


def _plain_page(view: ErrorView) -> bytes:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(view.title)}</title>'
        f"<h1>{escape(view.title)}</h1><p>{escape(view.message)}</p><p>{escape(view.request_id)}</p></html>"
    ).encode()
