"""One id per request, ours alone: a client cannot choose it, so logs can trust it.

`RequestIds` also writes the one access line a request leaves: the route, never the path with its tokens.
"""

from __future__ import annotations

import time
from contextvars import ContextVar

import structlog

from store.kit.ids import new_readable
from store.kit.web.asgi import ASGIApp, Message, Receive, Scope, Send

LENGTH = 12
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")

_current: ContextVar[str] = ContextVar("request_id", default="")
log = structlog.get_logger(__name__)


def request_id() -> str:
    """The id of the request being answered, "" outside one."""
    return _current.get()


class RequestIds:
    """ASGI: give each request an id (log context, `X-Request-Id`) and log how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        value, began, status = new_readable(LENGTH), time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", value.encode())]
            await send(message)

        token = _current.set(value)
        try:
            with structlog.contextvars.bound_contextvars(request_id=value):
                await self.app(scope, receive, send_with_id)
                if not scope["path"].startswith(QUIET):
                    log.info(
                        "request",
                        method=scope["method"],
                        route=scope.get("path_template", "-"),
                        status=status,
                        ms=round((time.perf_counter() - began) * 1000, 1),
                    )
        finally:
            _current.reset(token)
