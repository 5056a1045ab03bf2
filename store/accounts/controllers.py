"""Messages that survive one redirect: `flash` in the handler that acted, `take_flash` on the next page.

The session behind them is lazy: it is read when a page asks, written when there is a message, and its
cookie set only when it was made. Fragments, the badge and webhooks do neither, so they never write a session.
"""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from store.accounts import service
from store.kit.web.cookies import make_cookie, read_cookie

COOKIE = "sid"
PENDING = "overprint_flash"

log = structlog.get_logger(__name__)


def flash(request: Request[Any, Any, Any], message: str) -> None:
    """Show `message` once, on the next page this visitor sees; kept when the answer is sent."""
    request.scope["state"].setdefault(PENDING, []).append(message)


async def take_flash(request: Request[Any, Any, Any], *, secure: bool) -> tuple[str, ...]:
    """The messages kept for this visitor, once. Without a session cookie it asks nobody."""
    session_id = read_cookie(request, COOKIE, secure)
    return () if session_id is None else await service.take_messages(session_id)


class SessionMiddleware(ASGIMiddleware):
    """Writes what `flash` collected while the answer starts; sets the cookie when a session was made."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, secure: bool) -> None:
        self.secure = secure

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def send_with_session(message: Any) -> None:
            if message["type"] == "http.response.start" and scope["state"].get(PENDING):
                await self._keep(scope, message)
            await send(message)

        await next_app(scope, receive, send_with_session)

    async def _keep(self, scope: Scope, message: Any) -> None:
        request: Request[Any, Any, Any] = Request(scope)
        brought = read_cookie(request, COOKIE, self.secure)
        try:
            session_id = await service.keep_messages(brought, scope["state"].pop(PENDING))
        except Exception:
            # What the visitor did is done and committed; a lost message must not turn it into an error page.
            log.exception("a message to the visitor was lost")
            return
        if session_id != brought:
            lifetime = int(service.LIFETIME.total_seconds())
            cookie = make_cookie(COOKIE, session_id, secure=self.secure, max_age=lifetime)
            message["headers"] = [*message["headers"], cookie.to_encoded_header()]
