"""The session of a request: who is signed in, messages that survive one redirect, and the cookie behind both.

The session is lazy: read when a page asks, written when there is a message or somebody signs in, and its cookie set
only when its id changed. Fragments, the badge and webhooks do none of it, so they never write a session. Without the
cookie nobody is asked anything.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from store.accounts import queries, service
from store.accounts.devices import describe_device
from store.accounts.queries import Person
from store.kit.web.cookies import make_cookie, read_cookie

COOKIE = "sid"
PENDING = "overprint_flash"
CHANGED = "overprint_session"
PERSON = "overprint_person"
NOBODY_ASKED = object()

log = structlog.get_logger(__name__)


def flash(request: Request[Any, Any, Any], message: str) -> None:
    """Show `message` once, on the next page this visitor sees; kept when the answer is sent."""
    request.scope["state"].setdefault(PENDING, []).append(message)


async def take_flash(request: Request[Any, Any, Any], *, secure: bool) -> tuple[str, ...]:
    """The messages kept for this visitor, once. Without a session cookie it asks nobody."""
    session_id = read_session(request, secure=secure)
    return () if session_id is None else await service.take_messages(session_id)


def read_session(request: Request[Any, Any, Any], *, secure: bool) -> str | None:
    """The id of this visitor's session: the new one when it changed in this request, else what the cookie says."""
    changed: str | None = request.scope["state"].get(CHANGED, NOBODY_ASKED)
    return read_cookie(request, COOKIE, secure) if changed is NOBODY_ASKED else changed


async def find_person(request: Request[Any, Any, Any], *, secure: bool) -> Person | None:
    """Who is signed in, asked once in a request; without a session cookie it asks nobody."""
    state = request.scope["state"]
    if PERSON not in state:
        session_id = read_session(request, secure=secure)
        state[PERSON] = None if session_id is None else await queries.find_person(session_id)
    found: Person | None = state[PERSON]
    return found


async def begin(
    request: Request[Any, Any, Any], person_id: UUID, *, secure: bool, password_hash: str | None = None
) -> bool:
    """Sign this browser in: the answer carries a new id, the one it came with opens nothing any more.

    False when the account is gone or the proved `password_hash` was changed meanwhile: nobody is signed in then.
    """
    device = describe_device(request.headers.get("user-agent", ""))
    mine = read_session(request, secure=secure)
    fresh = await service.sign_in(person_id, mine, device, password_hash=password_hash)
    if fresh is None:
        return False
    _change(request, fresh)
    return True


async def end(request: Request[Any, Any, Any], *, secure: bool) -> None:
    """Sign this browser out: its session is gone and the answer takes the cookie back."""
    session_id = read_session(request, secure=secure)
    if session_id is not None:
        await service.sign_out(session_id)
        _change(request, None)


async def renew(request: Request[Any, Any, Any], *, secure: bool) -> None:
    """Give this browser's session another id, because what its person may do has changed."""
    session_id = read_session(request, secure=secure)
    if session_id is not None:
        _change(request, await service.rotate(session_id))


def _change(request: Request[Any, Any, Any], session_id: str | None) -> None:
    request.scope["state"][CHANGED] = session_id
    request.scope["state"].pop(PERSON, None)


class SessionMiddleware(ASGIMiddleware):
    """Writes what `flash` collected while the answer starts; sets or takes back the cookie when the id changed."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, secure: bool) -> None:
        self.secure = secure

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def send_with_session(message: Any) -> None:
            state = scope["state"]
            if message["type"] == "http.response.start" and (state.get(PENDING) or CHANGED in state):
                await self._keep(scope, message)
            await send(message)

        await next_app(scope, receive, send_with_session)

    async def _keep(self, scope: Scope, message: Any) -> None:
        request: Request[Any, Any, Any] = Request(scope)
        session_id = read_session(request, secure=self.secure)
        if messages := scope["state"].pop(PENDING, None):
            try:
                session_id = await service.keep_messages(session_id, messages)
            except Exception:
                # What the visitor did is done and committed; a lost message must not turn it into an error page.
                log.exception("a message to the visitor was lost")
        if session_id != read_cookie(request, COOKIE, self.secure):
            lifetime = int(service.LIFETIME.total_seconds()) if session_id else 0
            cookie = make_cookie(COOKIE, session_id or "", secure=self.secure, max_age=lifetime)
            message["headers"] = [*message["headers"], cookie.to_encoded_header()]
